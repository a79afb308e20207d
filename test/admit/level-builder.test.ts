/** Who makes the objects of a level: a builder that knows its keys, or one that looks them up. */
import { describe, expect, it } from "vitest";
import { builderOf } from "../../src/admit/level-builder.ts";

const builderFor = (...keys: readonly string[]) => ({ keys, build: () => ({}) });

describe("the builder of a level", () => {
  it("is the one that was made for its keys, in their order", () => {
    const [other, reversed, wanted] = [builderFor("a"), builderFor("b", "a"), builderFor("a", "b")];
    expect(builderOf(["a", "b"], [other, reversed, wanted])).toBe(wanted);
  });

  it.each([[undefined], [[]], [[builderFor("a"), builderFor("b", "a")]]])(
    "looks the keys up where none was made for them",
    (builders) => {
      const { keys, build } = builderOf(["a", "b"], builders);
      expect(keys).toEqual(["a", "b"]);
      expect(Object.entries(build([1, undefined]))).toEqual([
        ["a", 1],
        ["b", undefined],
      ]);
    },
  );
});
