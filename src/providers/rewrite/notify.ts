import { ignore } from "../../core/data/index.ts";

/** Calls an observer of the host. What it throws, or rejects with, changes no outcome. */
export function notify<Event>(
  observer: ((event: Event) => void) | undefined,
  event: () => Event,
): void {
  try {
    // Typed as returning nothing, but an async function may be given.
    if (observer) void ignore(observer(event()) as unknown as PromiseLike<unknown>);
  } catch {
    // The outcome stands.
  }
}
