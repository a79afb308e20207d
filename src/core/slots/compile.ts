/** Compiles a slot table into what filter and merge use: nodes, bits and readers. */
import * as z from "zod/mini";
import { forEach, freeze, newRecord } from "../data/intrinsics.ts";
import { GlassineError, quoted } from "../errors/index.ts";
import {
  type Compiled,
  compileLevel,
  compilerFor,
  type Field,
  type Level,
  type LevelValue,
} from "../schema/index.ts";
import { type CapabilityBits, collectCapabilities, maxCapabilities } from "./capabilities.ts";
import { everyone, gatesOf, type Inherited, inheritedBy, zodOf } from "./define.ts";
import { standardLevels } from "./standard-levels.generated.ts";
import type { Derive, FieldSpec, SlotSpec, SlotTable, Take, Tier } from "./types.ts";

/** One slot or field, with what it inherits filled in. */
export interface Node extends Field {
  readonly path: string;
  readonly tier: Tier;
  /** Any of these bits opens this node; 0 if it has no gate of its own. */
  readonly open: number;
  /** The bit that writes it; 0 if no capability is needed, or none can write it. */
  readonly write: number;
  /** Whether a part of it has a gate of its own. */
  readonly mixed: boolean;
  /** Whether it or a part of it can change at all. */
  readonly changeable: boolean;
  /** The fields of a level, in order. */
  readonly fields: readonly Node[];
  readonly byKey: NodesByKey;
  /** Those of `fields` that are required. */
  readonly required: readonly Node[];
  /** The level with every field absent. */
  readonly empty: LevelValue;
  readonly take: Take;
  /** The argument for `take` that opens every field. */
  readonly allOpen: ArrayLike<boolean>;
  /** The list that grows, for a monotonic level. */
  readonly grows: Node | undefined;
  readonly derive: Derive | undefined;
}

/** Inherits nothing, because it is read even in a patched realm. */
type NodesByKey = Readonly<Record<string, Node>>;

/** A slot table, compiled once per host. */
export interface CompiledSlots {
  readonly table: SlotTable;
  readonly names: readonly string[];
  readonly nodes: readonly Node[];
  readonly byKey: NodesByKey;
  /** The number of nodes, including fields at any depth. */
  readonly parts: number;
  readonly capabilities: CapabilityBits;
  /** The whole envelope as a level. */
  readonly envelope: Compiled & { readonly level: Level };
  /** An envelope with every slot absent; new ones are copies of it. */
  readonly empty: LevelValue;
  readonly take: Take;
  /** The argument for `take` that opens every field. */
  readonly allOpen: ArrayLike<boolean>;
}

/**
 * Checks a table, and compiles it.
 *
 * @throws GlassineError `slot_invalid`
 */
export function compileSlots(table: SlotTable): CompiledSlots {
  const slots = compileTable(table);
  const { nodes, capabilities } = slots;
  for (const node of nodes) checkSlot(node, table[node.key] as SlotSpec, capabilities);
  return slots;
}

/** Compiles a table that is known to be correct, such as the standard one, which tests check. */
export function compileTable(table: SlotTable): CompiledSlots {
  const capabilities = collectCapabilities(table);
  const names = Object.freeze(Object.keys(table));
  const shape = Object.fromEntries(
    names.map((name) => [name, z.optional(zodOf((table[name] as SlotSpec).schema))]),
  );
  const open = compilerFor({ closed: false, shownWhole: false });
  const closed = compilerFor({ closed: true, shownWhole: false });
  const level = compileLevel(
    {} as z.core.$ZodType,
    shape,
    (schema, key) => (table[key]?.closed === true ? closed : open)(schema),
    { closed: true, shownWhole: false, strict: false },
  );
  const nodes = level.fields.map((field) => {
    const spec = table[field.key] as SlotSpec;
    return compileNode(field, field.key, spec, spec, capabilities);
  });
  freezeTable(nodes);
  return {
    table,
    names,
    nodes,
    byKey: byKey(nodes),
    parts: countParts(nodes),
    capabilities,
    envelope: {
      shape: "level",
      read: level.read,
      passes: undefined,
      level,
      element: undefined,
    },
    empty: level.empty,
    ...copiesOf(level.empty),
  };
}

/**
 * Functions that copy the standard levels, by the keys of a level. They use literals, which take a
 * sixth of the time of a spread: rows R1, R4 and R5 of tools/bench/report.md are missed without them.
 */
const standardTakes = new Map(
  standardLevels.map((take) => [Object.keys(take({}, [])).join(), take]),
);

/** `take` is also called in a patched realm. */
function copiesOf(empty: LevelValue): Pick<Node, "take" | "allOpen"> {
  const keys = Object.freeze(Object.keys(empty));
  const take = standardTakes.get(keys.join()) ?? takeOf(keys, empty);
  return { take, allOpen: Object.freeze(keys.map(() => true)) };
}

function takeOf(keys: readonly string[], empty: LevelValue): Take {
  return (level, open) => {
    const taken: Record<string, unknown> = { ...empty };
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string;
      if (open[i] === true) taken[key] = level[key];
    }
    return taken;
  };
}

function byKey(nodes: readonly Node[]): NodesByKey {
  const record = newRecord() as Record<string, Node>;
  for (const node of nodes) record[node.key] = node;
  return Object.freeze(record);
}

function countParts(nodes: readonly Node[]): number {
  return nodes.reduce((count, node) => count + countParts(node.fields), nodes.length);
}

/** Freezes all of it, so that nobody who gets hold of a part can change a rule. */
function freezeTable(nodes: readonly Node[]): void {
  for (const node of nodes) {
    freezeTable(node.fields);
    Object.freeze(node);
  }
  Object.freeze(nodes);
}

function compileNode(
  field: Field,
  path: string,
  spec: FieldSpec,
  inherited: Inherited,
  capabilities: CapabilityBits,
): Node {
  const { tier, write } = inherited;
  const { level } = field.compiled;
  const fields = (level?.fields ?? []).map((inner) => {
    const own = spec.fields?.[inner.key] ?? {};
    const below = inheritedBy(own, inherited);
    return compileNode(inner, `${path}.${inner.key}`, own, below, capabilities);
  });
  const known = byKey(fields);
  for (const name of Object.keys(spec.fields ?? {})) {
    if (known[name] === undefined) {
      throw new GlassineError(
        "slot_invalid",
        `${path} has no field ${quoted(name)} in its schema${level === undefined ? ", where it must be a z.object that is not nullable" : ""}.`,
        { path },
      );
    }
  }
  const slot = spec as Partial<SlotSpec>;
  return {
    ...field,
    path,
    tier,
    open: openedBy(spec, path === field.key, capabilities),
    write:
      write === undefined || write === everyone || tier === "immutable"
        ? 0
        : capabilities.bits([write]),
    mixed: fields.some((inner) => inner.open !== 0 || inner.mixed),
    changeable: tier !== "immutable" || fields.some((inner) => inner.changeable),
    fields,
    byKey: known,
    required: Object.freeze(fields.filter((inner) => !inner.optional)),
    empty: level?.empty ?? nothing,
    ...copiesOf(level?.empty ?? nothing),
    grows: slot.grows === undefined ? undefined : known[slot.grows],
    derive: slot.derive,
  };
}

const nothing: LevelValue = Object.freeze({});

/** The bit above those of the capabilities: no grant has it. */
const nobody = 1 << maxCapabilities;

/** Without `read`, a slot is hidden, but a field has no gate of its own. */
function openedBy(spec: FieldSpec, isSlot: boolean, capabilities: CapabilityBits): number {
  if (spec.read === undefined) return isSlot ? nobody : 0;
  return spec.read === everyone ? 0 : capabilities.bits(gatesOf(spec));
}

function checkSlot(node: Node, spec: SlotSpec, capabilities: CapabilityBits): void {
  const fail: (text: string) => never = (text) => {
    throw new GlassineError("slot_invalid", `Slot ${quoted(node.key)} ${text}`, { slot: node.key });
  };
  const { shape } = node.compiled;
  if (shape !== "level" && shape !== "map") {
    fail("must hold an object: z.object, z.record or jsonObject().");
  }
  const { grows: grown } = node;
  if (spec.grows !== undefined && grown === undefined)
    fail(`grows ${quoted(String(spec.grows))}, which is not a field.`);
  if (node.tier === "monotonic") {
    if (grown === undefined)
      fail('is monotonic, so it must name the list that grows: grows: "FIELD".');
    const { shape: growing } = grown.compiled;
    if (growing !== "list" && growing !== "set")
      fail("must grow a list or a set, neither nullable nor transformed as a whole.");
    if (node.mixed) fail("is monotonic, so its fields cannot have gates of their own.");
  } else if (spec.grows !== undefined || spec.derive !== undefined)
    fail(`is ${node.tier}, so it cannot have grows or derive: only a monotonic slot grows.`);
  checkGates(node, spec, spec, capabilities);
  checkFields(node, fail);
}

function checkFields(node: Node, fail: (text: string) => never): void {
  // Whether a merge succeeds must not reveal to a plugin what it cannot see.
  const tells = node.mixed && node.changeable;
  if (tells && node.compiled.passes !== undefined) {
    fail(
      `has parts with their own gates in ${quoted(node.path)}, so that level cannot have a refinement.`,
    );
  }
  for (const field of node.fields) {
    if (tells && !field.optional && field.fallback === undefined) {
      fail(
        `has parts with their own gates beside the required field ${quoted(field.key)}: make it optional, or give it a default.`,
      );
    }
    const { shape } = field.compiled;
    if (field.tier === "monotonic" && node.tier !== "monotonic" && shape !== "set") {
      fail(
        `has the monotonic field ${quoted(field.key)}, which must be a set: stringSet() or labelSet().`,
      );
    }
    checkFields(field, fail);
  }
}

/** Nobody writes what they cannot see: the write of a part that can change must imply its read. */
function checkGates(
  node: Node,
  spec: FieldSpec,
  inherited: Inherited,
  capabilities: CapabilityBits,
): void {
  const { tier, read, write } = inherited;
  const fail = (text: string): never => {
    throw new GlassineError("slot_invalid", `${quoted(node.path)} ${text}`, { path: node.path });
  };
  if (tier === "immutable" && spec.write !== undefined)
    fail("is immutable, so it cannot have a write capability.");
  const isGated = read !== undefined && read !== everyone;
  const brings = write === undefined ? undefined : capabilities.implied.get(write);
  if (tier !== "immutable" && isGated && brings?.includes(read) !== true) {
    fail(
      `is read with ${quoted(read)} and can change, so name the capability that writes it, or make it immutable.`,
    );
  }
  for (const field of node.fields) {
    const own = spec.fields?.[field.key] ?? {};
    checkGates(field, own, inheritedBy(own, inherited), capabilities);
  }
}

/**
 * Returns a level with its defaults, for a slot that a plugin creates; fields without one are
 * absent. Also called in a patched realm: the result goes into edits and merges.
 */
export function defaultsOf({ empty, fields }: Node): LevelValue {
  const out: Record<string, unknown> = { ...empty };
  forEach(fields, ({ key, fallback }) => {
    if (fallback !== undefined) out[key] = fallback();
  });
  return freeze(out);
}
