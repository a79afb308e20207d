import { within } from "../../core/data/index.ts";

/** Yields what `source` yields, and `undefined` whenever it has been silent for `ms`. */
export async function* withKeepAlive<Item>(
  source: AsyncGenerator<Item>,
  ms: number,
): AsyncGenerator<Item | undefined, void> {
  try {
    for (;;) {
      const next = source.next();
      let end = await within(ms, () => next);
      while (end.how === "timeout") {
        yield undefined;
        end = await within(ms, () => next);
      }
      if (end.how === "threw") throw end.value;
      if (end.value.done === true) return;
      yield end.value.value;
    }
  } finally {
    await source.return(undefined);
  }
}
