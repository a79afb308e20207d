/** Text that leaves a streamed answer before its end, whatever the cuts and the plugins are. */
import fc from "fast-check";
import { createMessage, type Message, text, thinking } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { TextRelease } from "../src/providers/model/release.ts";
import { lastSentenceEnd } from "../src/providers/model/sentences.ts";
import { verifies } from "../test/support/verifies.ts";
import { expectSome } from "./support/runs.ts";

/** What a plugin turns a text into; `undefined` denies it. */
type Judge = (text: string) => string | undefined;

interface Mode {
  readonly window: number;
  readonly sentence: boolean;
}

interface Released {
  readonly left: string;
  readonly denied: boolean;
  /** How many units were judged before the end. */
  readonly judged: number;
  /** How many units had arrived when the first text left. */
  readonly firstAfter: number | undefined;
}

const said = (content: Message["content"]) =>
  createMessage({ role: "assistant", content: [...content] });
const textOf = ({ content }: Message) =>
  content.map((part) => ("text" in part ? part.text : `<${part.content_type}>`)).join("|");

/** Half a character at the end waits for its other half, as in every accumulator. */
const wellFormed = (came: string) => wholeOf([came.replace(/[\ud800-\udbff]$/, "")]);
const wholeOf = (pieces: readonly string[]) =>
  pieces.join("").replaceAll(/\p{Surrogate}/gu, "\ufffd");

/** Judges a streamed text as a guard does, up to its end. */
function stream(pieces: readonly string[], mode: Mode, judge: Judge): Released {
  const release = new TextRelease(mode);
  const seen = { left: "", denied: false, judged: 0, firstAfter: undefined as number | undefined };
  let came = "";
  for (const piece of pieces) {
    came += piece;
    if (!release.isDue(piece.length)) continue;
    const asked = release.toJudge(said([text(wellFormed(came))]), 0);
    if (asked === undefined) continue;
    const part = textOf(asked);
    seen.judged += part.length;
    const outcome = judge(part);
    if (outcome === undefined) return { ...seen, denied: true };
    const settled = release.settled(asked, said([text(outcome)]));
    const leaves = settled === undefined ? "" : textOf(settled);
    // What plugins turn a longer text into begins with what has left.
    expect(leaves.startsWith(seen.left) || seen.left.startsWith(leaves)).toBe(true);
    if (leaves.length > seen.left.length) seen.left = leaves;
    if (seen.left !== "") seen.firstAfter ??= came.length;
  }
  return seen;
}

const secret = /sk-[a-z0-9]{4,20}/g;
const redact: Judge = (whole) => whole.replaceAll(secret, "[SECRET]");
const redactCards: Judge = (whole) => whole.replaceAll(/\d{4}(?:[ -]?\d{4}){3}/g, "");
const redactSentences: Judge = (whole) => {
  let rest = whole;
  let made = "";
  while (rest !== "") {
    // The engine decides where sentences end; what remains is the last one.
    const end = firstSentenceEnd(rest);
    const sentence = rest.slice(0, end);
    made += sentence.includes("secret") ? "[...] " : sentence;
    rest = rest.slice(end);
  }
  return made;
};
function firstSentenceEnd(whole: string): number {
  for (let at = 1; at < whole.length; at += 1) {
    if (lastSentenceEnd(whole, at) === at) return at;
  }
  return whole.length;
}
const denying: Judge = (whole) => (whole.includes("bomb") ? undefined : whole);

const words = fc.oneof(
  fc.constantFrom(
    "sk-abcd1234",
    "sk-abc",
    "4111 1111 1111 1111",
    "4111-1111",
    "secret",
    "bomb",
    "bo",
    ". ",
    "! ",
    "3.5",
    "\r\n",
    "\n",
    "。",
    " ",
    "👩‍👩‍👧‍👦",
    "🇩🇪🇫🇷",
    "é",
    "e\u0301\u0302",
    "각",
    "\u200d",
    "\ud83d\ude00",
  ),
  fc.string({ unit: "grapheme", maxLength: 12 }),
);
const wholeText = fc.array(words, { maxLength: 60 }).map((list) => list.join(""));
/** A text in pieces: cut anywhere, also inside a character. */
const cutText = fc
  .tuple(wholeText, fc.array(fc.nat(600), { maxLength: 80 }))
  .map(([whole, cuts]) => {
    const places = [...new Set(cuts.filter((cut) => cut < whole.length))].sort((a, b) => a - b);
    return [...places, whole.length].map((end, at) =>
      whole.slice(at === 0 ? 0 : places[at - 1], end),
    );
  });

const window = (units: number): Mode => ({ window: units, sentence: false });
const sentence: Mode = { window: 0, sentence: true };

describe("what leaves of a streamed text", () => {
  const cases: readonly [string, Mode, Judge][] = [
    ["secrets that are replaced, by a window", window(24), redact],
    ["numbers that are taken out, by a window", window(24), redactCards],
    ["both, by both windows", window(48), (whole) => redactCards(redact(whole) ?? "")],
    ["sentences", sentence, redactSentences],
    [
      "sentences and a window",
      { window: 24, sentence: true },
      (whole) => redact(redactSentences(whole) ?? ""),
    ],
    ["no plugin", window(0), (whole) => whole],
  ];
  it.each(cases)("is the beginning of what leaves unstreamed: %s", (_, mode, judge) => {
    verifies("adapters:forwarded-begins");
    fc.assert(
      fc.property(cutText, (pieces) => {
        const whole = judge(wholeOf(pieces)) ?? "";
        expect(whole.startsWith(stream(pieces, mode, judge).left)).toBe(true);
      }),
    );
  });

  it.each([window(4), window(24), sentence])(
    "ends with a denial only if the whole is denied, and before what is denied: %j",
    (mode) => {
      fc.assert(
        fc.property(cutText, (pieces) => {
          const whole = wholeOf(pieces);
          const seen = stream(pieces, mode, denying);
          if (seen.denied) expect(denying(whole)).toBeUndefined();
          expect(seen.left).not.toContain("bomb");
        }),
      );
    },
  );

  it("never ends inside a character", () => {
    const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
    fc.assert(
      fc.property(cutText, fc.constantFrom(window(0), window(3), sentence), (pieces, mode) => {
        const whole = wholeOf(pieces);
        const { left } = stream(pieces, mode, (each) => each);
        const ends = [...graphemes.segment(whole)].map(({ index }) => index);
        expect([...ends, whole.length]).toContain(left.length);
      }),
    );
  });

  it("is judged nine times at most, whatever the events are", () => {
    verifies("adapters:forwarded-linear");
    fc.assert(
      fc.property(cutText, fc.integer({ min: 1, max: 20 }), (pieces, times) => {
        const many = Array.from({ length: times }, () => pieces).flat();
        const came = many.reduce((units, piece) => units + piece.length + 1, 0);
        for (const mode of [window(4), sentence])
          expect(stream(many, mode, (each) => each).judged).toBeLessThanOrEqual(9 * came);
      }),
    );
  });
});

describe("texts that grow side by side", () => {
  const pieces = fc.array(fc.record({ isAnswer: fc.boolean(), piece: words }), { maxLength: 80 });
  const cases: readonly [string, Mode, Judge][] = [
    ["a window", window(24), redact],
    ["sentences", sentence, redactSentences],
  ];

  it.each(cases)("leave as beginnings of what leaves unstreamed: %s", (_, mode, judge) => {
    verifies("adapters:forwarded-begins");
    let met = 0;
    fc.assert(
      fc.property(pieces, (all) => {
        const release = new TextRelease(mode);
        const came = ["", ""];
        const left: string[][] = [];
        for (const { isAnswer, piece } of all) {
          came[Number(isAnswer)] += piece;
          if (!release.isDue(piece.length)) continue;
          const [thought = "", answer = ""] = came.map(wellFormed);
          const asked = release.toJudge(said([thinking(thought), text(answer)]), 0, "any text");
          if (asked === undefined) continue;
          const judged = asked.content.map((part) => ({
            ...part,
            text: judge("text" in part ? part.text : "") ?? "",
          }));
          const settled = release.settled(asked, said(judged as never), "any text");
          if (settled !== undefined) left.push(settled.content.map((part) => textOf(said([part]))));
        }
        const whole = came.map((each) => judge(wholeOf([each])) ?? "");
        for (const parts of left) {
          met += 1;
          for (const [at, part] of parts.entries()) expect(whole[at]?.startsWith(part)).toBe(true);
        }
      }),
    );
    expectSome(met);
  });
});

describe("a long answer", () => {
  const long = "The quick brown fox jumps over the lazy dog. ".repeat(200);
  const deltas = long.match(/.{1,4}/gs) ?? [];

  it("begins to leave before a tenth of it has come, by a window of 200", () => {
    const { firstAfter, left, judged } = stream(deltas, window(200), redact);
    // Released with the first delta that goes beyond the window.
    expect(firstAfter).toBe(204);
    expect(firstAfter).toBeLessThan(long.length / 10);
    expect(left.length).toBeGreaterThan(long.length * 0.8);
    expect(judged).toBeLessThan(9 * (long.length + deltas.length));
  });

  it("begins to leave after its first sentence", () => {
    const { firstAfter } = stream(deltas, sentence, redactSentences);
    expect(firstAfter).toBeLessThan(100);
  });

  it("without the end of a sentence waits for its own", () => {
    const endless = "a".repeat(20_000);
    const { left, judged } = stream(endless.match(/.{1,7}/gs) ?? [], sentence, redactSentences);
    expect([left, judged]).toEqual(["", 0]);
  });
});

describe("what leaves of a message", () => {
  const call = {
    content_type: "tool_call" as const,
    content: { tool_call_id: "1", name: "mail", arguments: {}, namespace: undefined },
  };

  function settled(mode: Mode, asked: Message["content"], judged?: Message["content"]) {
    const release = new TextRelease(mode);
    const part = release.toJudge(said(asked), 0);
    if (part === undefined) return undefined;
    const leaves = release.settled(part, judged === undefined ? part : said(judged));
    return leaves && textOf(leaves);
  }

  it("is its texts up to the first part of another kind", () => {
    const parts = [thinking("abcdef"), text("ghijkl"), call, text("later")] as Message["content"];
    expect(settled(window(2), parts)).toBe("abcdef|ghij");
    expect(settled(window(2), [call, text("later")] as Message["content"])).toBeUndefined();
  });

  it("holds a window back over several texts", () => {
    const parts = [thinking("abcdef"), text("gh")];
    expect(settled(window(2), parts)).toBe("abcdef");
    expect(settled(window(5), parts)).toBe("abc");
    expect(settled(window(8), parts)).toBeUndefined();
  });

  it("holds a window back of each text that may still grow", () => {
    const parts = said([thinking("abcdef"), text("ghijkl"), text("mn"), text("opqrst")]);
    const release = new TextRelease(window(2));
    const part = release.toJudge(parts, 0, "any text");
    const leaves = part && release.settled(part, part, "any text");
    expect(leaves && textOf(leaves)).toBe("abcd|ghij");
  });

  it("ends with a whole sentence where an empty text follows", () => {
    const release = new TextRelease(sentence);
    const asked = release.toJudge(said([thinking("One. Tw"), text("")]), 0);
    expect(asked && textOf(asked)).toBe("One. ");
  });

  it("is nothing while plugins make other parts of it", () => {
    expect(settled(window(1), [text("abc")], [thinking("abc")])).toBeUndefined();
    expect(settled(window(1), [text("abc")], [text("a"), text("bc")])).toBeUndefined();
    expect(settled(window(1), [text("abc")], [])).toBeUndefined();
    expect(settled(window(1), [thinking("ab"), text("cd")], [thinking("ab")])).toBe("a");
  });

  it("is not judged again before there is more of it", () => {
    const release = new TextRelease(sentence);
    const message = (value: string) => said([text(value)]);
    expect(release.toJudge(message("One. T"), 0)).toBeDefined();
    expect(release.toJudge(message("One. Two"), 0)).toBeUndefined();
    expect(release.toJudge(message("One. Two"), 1)).toBeDefined();
    expect(release.toJudge(message("One. Two. T"), 0)).toBeDefined();
  });
});
