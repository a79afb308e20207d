/** A streamed answer says the same, however its bytes are cut. */
// Only in test:all: it cuts four streams at hundreds of bytes, in each mode.
import { guardFetch } from "glassine/http";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { answering, expectDenied, expectRedacted, modes, refuse } from "./support/cut.ts";
import { recorded } from "./support/recorded.ts";
import { managerOf, redact, standIn, streamed } from "./support/stand-in.ts";

const outcomes = [
  ["every 17th byte: redacted", redact, expectRedacted, 17],
  ["every 41st byte: denied", refuse, expectDenied, 41],
] as const;

describe.each(recorded)("$name, cut", (given) => {
  const bytes = new TextEncoder().encode(given.text);

  describe.each(modes)("%s", (_, mode) => {
    it.each(outcomes)("at %s", async (__, handler, expectOutcome, step) => {
      verifies("adapters:forwarded-begins");
      const answer = await answering(given, mode, handler);
      const expected = await answer([given.text]);
      expectOutcome(given, expected);
      for (let at = 1; at < bytes.length; at += step) {
        const got = await answer([bytes.subarray(0, at), bytes.subarray(at)]);
        if (got.join() !== expected.join()) expect([at, ...got]).toEqual([at, ...expected]);
      }
    });

    it("into single bytes, with other line ends, comments, a byte order mark and fields", async () => {
      const answer = await answering(given, mode, redact);
      const expected = await answer([given.text]);
      const single = (text: string) =>
        Array.from(new TextEncoder().encode(text), (byte) => Uint8Array.of(byte));
      for (const text of [
        given.text,
        given.text.replaceAll("\n", "\r\n"),
        given.text.replaceAll("\n", "\r"),
        `\ufeff${given.text}`,
        given.text.replaceAll("\n\n", "\nid: 1\nretry: 5\n: keep-alive\n\n"),
        given.text.replaceAll("data: ", "data:"),
      ]) {
        expect(await answer(single(text))).toEqual(expected);
      }
    });
  });

  it("short: nothing of it leaves", async () => {
    const manager = await managerOf({ "cmf.llm_output": redact });
    for (const part of [0.1, 0.5, 0.8]) {
      const { fetch } = standIn(() =>
        streamed([bytes.subarray(0, Math.floor(bytes.length * part))]),
      );
      const guarded = guardFetch(manager, { provider: given.provider, fetch });
      const init = { method: "POST", body: JSON.stringify(given.request) };
      const response = await guarded(given.url, init);
      expect(response.status).toBe(502);
      const body = await response.text();
      expect(body).toMatch(/The provider's answer (?:ended early|is not one of this API)/);
      expect(body).not.toContain("cärd");
    }
  });
});
