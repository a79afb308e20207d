import { performance } from "node:perf_hooks";

/** Keeps the thread: for so long, nothing else gets a turn. */
export function block(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}
