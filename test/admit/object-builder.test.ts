/** Who makes the objects of a level: a builder that knows its keys, or one that looks them up. */
import { describe, expect, it } from "vitest";
import { builderOf } from "../../src/core/schema/object-builder.ts";
import { layoutOf, levelBuilders } from "../../src/core/slots/object-layout.ts";

const builderFor = (...keys: readonly string[]) => ({ keys, build: () => ({}) });

describe("the builder of a level", () => {
  it("is the one that was made for its keys, in their order", () => {
    const wanted = builderFor("a", "b");
    const others = [["a"], ["b", "a"], ["a,b"], ["a", "b", "c"]].map((keys) => builderFor(...keys));
    expect(builderOf(["a", "b"], [...others, wanted])).toBe(wanted);
  });

  it("is none of a standard level for one key that is spelled like all of its keys", () => {
    for (const { keys } of levelBuilders) {
      const odd = keys.join();
      expect(builderOf([odd], levelBuilders).build(["v"])).toEqual({ [odd]: "v" });
      expect(layoutOf("mcp", [odd]).keys).toEqual([odd]);
    }
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
