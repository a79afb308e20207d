/** The comparison of views detects any answer that differs from the expected one. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { VectorCase } from "./compare.ts";
import { sameViews } from "./parts.ts";

const file = new URL("../../spec/vectors/view.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: readonly VectorCase[] };

/** Yields each leaf's path, with a copy of the whole value in which that leaf is changed. */
function* changed(value: unknown, path: readonly string[] = []): Generator<[string, unknown]> {
  if (typeof value !== "object" || value === null) {
    yield [path.join("."), typeof value === "string" ? `${value}x` : `${String(value)} changed`];
    return;
  }
  for (const key of Object.keys(value)) {
    for (const [at, other] of changed(Reflect.get(value, key), [...path, key])) {
      const copy = Array.isArray(value) ? [...value] : { ...value };
      yield [at, Object.assign(copy, { [key]: other })];
    }
  }
}

it("whatever leaf of it is changed", () => {
  const found = cases.filter(({ name }) =>
    /^(every_kind_role_user|full_extensions_all)/.test(name),
  );
  expect(found.length).toBe(2);
  let leaves = 0;
  for (const vector of found) {
    const expected = vector.expected as readonly Record<string, unknown>[];
    expect(sameViews(expected, expected, vector)).toBe(true);
    expect(sameViews(expected, expected.slice(1), vector)).toBe(false);
    for (const [at, other] of changed(expected)) {
      // Sizes of JSON text depend on its white space, and the format is a hint.
      const isJson = expected[Number(at.split(".")[0])]?.content_format === "json";
      if (at.endsWith("content_format") || (isJson && /size_bytes|\.content$/.test(at))) continue;
      leaves += 1;
      expect(sameViews(expected, other, vector), at).toBe(false);
    }
  }
  expect(leaves).toBeGreaterThan(200);
});
