/** Which progress of a request reaches its caller. */

/** Takes a value of `progress`, or drops its notification. */
export type ProgressFilter = (progress: unknown) => boolean;

/** How many notifications of a request are passed on in a second. MCP asks both sides to limit them. */
const progressPerSecond = 100;

/** Progress never goes back, and no server floods its caller. */
export function progressFilter(): ProgressFilter {
  let last = Number.NEGATIVE_INFINITY;
  let second = { began: performance.now(), count: 0 };
  return (progress) => {
    if (typeof progress !== "number" || !(progress >= last)) return false;
    const at = performance.now();
    if (at - second.began >= 1000) second = { began: at, count: 0 };
    if (second.count >= progressPerSecond) return false;
    second.count += 1;
    last = progress;
    return true;
  };
}
