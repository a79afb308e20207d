/** Making envelopes: from the host's own values, from the wire, and back to the wire. */

import {
  expectOptions,
  extensionsLimits,
  intrinsics,
  type Limits,
  limitsOver,
  mapped,
  parseText,
  readOption,
  writeText,
} from "../data/index.ts";
import {
  formatPath,
  formatProblems,
  GlassineError,
  type Problem,
  quoted,
  suggestion,
} from "../errors/index.ts";
import { type Admitted, admit, copyLevel, emptyLevel, type LevelValue } from "../schema/index.ts";
import { type CompiledSlots, defaultsOf, type Node } from "../slots/index.ts";
import { brandOf, countedBrand, hostKind, type Slots, seal, sizeOf } from "./brand.ts";

/** Options of `createExtensions`. */
export interface CreateOptions {
  /** Limits that differ from the defaults. `textUnits` holds before a text is parsed. */
  readonly limits?: Partial<Limits>;
}

/** Options of `decodeExtensions`. */
export interface DecodeOptions extends CreateOptions {
  /** Refuse unknown slots and fields instead of dropping them. Default false. */
  readonly strict?: boolean;
}

/** The envelope without any slot. One per host. */
const empties = new WeakMap<CompiledSlots, Slots>();

export function emptyExtensions(slots: CompiledSlots): Slots {
  let empty = intrinsics.weakGet(empties, slots);
  if (empty === undefined) {
    empty = sealed(slots, emptyLevel(slots.layout));
    intrinsics.weakSet(empties, slots, empty);
  }
  return empty;
}

/** Reads a value of the host. An envelope that this host made comes back as it is. */
export function createFrom(
  slots: CompiledSlots,
  value: unknown,
  options: CreateOptions = {},
): Slots {
  const brand = brandOf(value);
  if (brand?.kind.slots === slots && brand.kind.mask === undefined) return value as Slots;
  expectOptions(options, ["limits"], "createExtensions");
  return sealed(
    slots,
    withDerived(slots, read(slots, value, "host", true, limitsOf(options))).value,
  );
}

/** Reads a value of the host; a part that says the same as in `known` is that part. */
export function readOver(
  slots: CompiledSlots,
  value: unknown,
  known: Slots,
  options: CreateOptions = {},
): LevelValue {
  expectOptions(options, ["limits"], "withSlots");
  const admitted = read(slots, value, "host", true, limitsOf(options), known);
  return withDerived(slots, admitted).value as LevelValue;
}

/**
 * Fields that follow from a list that grows, as the depth of a chain does, where the host left them
 * out. A document from the wire keeps what it says.
 */
function withDerived(slots: CompiledSlots, admitted: Good): Good {
  const value = admitted.value as LevelValue;
  let next: Record<string, unknown> | undefined;
  // By index: the iteration of arrays may be patched.
  for (let i = 0; i < slots.nodes.length; i++) {
    const node = slots.nodes[i] as Node;
    const level = value[node.key] as LevelValue | undefined;
    const list = node.grows === undefined ? undefined : level?.[node.grows];
    if (level === undefined || node.derive === undefined) continue;
    if (!intrinsics.isArray(list) || list.length === 0) continue;
    const defaults = defaultsOf(node);
    const whole = copyLevel(node.layout, level);
    let changed = false;
    const derived = node.derive({ current: level, list, proposed: level });
    const names = intrinsics.enumerableKeys(derived);
    for (let at = 0; at < names.length; at++) {
      const name = names[at] as string;
      if (level[name] !== defaults[name] || derived[name] === level[name]) continue;
      whole[name] = derived[name];
      changed = true;
    }
    if (!changed) continue;
    next ??= copyLevel(slots.layout, value);
    next[node.key] = intrinsics.freeze(whole);
  }
  return next === undefined ? admitted : { ...admitted, value: next };
}

/** What `decodeExtensions` gives. */
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
  const isText = typeof input === "string";
  const value = isText ? parse(input, limits) : input;
  const admitted = read(slots, value, isText ? "parsed" : "host", strict, limits);
  return intrinsics.freeze({
    extensions: sealed(slots, admitted.value),
    dropped: intrinsics.freeze(mapped(admitted.dropped, formatPath)),
    droppedCount: admitted.droppedCount,
  });
}

function parse(text: string, limits: Limits): unknown {
  const { value, problem } = parseText(text, limits);
  if (problem !== undefined) throw notReadable([problem]);
  return value;
}

/** JSON text, keys in the order of the slot table. Absent parts are left out. */
export function encodeExtensions(extensions: object): string {
  if (brandOf(extensions) === undefined) {
    throw new GlassineError(
      "extensions_invalid",
      "Expected extensions made by this library; got another value. Make them with createExtensions or decodeExtensions.",
    );
  }
  return writeText(extensions);
}

type Good = Extract<Admitted, { ok: true }>;

function read(
  slots: CompiledSlots,
  value: unknown,
  origin: "host" | "parsed",
  strict: boolean,
  limits: Limits,
  previous?: Slots,
): Good {
  const shapeCode = "extensions_shape";
  const admitted = admit(slots.envelope, value, {
    origin,
    limits,
    shapeCode,
    strict,
    previous,
    partial: false,
  });
  if (admitted.ok) return admitted;
  throw unreadable(slots, admitted.problems);
}

function limitsOf(options: CreateOptions): Limits {
  return limitsOver(extensionsLimits, intrinsics.ownValue(options, "limits"));
}

function sealed(slots: CompiledSlots, value: unknown): Slots {
  const envelope = copyLevel(slots.layout, value as LevelValue);
  return seal(envelope, countedBrand(hostKind(slots), sizeOf(slots, envelope)));
}

function unreadable(slots: CompiledSlots, problems: readonly Problem[]): GlassineError {
  const first = problems[0] as Problem;
  const slot = first.path.length === 1 ? first.path[0] : undefined;
  if (first.code === "slot_unknown" && typeof slot === "string") {
    const hint = suggestion(slot, slots.names);
    return new GlassineError(
      "slot_unknown",
      `Slot ${quoted(slot)} is not in the slot table.${hint === "" ? ` Known slots: ${slots.names.join(", ")}.` : hint}`,
      { problems },
    );
  }
  return notReadable(problems);
}

function notReadable(problems: readonly Problem[]): GlassineError {
  const text = `Extensions are not readable. ${formatProblems(problems)}.`;
  return new GlassineError("extensions_invalid", text, { problems });
}
