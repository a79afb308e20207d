/** The slot table as parts that somebody may see or change, each with what that takes. */
import {
  everyone,
  gatesOf,
  type SlotSpec,
  type SlotTable,
  type Tier,
} from "../../../core/slots/index.ts";

/** A slot, or a field that says something of its own. */
export interface Part {
  /** From the slot down. */
  readonly path: readonly string[];
  /** Any one of these opens it; none, where it is seen with what it is in. */
  readonly openers: readonly string[];
  readonly tier: Tier;
  /** What a change takes; `undefined`, where that is nothing. */
  readonly writer: string | undefined;
  readonly fields: readonly Part[];
}

/** The settings of a slot or field that matter here. */
type Spec = Pick<SlotSpec, "read" | "write" | "fields"> & { readonly tier?: Tier };

/** What a field has from what it is in, where it says nothing itself. */
interface Above {
  readonly path: readonly string[];
  readonly tier: Tier;
  readonly write: string | undefined;
}

/** The slots of a table, in its order, without those that are hidden from every plugin. */
export function partsOf(slots: SlotTable): readonly Part[] {
  return Object.entries(slots)
    .filter(([, spec]) => spec.read !== undefined)
    .map(([slot, spec]) => partOf(slot, spec, { path: [], tier: spec.tier, write: undefined }));
}

function partOf(key: string, spec: Spec, above: Above): Part {
  const path = [...above.path, key];
  const { tier = above.tier, write = above.write } = spec;
  // A gate of a field opens what the field is in, too: to see the one is to reach it.
  const openers = spec.read === undefined || spec.read === everyone ? [] : gatesOf(spec);
  const fields = Object.entries(spec.fields ?? {}).map(([field, inner]) =>
    partOf(field, inner, { path, tier, write }),
  );
  return { path, openers, tier, writer: write === everyone ? undefined : write, fields };
}

/** A part and all parts in it. */
export function withInner(part: Part): readonly Part[] {
  return [part, ...part.fields.flatMap(withInner)];
}

/** Whether anything but the part it is in decides whether it is seen. */
export function isGated({ openers }: Part): boolean {
  return openers.length > 0;
}

/** Whether one of these capabilities opens it. */
export function isOpened({ openers }: Part, capabilities: ReadonlySet<string>): boolean {
  return openers.some((opener) => capabilities.has(opener));
}

/** Whether every plugin of the host may change it. No table has a gate on such a part. */
export function isFree({ tier, writer }: Part): boolean {
  return tier !== "immutable" && writer === undefined;
}

/** Whether one of these capabilities permits to change it. */
export function canChange({ tier, writer }: Part, capabilities: ReadonlySet<string>): boolean {
  return tier !== "immutable" && writer !== undefined && capabilities.has(writer);
}
