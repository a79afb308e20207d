import { createExtensions, hasLabel, mergeExtensions } from "glassine";
import { stringSet } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { slotOf } from "./one-slot.ts";
import { codeOf } from "./support.ts";

const labelled = (...labels: string[]) => createExtensions({ security: { labels } });
const add = (label: string) =>
  mergeExtensions(labelled("PII"), { security: { labels: ["PII", label] } }, ["append_labels"]);

describe("a label that is kept unchanged", () => {
  it.each([
    ["plain", "pii"],
    ["with a space inside", "top secret"],
    ["with punctuation", "team:payments/eu-1"],
    ["in another script", "секретно"],
    ["precomposed", "caf\u00e9"],
    ["beyond the basic plane", "\u{1f512}"],
    ["of a look-alike", "\u0420II"],
    ["full width", "\uff30\uff29\uff29"],
    ["with a combining mark that has no precomposed form", "x\u0301"],
    ["as long as a label may be", "\u{1d4b3}".repeat(128)],
    ["named like a member of every object", "__proto__"],
  ])("%s", (_, label) => {
    const { extensions } = add(label);
    expect(extensions.security?.labels).toContain(label);
    expect(hasLabel(extensions, label)).toBe(true);
    expect(hasLabel(extensions, `${label} `)).toBe(false);
  });
});

describe("a label that is refused, from a plugin and from a host", () => {
  it.each([
    ["empty", ""],
    ["padded in front", " PII"],
    ["padded behind", "PII "],
    ["only a space", " "],
    ["decomposed", "cafe\u0301"],
    ["with a zero-width space", "PII\u200b"],
    ["with a zero-width joiner", "P\u200dII"],
    ["with a soft hyphen", "P\u00adII"],
    ["with a direction mark", "PII\u202e"],
    ["with a variation selector", "\u2764\ufe0f"],
    ["with a tag character", "PII\u{e0041}"],
    ["with a line break", "PII\nEU"],
    ["with a line separator", "PII\u2028EU"],
    ["with a tab", "PII\tEU"],
    ["with NUL", "PII\0"],
    ["with DEL", "PII\u007f"],
    ["with a no-break space", "P\u00a0II"],
    ["with an ideographic space", "P\u3000II"],
    ["of Hangul fillers", "\u3164"],
    ["of a blank that prints nothing", "\u2800"],
    ["in private use", "\ue000"],
    ["not assigned", "\u0378"],
    ["over the length", "x".repeat(129)],
  ])("%s", (_, label) => {
    expect(codeOf(() => add(label))).toBe("label_invalid");
    expect(codeOf(() => labelled(label))).toBe("extensions_invalid");
  });

  it("with half of a surrogate pair, which is not valid Unicode", () => {
    expect(codeOf(() => add("PII\ud800"))).toBe("snapshot_string");
  });
});

describe("the length of a label", () => {
  it.each([
    ["ab", true],
    ["abc", false],
    ["a\u{1f512}", true],
    ["ab\u{1f512}", false],
    ["\u{1f512}\u{1f512}", true],
    ["\u{1f512}\u{1f512}\u{1f512}", false],
    ["\u{10000}a", true],
    ["\u{133ff}a", true],
    ["\uff61\uff61", true],
    ["\uff61\uff61\u{1f512}", false],
    ["\uac00\uac00\u{1f512}", false],
  ])("is that of its code points: %j", (text, fits) => {
    const make = () =>
      createExtensions({ security: { labels: [text] } }, { limits: { labelCodePoints: 2 } });
    if (fits) expect(make().security?.labels).toEqual([text]);
    else expect(codeOf(make)).toBe("extensions_invalid");
  });
});

describe("a set of labels", () => {
  it("is sorted by code point, not by UTF-16 unit, without duplicates", () => {
    const labels = ["\uff61", "\u{1d4b3}", "b", "B", "a", "b", "\u{1d4b3}"];
    expect(labelled(...labels).security?.labels).toEqual(["B", "a", "b", "\uff61", "\u{1d4b3}"]);
  });

  it("agrees with the order of code points around the surrogates, and after what is equal", () => {
    const texts = ["", "a", "ab", "b", "\ud7ff", "\ue000", "\uff61", "\uffff", "\u{10000}"];
    const ordered = [...texts, "\u{10ffff}"];
    const points = (text: string) => [...text].map((char) => char.codePointAt(0) as number);
    const inOrder = (one: string, other: string): readonly string[] => {
      const [x, y] = [points(one), points(other)];
      const at = x.findIndex((point, i) => point !== y[i]);
      const isAfter = at !== -1 && (at >= y.length || (x[at] as number) > (y[at] as number));
      return isAfter ? [other, one] : [one, other];
    };
    const { create } = slotOf(z.object({ set: stringSet() }));
    for (const one of ordered) {
      for (const other of ordered.filter((text) => text !== one)) {
        for (const [a, b] of [
          [one, other],
          [`x${one}y`, `x${other}y`],
        ] as const) {
          expect(create({ set: [a, b] }).set).toEqual(inOrder(a, b));
        }
      }
    }
  });

  it("is the same object if the same labels return in any order, even twice", () => {
    const extensions = labelled("b", "a");
    const { extensions: merged } = mergeExtensions(
      extensions,
      { security: { labels: ["b", "a", "b"] } },
      ["append_labels"],
    );
    expect(merged).toBe(extensions);
  });

  it("has no method of a set: a frozen one would still change", () => {
    const labels = labelled("PII").security?.labels as unknown as string[];
    expect(() => Set.prototype.add.call(labels, "EU")).toThrow(TypeError);
    expect(() => Array.prototype.push.call(labels, "EU")).toThrow(TypeError);
    expect(labels).toEqual(["PII"]);
  });
});
