import { performance } from "node:perf_hooks";

/** Blocks the thread: nothing else gets a turn for that long. */
export function block(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}
