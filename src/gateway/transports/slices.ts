/**
 * Rule: however many messages a server sends at once, other servers and callers are served in
 * between. A few are passed on, then everything else that is ready gets its turn. Nothing more is
 * read meanwhile, so the rest waits on the server's side.
 */
import { setImmediate as nextTurn } from "node:timers/promises";

/** How many messages are passed on in a turn. Writing them one by one takes half as long again. */
const sliceSize = 8;

/** Returns the function to await after each message of a stream, before the next one is read. */
export function inSlices(): () => Promise<void> | undefined {
  let count = 0;
  return () => {
    count += 1;
    return count % sliceSize === 0 ? nextTurn() : undefined;
  };
}
