/**
 * QuickJS has to reach its limit of the stack before the host's engine reaches its own, whose error
 * leaves QuickJS in the middle of a call. Measured: with 16 MiB for the thread, 512 KiB hold too.
 */
export const stackBytes = 384 * 1024;
export const threadStackMb = 16;
