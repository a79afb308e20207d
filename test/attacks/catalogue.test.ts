import { describe, expect, it } from "vitest";
import { attacksIn, readAttacks } from "../../tools/scripts/read-attacks.ts";

const attacks = readAttacks();
const last = 310;
/** Numbers that the catalogue leaves out. */
const isUnused = (number: string) => ["A-230", "A-231"].includes(number);

describe("the catalogue of attacks", () => {
  it("has every number: tested, or with a reason why it does not apply", () => {
    const numbers = Array.from(
      { length: last },
      (_, at) => `A-${String(at + 1).padStart(3, "0")}`,
    ).filter((number) => !isUnused(number));
    const known = new Set(attacks.map(({ number }) => number));
    expect(numbers.filter((number) => !known.has(number))).toEqual([]);
    expect([...known].filter((number) => !numbers.includes(number))).toEqual([]);
  });

  it("has each number once", () => {
    const numbers = attacks.map(({ number }) => number);
    expect(numbers.filter((number, at) => numbers.indexOf(number) !== at)).toEqual([]);
  });

  it("describes each attempt and outcome in a phrase", () => {
    for (const { number, attempt, answer } of attacks) {
      expect([number, attempt]).toEqual([number, expect.stringMatching(/^[A-Z`{].*[^.]$/s)]);
      expect([number, answer]).toEqual([number, expect.stringMatching(/\S.*\S/s)]);
    }
  });
});

describe("the reader of the catalogue", () => {
  it("reads number, attempt and answer from the calls", () => {
    const source = [
      'attack("A-001", "One \\"way\\" in", "refused with `x`", () => {});',
      "attackDoesNotApply(",
      '  "A-002",',
      "  'Another \"way\"',",
      '  "There is no door.",',
      ");",
    ].join("\n");
    const path = "a.test.ts";
    expect(attacksIn(source, path)).toEqual([
      {
        number: "A-001",
        attempt: 'One "way" in',
        answer: "refused with `x`",
        standing: "tested",
        path,
      },
      {
        number: "A-002",
        attempt: 'Another "way"',
        answer: "There is no door.",
        standing: "does_not_apply",
        path,
      },
    ]);
  });
});
