/** The order of a map's keys: existing keys keep their order, and new keys follow. */
import { createExtensions, filterExtensions, mergeExtensions } from "glassine";
import { describe, expect, it } from "vitest";

const grant = ["write_headers"] as const;
/** Returns the keys of both kinds of map after a merge, in order. */
function keysAfter(shown: object, now: object, returned: object): readonly (readonly string[])[] {
  const of = (map: object) => createExtensions({ custom: map, http: { headers: map } } as never);
  const before = of(shown);
  const { extensions } = mergeExtensions(
    now === shown ? before : of(now),
    { custom: returned, http: { headers: returned } },
    grant,
    { view: filterExtensions(before, grant) },
  );
  return [extensions.custom, extensions.http?.headers].map((map) => Object.keys(map ?? {}));
}

const abc = { a: "1", b: "2", c: "3" };

describe.each([
  ["where nothing else changed", abc, ""],
  ["where another plugin has added a key", { ...abc, z: "9" }, "z"],
])("%s", (_, now, more) => {
  it.each([
    ["a key is added before the others", { d: "4", ...abc }, "abcd", "d"],
    ["keys come back turned about", { c: "3", b: "2", a: "1", d: "4" }, "abcd", "d"],
    ["a changed key comes back last", { b: "2", c: "3", a: "4" }, "abc", ""],
    ["the last come back turned about", { a: "1", c: "3", b: "2", d: "4" }, "abcd", "d"],
    ["one is missing and the others turned about", { c: "3", d: "4", a: "1" }, "acd", "d"],
    [
      "two are added, between the others",
      { a: "1", e: "5", b: "2", d: "4", c: "3" },
      "abced",
      "ed",
    ],
  ])("%s", (_how, returned, expected, added) => {
    const kept = expected.slice(0, expected.length - added.length);
    const keys = [...kept, ...more, ...added];
    for (const found of keysAfter(abc, now, returned)) expect(found).toEqual(keys);
  });
});
