/** Extension documents and grants, read off the slot table. */
import fc from "fast-check";
import type { CompiledSlots } from "../../src/slots/index.ts";
import type { Level } from "./data.ts";
import { valuesOf, type Words } from "./schema-values.ts";

/** Documents a host may hand in: any slots, any fields of both generations, nulls for absent. */
export function documentsOf(slots: CompiledSlots, words?: Words): fc.Arbitrary<Level> {
  const fields = Object.fromEntries(
    Object.entries(slots.table).map(([name, spec]) => {
      return [name, fc.option(valuesOf(spec.schema, words), { nil: null, freq: 12 })];
    }),
  );
  return fc.oneof(
    { weight: 4, arbitrary: fc.record(fields, { requiredKeys: [] }) },
    { weight: 1, arbitrary: fc.record(fields) },
  ) as fc.Arbitrary<Level>;
}

/** Any grant: no capability to all of them. */
export function grantsOf(slots: CompiledSlots): fc.Arbitrary<readonly string[]> {
  const { names } = slots.capabilities;
  return fc.oneof(
    { weight: 4, arbitrary: fc.subarray([...names]) },
    { weight: 1, arbitrary: fc.constant([...names]) },
  );
}

/** What grants imply, from the table alone, so that the law does not lean on what it tests. */
export function closureOf(slots: CompiledSlots, names: readonly string[]): readonly string[] {
  const implied = new Map<string, Set<string>>();
  const walk = (spec: Gated, above: readonly string[]) => {
    const reads = spec.read === undefined ? above : [...above, spec.read];
    for (const gate of [spec.read, spec.write]) {
      if (gate === undefined) continue;
      implied.set(gate, new Set([...(implied.get(gate) ?? []), ...reads]));
    }
    for (const field of Object.values(spec.fields ?? {})) walk(field, reads);
  };
  for (const spec of Object.values(slots.table)) walk(spec, []);
  const closed = new Set(names);
  for (const name of closed) for (const next of implied.get(name) ?? []) closed.add(next);
  return [...closed].sort();
}

interface Gated {
  readonly read?: string;
  readonly write?: string;
  readonly fields?: { readonly [field: string]: Gated };
}
