import { applyScores } from "glassine/memory-node";
import { expect, it } from "vitest";

const list = [
  { id: "a", score: 0.5 },
  { id: "b", score: 0.4 },
  { id: "c", score: 0.4 },
];
const idsOf = (ranked: readonly { readonly id: string }[]) => ranked.map(({ id }) => id).join("");

it("moves, clamps and rounds what has a delta, and keeps the rest as it is", () => {
  const ranked = applyScores(list, { a: -9, c: 0.12345649 });
  expect(ranked).toEqual([
    { id: "c", score: 0.523456 },
    { id: "b", score: 0.4 },
    { id: "a", score: 0 },
  ]);
  expect(ranked[1]).toBe(list[1]);
  expect(Object.isFrozen(ranked)).toBe(true);
  expect(idsOf(list)).toBe("abc");
});

it("keeps the order of equal scores", () => {
  expect(idsOf(applyScores(list, { a: -0.1 }))).toBe("abc");
  expect(idsOf(applyScores([...list].reverse(), { a: -0.1 }))).toBe("cba");
});

it("does not round a score without a delta, nor lift one that is below 0", () => {
  const given = [{ id: "a", score: -1.23456789 }];
  expect(applyScores(given, {})).toEqual(given);
});

it("knows a fact in a result by its id", () => {
  const results = [
    { fact: { id: "f1" }, score: 1 },
    { fact: { id: "f2" }, score: 1 },
  ];
  expect(applyScores(results, { f2: 1 })[0]?.fact.id).toBe("f2");
});

it("treats `__proto__` as an id like any other, and ignores inherited deltas", () => {
  const given = [
    { id: "__proto__", score: 1 },
    { id: "constructor", score: 1 },
  ];
  expect(applyScores(given, {})).toEqual(given);
  const deltas = Object.defineProperty({}, "__proto__", { value: -1, enumerable: true });
  expect(idsOf(applyScores(given, deltas))).toBe("constructor__proto__");
});

it("returns a plain object for a changed element, whatever its class", () => {
  class Found {
    id = "a";
    score = 0.5;
    get title() {
      return "A";
    }
  }
  const given = new Found();
  expect(applyScores([given], {})[0]).toBe(given);
  expect(applyScores([given], { a: 0.1 })[0]).toStrictEqual({ id: "a", score: 0.6 });
});

it("refuses an element that no delta can name, and a sum that overflows", () => {
  expect(() => applyScores([{ score: 1 }], {})).toThrow("Element 0 of the list has no id.");
  const huge = [{ id: "a", score: Number.MAX_VALUE }];
  expect(() => applyScores(huge, { a: Number.MAX_VALUE })).toThrow(
    "The new score of element 0 is not a finite number.",
  );
});

it.each<[unknown, unknown, string]>([
  [undefined, {}, "applyScores expects an array of scored elements."],
  [{ a: 0.5 }, {}, "applyScores expects an array of scored elements."],
  ...[undefined, null, [0.3], new Map([["a", 0.3]])].map((deltas): [unknown, unknown, string] => [
    list,
    deltas,
    "applyScores expects deltas by id in an object, as `recall_rank` returned them.",
  ]),
  [[null], {}, "Element 0 of the list is not an object."],
  [[list[0], "b"], {}, "Element 1 of the list is not an object."],
])("refuses %j with the deltas %j", (scored, deltas, message) => {
  const refusal = expect.objectContaining({ code: "payload_invalid", message });
  expect(() => applyScores(scored as never, deltas as never)).toThrow(refusal);
});
