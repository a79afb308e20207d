import { ignore } from "../../core/data/index.ts";

/** Calls a host's observer. The outcome is the same if it throws or rejects. */
export function notify<Event>(
  observer: ((event: Event) => void) | undefined,
  event: () => Event,
): void {
  try {
    // It is typed as returning nothing, but may be an async function.
    if (observer) void ignore(observer(event()) as unknown as PromiseLike<unknown>);
  } catch {
    // The outcome stands.
  }
}
