/** What only the host does: make envelopes, write them as text, and replace their slots. */
import {
  admit,
  admitDocument,
  expectOptions,
  extensionsLimits,
  hasAll,
  type Limits,
  limitsOver,
  readOption,
  writeText,
} from "../data/index.ts";
import {
  beginsWith,
  enumerableKeys,
  forEach,
  freeze,
  getPrototypeOf,
  isArray,
  isProxy,
  mapped,
  objectPrototype,
  ownKeys,
  ownValue,
} from "../data/intrinsics.ts";
import {
  formatPath,
  formatProblems,
  GlassineError,
  type Problem,
  quoted,
  suggestion,
  TierViolationError,
} from "../errors/index.ts";
import type { LevelValue } from "../schema/index.ts";
import {
  type CompiledSlots,
  defaultsOf,
  derivedLevel,
  type Node,
  unfitLevel,
} from "../slots/index.ts";
import {
  brandOf,
  countedBrand,
  expectExtensions,
  hostKind,
  isLevel,
  type Slots,
  seal,
  sealAfter,
  sizeOf,
} from "./filter.ts";

/** Options of `createExtensions`. */
export interface CreateOptions {
  /** Limits that differ from the defaults. `textUnits` is checked before JSON text is parsed. */
  readonly limits?: Partial<Limits>;
}

/** Options of `decodeExtensions`. */
export interface DecodeOptions extends CreateOptions {
  /** Refuse unknown slots and fields instead of dropping them. Default false. */
  readonly strict?: boolean;
}

/** An envelope without any slot. */
export function emptyExtensions(slots: CompiledSlots): Slots {
  return sealed(slots, slots.empty);
}

/** Reads a value from the host. An envelope that this host made is returned as it is. */
export function createFrom(
  slots: CompiledSlots,
  value: unknown,
  options: CreateOptions = {},
): Slots {
  const brand = brandOf(value);
  if (brand?.kind.slots === slots && brand.kind.mask === undefined) return value as Slots;
  expectOptions(options, ["limits"], "createExtensions");
  return sealed(slots, readSlots(slots, value, options));
}

/** Replaces some slots on the host's behalf: reads those, and shares the others. */
export function replaceSlots(extensions: object, changes: object, given?: CreateOptions): Slots {
  const brand = brandOf(extensions);
  if (brand === undefined || brand.kind.mask !== undefined) {
    throw new GlassineError(
      "edit_denied",
      "Expected the host's own extensions; got a view or another value. A plugin uses amend or a helper.",
    );
  }
  const before = extensions as Slots;
  const { slots } = brand.kind;
  const next = slots.take(before, slots.allOpen);
  // Nothing to read: the same slots in a new envelope.
  if (given === undefined && isEmptyRecord(changes)) return seal(next, brand);
  const options = given === undefined ? {} : given;
  expectOptions(options, ["limits"], "withSlots");
  const read = readSlots(slots, changes, options, before);
  forEach(slots.names, (name) => {
    if (read[name] !== undefined) next[name] = read[name];
  });
  assertGrown(slots, before, next);
  return sealAfter(slots, before, next);
}

function isEmptyRecord(value: unknown): boolean {
  if (typeof value !== "object" || value === null || isProxy(value)) return false;
  return getPrototypeOf(value) === objectPrototype && ownKeys(value).length === 0;
}

/**
 * Fills in derived fields that the host left out, such as the depth of a chain, or left as they
 * were `before` it added to the chain. A document from the wire keeps its own values.
 */
export function withDerived(slots: CompiledSlots, value: LevelValue, before?: Slots): LevelValue {
  let next: Record<string, unknown> | undefined;
  forEach(slots.nodes, (node) => {
    const level = value[node.key];
    const was = before?.[node.key];
    const { grows, derive } = node;
    if (!isLevel(level) || level === was || grows === undefined || derive === undefined) return;
    const list = ownValue(level, grows.key);
    if (!isArray(list) || list.length === 0) return;
    const isGrown = was !== undefined && list !== ownValue(was, grows.key);
    const defaults = defaultsOf(node);
    const derived = derivedLevel(node, { current: level, list, proposed: level });
    const whole: Record<string, unknown> = { ...level };
    let isChanged = false;
    forEach(enumerableKeys(derived), (name) => {
      const isLeft = level[name] === defaults[name] || (isGrown && level[name] === was[name]);
      if (!isLeft || derived[name] === level[name]) return;
      whole[name] = derived[name];
      isChanged = true;
    });
    if (!isChanged) return;
    if (node.compiled.passes?.(whole) === false) throw unfitLevel(node);
    next ??= slots.take(value, slots.allOpen);
    next[node.key] = freeze(whole);
  });
  return next ?? value;
}

/** What `decodeExtensions` returns. */
export interface Decoded<Extensions> {
  readonly extensions: Extensions;
  /** Paths of unknown slots and fields, which were left out: at most the first 100. */
  readonly dropped: readonly string[];
  /** How many there were. */
  readonly droppedCount: number;
}

export function decodeFrom(
  slots: CompiledSlots,
  input: unknown,
  options: DecodeOptions = {},
): Decoded<Slots> {
  expectOptions(options, ["strict", "limits"], "decodeExtensions");
  const limits = limitsOf(options);
  const strict = readOption(options, "strict", "boolean") === true;
  const read = admitDocument(slots.envelope.read, input, { limits, shapeCode, strict });
  if (!read.ok) throw unreadable(slots, read.problems);
  return freeze({
    // The schema of envelopes accepts objects only.
    extensions: sealed(slots, read.value as LevelValue),
    dropped: freeze(mapped(read.dropped, formatPath)),
    droppedCount: read.droppedCount,
  });
}

/** Writes JSON text, with keys in the order of the slot table. Absent parts are left out. */
export function encodeExtensions(extensions: object): string {
  expectExtensions(extensions, "encodeExtensions");
  return writeText(extensions);
}

const shapeCode = "extensions_shape";

/** Reads slots from the host. A part that equals its counterpart in `before` is shared with it. */
function readSlots(
  slots: CompiledSlots,
  value: unknown,
  options: CreateOptions,
  before?: Slots,
): LevelValue {
  const reading = { origin: "host", limits: limitsOf(options), shapeCode, strict: true } as const;
  const admitted = admit(slots.envelope.read, value, reading, before);
  if (!admitted.ok) throw unreadable(slots, admitted.problems);
  // The schema of envelopes accepts objects only.
  return withDerived(slots, admitted.value as LevelValue, before);
}

function limitsOf(options: CreateOptions): Limits {
  return limitsOver(extensionsLimits, ownValue(options, "limits"));
}

function sealed(slots: CompiledSlots, value: LevelValue): Slots {
  const envelope: Record<string, unknown> = { ...value };
  return seal(envelope, countedBrand(hostKind(slots), sizeOf(slots, envelope)));
}

function unreadable(slots: CompiledSlots, problems: readonly Problem[]): GlassineError {
  // By index: array iteration may be patched.
  const first = problems[0];
  const slot = first?.path.length === 1 ? first.path[0] : undefined;
  if (first?.code === "slot_unknown" && typeof slot === "string") {
    const hint = suggestion(slot, slots.names);
    return new GlassineError(
      "slot_unknown",
      `Slot ${quoted(slot)} is not in the slot table.${hint === "" ? ` Known slots: ${slots.names.join(", ")}.` : hint}`,
      { problems },
    );
  }
  const text = `Extensions are not readable. ${formatProblems(problems)}.`;
  return new GlassineError("extensions_invalid", text, { problems });
}

/**
 * Checks that the host, too, only adds to monotonic parts. Only `declassify` can remove labels.
 *
 * A plugin can make envelopes as well, and call this in a realm that it has patched: an array
 * method or iterator would expose the slot table.
 *
 * @throws TierViolationError `tier_monotonic` if something monotonic in `before` is gone.
 */
export function assertGrown(slots: CompiledSlots, before: Slots, after: LevelValue): void {
  forEach(slots.nodes, (slot) => checkGrown(slot, before[slot.key], after[slot.key]));
}

function checkGrown(node: Node, before: unknown, after: unknown): void {
  if (before === undefined || before === after) return;
  const { tier, grows } = node;
  if (grows !== undefined) {
    checkList(node, grows, ownValue(before, grows.key), ownValue(after, grows.key));
  } else if (tier === "monotonic") checkList(node, node, before, after);
  else {
    forEach(node.fields, (field) =>
      checkGrown(field, ownValue(before, field.key), ownValue(after, field.key)),
    );
  }
}

/** Checks that a list or set only grew. For a growing slot, the second node is its list. */
function checkList({ path }: Node, { compiled }: Node, before: unknown, after: unknown): void {
  const old = isArray(before) ? before : [];
  const now = isArray(after) ? after : [];
  if (compiled.shape === "set" ? hasAll(now, old) : beginsWith(now, old)) return;
  const advice = path === "security.labels" ? " Use declassify to remove a label." : "";
  const text = `${path} may only grow; something that was there is missing or changed.${advice}`;
  throw new TierViolationError("tier_monotonic", text, { slot: path, tier: "monotonic" });
}
