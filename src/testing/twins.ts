/** Two envelopes that differ only in what a grant hides. */
import * as fc from "fast-check";
import type { CompiledSlots, Node } from "../core/slots/index.ts";
import { isObject, type Level, plainCopy, shapeOf } from "./data.ts";
import { printedBriefly } from "./difference.ts";
import { documentsOf, grantsOf } from "./documents.ts";
import { isOpen } from "./parts.ts";
import type { Subject } from "./subject.ts";
import type { Words } from "./words.ts";

export interface Twins {
  readonly one: Level;
  readonly two: Level;
  /** A grant that cannot tell them apart. */
  readonly grant: readonly string[];
}

/** Generates twins. The hidden parts of the second one are made from `words`, if given. */
export function twinsOf(
  { slots, host }: Subject,
  words?: Words,
  grants: fc.Arbitrary<readonly string[]> = grantsOf(slots),
): fc.Arbitrary<Twins> {
  return fc
    .tuple(documentsOf(slots), documentsOf(slots, words), grants)
    .map(([shown, hidden, grant]) => {
      const one = host.createExtensions(shown);
      const other = host.createExtensions(hidden);
      const mixed = withHiddenOf(slots, slots.capabilities.mask(grant), one, other);
      // Both are made from full copies, so that no sharing of objects carries over from documents.
      const made = (envelope: Level) => host.createExtensions(plainCopy(envelope));
      return printedBriefly({ one: made(one), two: made(mixed), grant });
    });
}

interface WithBuiltins {
  process?: { getBuiltinModule?: (id: string) => { inspect?: Inspect } | undefined };
}
type Inspect = (value: unknown, options: object) => string;

/** Shows what a runtime reveals about an object beyond its own keys. Only Node has this. */
const inspect = (globalThis as WithBuiltins).process?.getBuiltinModule?.("node:util")?.inspect;

/** Everything visible in a view except its object identity. */
export const looksOf = (view: object) => ({
  text: JSON.stringify(view),
  shape: JSON.stringify(shapeOf(view)),
  inspected: inspect?.(view, { showHidden: true, depth: Number.POSITIVE_INFINITY }),
});

/** `shown`, with everything that `mask` hides taken from `hidden` instead. Both are envelopes. */
export function withHiddenOf(
  slots: CompiledSlots,
  mask: number,
  shown: Level,
  hidden: Level,
): Level {
  const out: Record<string, unknown> = {};
  for (const node of slots.nodes)
    out[node.key] = mix(node, mask, shown[node.key], hidden[node.key]);
  return out;
}

function mix(node: Node, mask: number, shown: unknown, hidden: unknown): unknown {
  if (!isOpen(node, mask)) return hidden;
  if (!node.mixed) return shown;
  const level = isObject(shown) ? shown : undefined;
  const other = isObject(hidden) ? hidden : undefined;
  const out: Record<string, unknown> = {};
  for (const field of node.fields) {
    out[field.key] = mix(field, mask, level?.[field.key], other?.[field.key]);
  }
  // A level that shows something whenever it exists must exist in both envelopes or in neither.
  const tells = node.fields.some(
    (field) => out[field.key] === undefined && !field.optional && !isEmpty(field.fallback?.()),
  );
  if (tells) return level;
  return Object.values(out).every((part) => part === undefined) ? level : out;
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}
