/**
 * A streamed answer says the same wherever its texts and bytes are cut: some cuts of each kind.
 * `cuts.test.ts` can cut at every byte.
 */
// Only in test:all: it cuts streams in many places.
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { answering, expectDenied, expectRedacted, heard, modes, refuse } from "./support/cut.ts";
import { type Recorded, recorded, recordedIn } from "./support/recorded.ts";
import { redact } from "./support/stand-in.ts";

/** Pieces of `size` characters, after a first one of `first` characters. */
const inPieces = (size: number, first: number) => (text: string) => {
  const characters = [...text];
  const pieces = [characters.slice(0, first).join("")];
  for (let at = first; at < characters.length; at += size)
    pieces.push(characters.slice(at, at + size).join(""));
  return pieces.filter((piece) => piece !== "");
};

describe.each(recorded.map(({ name }, at) => [name, at] as const))("%s", (_, at) => {
  const given = (list: readonly Recorded[]) => list[at] as Recorded;

  describe.each(modes)("%s", (name, mode) => {
    it("says the same wherever its texts are cut: text, reasoning, arguments and refusal", async () => {
      verifies("adapters:forwarded-begins");
      const buffered = await answering(given(recorded), "buffer", redact);
      const [, whole] = await buffered([given(recorded).text]);
      for (const [size, first] of [
        [1, 0],
        [4, 1],
        [4, 3],
        [9, 2],
        [9, 6],
      ] as const) {
        const cut = given(recordedIn(inPieces(size, first)));
        const answer = await (await answering(cut, mode, redact))([cut.text]);
        expectRedacted(cut, answer);
        // If the API has texts that can be forwarded, the answer left in pieces.
        if (name !== "buffer" && cut.api.eventTexts !== undefined) {
          const { events } = heard(cut, answer[1]);
          expect(events).toBeGreaterThan(heard(cut, whole).events);
        }
      }
    });

    it.each([
      ["redacted", redact, expectRedacted],
      ["denied", refuse, expectDenied],
    ] as const)(
      "is the same for some cuts of its bytes: %s",
      async (__, handler, expectOutcome) => {
        const { text } = given(recorded);
        const answer = await answering(given(recorded), mode, handler);
        const expected = await answer([text]);
        expectOutcome(given(recorded), expected);
        const bytes = new TextEncoder().encode(text);
        for (let end = 1; end < bytes.length; end += 241)
          expect(await answer([bytes.subarray(0, end), bytes.subarray(end)])).toEqual(expected);
      },
    );
  });
});
