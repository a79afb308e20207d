/** Compares the memory node's hooks with their machine-readable form in spec/. */
import { readFileSync } from "node:fs";
import { bands, type HookSpec } from "glassine/host";
import { describe, expect, it } from "vitest";
import { hooks, table } from "./support/examples.ts";

interface Row {
  readonly name: string;
  readonly semantic: string;
  readonly strict: boolean;
  readonly ordering: string;
  readonly band: keyof typeof bands;
  readonly bandOrder: number;
  readonly summary: string;
}

const file = new URL("../../spec/memory-node-hooks.json", import.meta.url);
const rows = JSON.parse(readFileSync(file, "utf8")) as readonly Row[];

describe("PH-054: the shipped table", () => {
  it("PH-054: has 22 rows, and they are the rows of spec/memory-node-hooks.json in its order", () => {
    expect(hooks).toHaveLength(22);
    expect(hooks).toEqual(rows.map(({ name }) => name));
  });

  it("PH-054: has no health_check and no decay_sweep_filter", () => {
    expect(Object.hasOwn(table, "health_check")).toBe(false);
    expect(Object.hasOwn(table, "decay_sweep_filter")).toBe(false);
  });

  it("PH-054: gives each band its number", () => {
    for (const { name, band, bandOrder } of rows)
      expect([name, bands[band]]).toEqual([name, bandOrder]);
  });

  it("is frozen, and each hook in it", () => {
    expect(Object.isFrozen(table)).toBe(true);
    expect(Object.values(table).filter((spec) => !Object.isFrozen(spec))).toEqual([]);
  });

  it("requires none of its hooks, and describes each in a sentence of its own", () => {
    const specs = Object.values(table);
    expect(specs.filter(({ required }) => required !== undefined)).toEqual([]);
    expect(new Set(specs.map(({ description }) => description)).size).toBe(22);
    expect(specs.filter(({ description }) => !/^[A-Z].*[.?]$/.test(description))).toEqual([]);
  });
});

describe("PH-055: each row", () => {
  it.each(rows)("PH-055: $name is as it says, field by field", (row) => {
    expect(rowOf(row.name, row.summary)).toEqual(row);
  });

  it.each(rows)("$name has facts beside its value if it has a value, and none else", (row) => {
    const spec = table[row.name] as HookSpec;
    const hasValue = row.semantic === "filter_chain" || row.semantic === "score_delta";
    expect(spec.operation !== undefined).toBe(hasValue);
  });
});

/** Returns a row of the table in the file's form, with the file's own summary. */
function rowOf(name: string, summary: string): Row {
  const { semantic, strict = false, ordering, band } = table[name] as HookSpec;
  const place = band as Row["band"];
  return {
    name,
    semantic,
    strict,
    ordering: ordering as string,
    band: place,
    bandOrder: bands[place],
    summary,
  };
}
