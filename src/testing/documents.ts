/** Generates extension documents and grants from the slot table. */
import * as fc from "fast-check";
import { createFrom } from "../core/envelope/index.ts";
import { quoted } from "../core/errors/index.ts";
import {
  type CompiledSlots,
  type SlotSpec,
  type SlotTable,
  standardSlots,
  zodOf,
} from "../core/slots/index.ts";
import { acceptable } from "./acceptable.ts";
import type { Level } from "./data.ts";
import { valuesOf } from "./schema-values.ts";
import type { Words } from "./words.ts";

type Values = fc.Arbitrary<unknown>;

const given = new WeakMap<CompiledSlots, { readonly [slot: string]: Values }>();
const known = new WeakMap<CompiledSlots, fc.Arbitrary<Level>>();

/** Sets the values from which documents over these slots are made, if there are any for a slot. */
export function setValues(slots: CompiledSlots, values: { readonly [slot: string]: Values }): void {
  given.set(slots, values);
}

/**
 * Documents that a host may pass in: any slots, any fields of the older and newer format, nulls for
 * absent parts.
 *
 * @throws GlassineError `options_invalid` for a slot for which no values are found
 */
export function documentsOf(slots: CompiledSlots, words?: Words): fc.Arbitrary<Level> {
  const made = words === undefined ? known.get(slots) : undefined;
  if (made !== undefined) return made;
  const values = slots.names.map((slot): [string, Values] => [
    slot,
    fc.option(slotValues(slots, slot, words), { nil: null, freq: 12 }),
  ]);
  const fields = Object.fromEntries(values);
  const documents = fc.oneof(
    { weight: 4, arbitrary: fc.record(fields, { requiredKeys: [] }) },
    { weight: 1, arbitrary: fc.record(fields) },
  );
  if (words === undefined) known.set(slots, documents);
  return documents;
}

/** Values of a slot that is a map. */
export function mapsOf(slots: CompiledSlots, slot: string): fc.Arbitrary<Level> {
  return slotValues(slots, slot, undefined) as fc.Arbitrary<Level>;
}

const standard: SlotTable = standardSlots;

/** Values that the slot accepts. A standard slot accepts whatever its types accept. */
function slotValues(slots: CompiledSlots, slot: string, words: Words | undefined): Values {
  const schema = zodOf((slots.table[slot] as SlotSpec).schema);
  const own = given.get(slots)?.[slot];
  if (own === undefined && standard[slot]?.schema === schema) return valuesOf(schema, slot, words);
  const accepts = (value: unknown) => createFrom(slots, { [slot]: value }, undefined);
  return acceptable(own ?? valuesOf(schema, slot, words), accepts, `the slot ${quoted(slot)}`);
}

/** Any grant, from no capability to all of them. */
export function grantsOf(slots: CompiledSlots): fc.Arbitrary<readonly string[]> {
  const { names } = slots.capabilities;
  return fc.oneof(
    { weight: 4, arbitrary: fc.subarray([...names]) },
    { weight: 1, arbitrary: fc.constant([...names]) },
  );
}

/** What grants imply, from the table alone, so that the law does not rely on the code it tests. */
export function closureOf(slots: CompiledSlots, names: readonly string[]): readonly string[] {
  const implied = new Map<string, Set<string>>();
  const walk = (spec: Gated, above: readonly string[]) => {
    const isGate = (gate: string | undefined): gate is string =>
      gate !== undefined && gate !== "everyone";
    const reads = isGate(spec.read) ? [...above, spec.read] : above;
    for (const gate of [spec.read, spec.write]) {
      if (!isGate(gate)) continue;
      implied.set(gate, new Set([...(implied.get(gate) ?? []), ...reads]));
    }
    for (const field of Object.values(spec.fields ?? {})) walk(field, reads);
  };
  for (const spec of Object.values(slots.table)) walk(spec, []);
  const closed = new Set(names);
  for (const each of closed) for (const next of implied.get(each) ?? []) closed.add(next);
  return [...closed].sort();
}

interface Gated {
  readonly read?: string;
  readonly write?: string;
  readonly fields?: { readonly [field: string]: Gated };
}
