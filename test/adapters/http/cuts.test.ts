/** A streamed answer says the same, however its bytes are cut. */
// Only in test:all: it cuts four streams at hundreds of bytes, in each mode.
import process from "node:process";
import { guardFetch } from "glassine/http";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { answering, expectDenied, expectRedacted, modes, refuse } from "./support/cut.ts";
import { recorded } from "./support/recorded.ts";
import { managerOf, redact, standIn, streamed } from "./support/stand-in.ts";

/** The APIs whose streams `npm run cuts` cuts at every byte. */
const { GLASSINE_CUTS: named } = process.env;
const isWhole = named !== undefined;
const chosen = isWhole ? recorded.filter(({ name }) => named.split(",").includes(name)) : recorded;

const outcomes = [
  ["redacted", redact, expectRedacted, isWhole ? 1 : 47],
  ["denied", refuse, expectDenied, isWhole ? 1 : 97],
] as const;

/** Where a stream of `length` bytes is cut in two. */
const cutsOf = (length: number, step: number) =>
  Array.from({ length: Math.ceil((length - 1) / step) }, (_, at) => 1 + at * step);

describe.each(chosen)("$name, cut", (given) => {
  const bytes = new TextEncoder().encode(given.text);

  describe.each(modes)("%s", (_, mode) => {
    it.each(outcomes)("at many bytes: %s", async (__, handler, expectOutcome, step) => {
      verifies("adapters:forwarded-begins");
      const answer = await answering(given, mode, handler);
      const expected = await answer([given.text]);
      expectOutcome(given, expected);
      for (const at of cutsOf(bytes.length, step)) {
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

  it("at many bytes, where plugins let events pass: they go on as they came", async () => {
    verifies("adapters:forwarded-begins");
    const answer = await answering(given, "pass", () => undefined);
    const expected = [200, given.text];
    for (const at of cutsOf(bytes.length, isWhole ? 1 : 41)) {
      const got = await answer([bytes.subarray(0, at), bytes.subarray(at)]);
      if (got.join() !== expected.join()) expect([at, ...got]).toEqual([at, ...expected]);
    }
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
