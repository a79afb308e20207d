/** Capabilities, derived from the table: names, bits, and what each implies. */
import {
  append,
  freeze,
  isArray,
  lengthOf,
  newList,
  recordBy,
  toArray,
} from "../data/intrinsics.ts";
import { GlassineError, quoted, suggestion } from "../errors/index.ts";
import { everyone } from "./define.ts";
import type { FieldSpec, SlotTable } from "./types.ts";

/** The slot capabilities of a host as bits of one mask. */
export interface CapabilityBits {
  /** Every name, sorted. */
  readonly names: readonly string[];
  /** What each name implies, itself included. */
  readonly implied: ReadonlyMap<string, readonly string[]>;
  /** The bits of known names and of what they imply. Unknown names grant nothing. */
  mask(names: readonly string[]): number;
  /** The bits of these names, without what they imply. */
  bits(names: readonly string[]): number;
  /** Returns the names in a mask, sorted. */
  namesOf(mask: number): readonly string[];
}

/** A mask is one 32-bit number, so that a grant is compared in one step. */
export const maxCapabilities = 31;

export function collectCapabilities(table: SlotTable): CapabilityBits {
  const direct = new Map<string, Set<string>>();
  for (const spec of Object.values(table)) collect(spec, undefined, direct);
  const names = Object.freeze([...direct.keys()].sort());
  if (names.length > maxCapabilities) {
    throw new GlassineError(
      "slot_invalid",
      `A slot table names at most ${maxCapabilities} capabilities; this one names ${names.length}.`,
      { count: names.length },
    );
  }
  const implied = new Map(names.map((name) => [name, closure(name, direct)]));
  const bitOf = recordBy(names, (_, index) => 1 << index);
  const maskOf = recordBy(names, (name) => {
    const brought = implied.get(name) as readonly string[];
    return joined(bitOf, brought, brought.length);
  });
  return {
    names,
    implied,
    mask: (wanted) => joined(maskOf, wanted, lengthOf(wanted)),
    bits: (wanted) => joined(bitOf, wanted, wanted.length),
    namesOf: (mask) => {
      const found = newList<string>();
      for (let i = 0; i < names.length; i++) {
        const name = names[i] as string;
        if ((mask & (bitOf[name] ?? 0)) !== 0) append(found, name);
      }
      return freeze(toArray(found));
    },
  };
}

/** Numbers by name. The record inherits nothing: the merge uses it even in a patched realm. */
type Numbers = { readonly [name: string]: number };

/**
 * Returns the combined bits of `names`. Anything that is not a known name has none. `length` was
 * read once: a proxy of an array could report a different one each time.
 */
function joined(numbers: Numbers, names: readonly string[], length: number): number {
  let mask = 0;
  for (let i = 0; i < length; i++) {
    const name: unknown = names[i];
    if (typeof name === "string") mask |= numbers[name] ?? 0;
  }
  return mask;
}

/** Write implies its read; a field's read implies its parent's read. Nothing else is implied. */
function collect(
  spec: FieldSpec,
  above: string | undefined,
  direct: Map<string, Set<string>>,
): void {
  const add = (name: string, brings: string | undefined) => {
    const set = direct.get(name) ?? new Set<string>();
    if (brings !== undefined) set.add(brings);
    direct.set(name, set);
  };
  const read = spec.read === everyone ? undefined : spec.read;
  if (read !== undefined) add(read, above);
  if (spec.write !== undefined && spec.write !== everyone) add(spec.write, read ?? above);
  for (const field of Object.values(spec.fields ?? {})) collect(field, read ?? above, direct);
}

function closure(
  name: string,
  direct: ReadonlyMap<string, ReadonlySet<string>>,
): readonly string[] {
  const found = new Set([name]);
  for (const each of found) for (const next of direct.get(each) as Set<string>) found.add(next);
  return Object.freeze([...found]);
}

/**
 * Checks a plain array of capability names, and adds what they imply.
 *
 * @throws GlassineError `capability_unknown`
 */
export function resolveNames(bits: CapabilityBits, names: readonly string[]): readonly string[] {
  // An iterator of its own could yield other names than the indexes, which filter and merge use.
  if (!isArray(names) || Reflect.ownKeys(names).length !== names.length + 1) {
    throw new GlassineError(
      "capability_unknown",
      "Capabilities must be a plain array of names; got another value.",
    );
  }
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    if (typeof name !== "string") {
      throw new GlassineError("capability_unknown", "A capability must be a string.");
    }
    if (!bits.implied.has(name)) {
      throw new GlassineError(
        "capability_unknown",
        `${quoted(name)} is not a capability of this host.${suggestion(name, bits.names)}`,
        { name },
      );
    }
  }
  return bits.namesOf(bits.mask(names));
}
