/** JSON from operators and packages that no honest author writes. */
import { describe, expect, it } from "vitest";
import { parseStrictJson, StrictJsonError } from "../../../src/operate/packages/strict-json.ts";

const lists = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
const objects = (levels: number) =>
  `${'{"a":'.repeat(levels - 1)}{}${"}".repeat(Math.max(0, levels - 1))}`;
const tooDeep = new StrictJsonError("it has more than 64 levels");

describe("PH-079: JSON of many levels", () => {
  it.each([
    ["lists", lists],
    ["objects", objects],
  ])("of %s is read up to 64", (_, nested) => {
    expect(parseStrictJson(nested(64))).toEqual(JSON.parse(nested(64)));
    expect(() => parseStrictJson(nested(65))).toThrow(tooDeep);
  });

  it.each(
    [1_000, 3_000, 10_000, 100_000, 1_000_000].flatMap((levels) => [
      [levels, "lists", lists(levels)] as const,
      [levels, "objects", objects(levels)] as const,
    ]),
  )("of %i levels of %s is refused for its levels", (levels, _, text) => {
    expect(() => parseStrictJson(text)).toThrow(tooDeep);
    if (levels >= 10_000) expect(() => parseStrictJson("[".repeat(levels))).toThrow(tooDeep);
  });
});

describe("JSON that is no JSON", () => {
  it.each([
    ["a comma too many", '{"a": 1,\n}', " at line 2, column 1: remove the comma in front"],
    ["a comment", "{\n  // sk-live\n}", " at line 2, column 3: JSON has no comments"],
    ["nothing", "", ": it is empty"],
    ["a line feed in a text", '{"a": "sk-live\n42"}', ""],
  ])("as with %s is refused by its place, and nothing of it is quoted", (_, text, place) => {
    expect(() => parseStrictJson(text)).toThrow(new StrictJsonError(`it is not JSON${place}`));
  });

  it("A-232: repeats no key at any level, and has none of the engine's", () => {
    for (const [text, message] of [
      ['[{"a": {"b": 1, "b": 2}}]', 'it has the key "b" twice at line 1, column 17'],
      ['{"a": 1, "\\u0061": 2}', 'it has the key "a" twice at line 1, column 10'],
      ['{"a": [{"__proto__": 1}]}', 'it has the key "__proto__" at line 1, column 9: remove it'],
    ] as const)
      expect(() => parseStrictJson(text)).toThrow(new StrictJsonError(message));
  });
});
