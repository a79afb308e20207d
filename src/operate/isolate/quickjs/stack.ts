/**
 * QuickJS has to reach its stack limit before the host's engine reaches its own, whose error would
 * leave QuickJS amid a call. Measured: with 16 MiB for the thread, 512 KiB work as well.
 */
export const stackBytes = 384 * 1024;
export const threadStackMb = 16;
