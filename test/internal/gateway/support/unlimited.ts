import type { Held } from "../../../../src/gateway/transports/index.ts";

/** Bytes that nothing limits. */
export const unlimited: Held = { take: () => true, hold: () => () => {} };
