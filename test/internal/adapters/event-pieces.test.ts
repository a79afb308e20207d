// Only in test:all: it measures how work grows.
/** Which events of a growing answer are new. */
import { expect, it } from "vitest";
import { EventPieces } from "../../../src/providers/model/event-pieces.ts";
import { excessOf } from "../../support/growth.ts";

it("takes time in proportion to the texts of an answer", async () => {
  const texts = {
    answerOf: () => 0,
    textOf: (event: object) => event as { readonly of: string; readonly text: string },
    withText: (event: object, text: string) => ({ ...event, text }),
  };
  const input = (count: number) =>
    Array.from({ length: count }, (_, at) => ({ of: `${at}`, text: "a" }));
  const run = (events: readonly object[]) => new EventPieces(texts).next(events).length;
  expect(run(input(3))).toBe(3);
  expect(await excessOf({ input, run }, { longTime: 1000, largest: 32_768 })).toBeUndefined();
});
