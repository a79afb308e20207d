/** Reads what a handler returned, which may be hostile: each property once, through its descriptor. */

import { concat, hasMoreIndexes, intrinsics, outgrows } from "../../data/index.ts";
import type { Slots } from "../../envelope/index.ts";
import { listed, merge, type Rejection } from "../../envelope/index.ts";
import { type ErrorCode, formatPath, type Problem } from "../../errors/index.ts";
import { markPayload } from "../../messages/index.ts";
import {
  admit,
  type Compiled,
  compileSchema,
  decisive,
  jsonObject,
  type LevelValue,
  pathInSchema,
} from "../../schema/index.ts";
import type { MessageRun } from "./message-run.ts";
import type { Step } from "./types.ts";

const {
  append,
  enumerableKeys,
  freeze,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  hasOwn,
  isArray,
  isProxy,
  newList,
  objectPrototype,
  ownKeys,
  put,
  ownValue,
  toArray,
} = intrinsics;

/** What a result changes: all of it checked, none of it applied. */
export interface Changes {
  readonly payload: object;
  readonly extensions: Slots;
  readonly metadata: LevelValue | undefined;
  /** The paths of what is changed: fields of the payload first, then slots. */
  readonly changed: readonly string[];
  readonly rejections: readonly Rejection[];
}

/** Why a result was refused as a whole. A class, so that no data can pass for one. */
export class Refused {
  readonly code: ErrorCode;
  readonly path: string;
  /** Written by the library: types and names, no value. */
  readonly reason: string;
  constructor(code: ErrorCode, path: string, reason: string) {
    this.code = code;
    this.path = path;
    this.reason = reason;
  }
}

const notAResult = new Refused(
  "result_shape",
  "(result)",
  "A result has modifiedPayload, modifiedExtensions and metadata, and nothing else.",
);

const oddKey = new Refused("snapshot_key", "(result)", "Expected ordinary keys.");

function unfit(
  { code, path, expected, received }: Problem,
  part: string,
  reader: Compiled,
): Refused {
  // An unknown field of a payload is not a slot.
  const shown = code === "slot_unknown" ? "payload_shape" : code;
  const where = formatPath(concat<string | number>([part], pathInSchema(reader, path)));
  return new Refused(shown, where, `Expected ${expected}, got ${received}.`);
}

/** The parts of what a handler returned, unchecked. */
interface ReturnedParts {
  modifiedPayload: unknown;
  modifiedExtensions: unknown;
  metadata: unknown;
}

const metadataReader: Compiled = compileSchema(jsonObject(), { closed: false, shownWhole: true });

/** Extensions are judged first, then the payload, then metadata. One refusal refuses all. */
export function readChanges(run: MessageRun, step: Step, returned: object): Changes | Refused {
  const found = readReturned(returned, run.compiled.limits.nodes);
  if (found instanceof Refused) return found;
  const { compiled } = run;
  const proposal = found.modifiedExtensions ?? undefined;
  const outcome = merge({
    slots: compiled.slots,
    current: run.extensions,
    returned: proposal,
    // A handler that takes no extensions is judged by the view that it would have been handed.
    view: run.given ?? (proposal === undefined ? run.extensions : step.filter(run.before)),
    mask: step.mask,
    strict: compiled.strict,
    growOnly: step.mode === "concurrent",
    limits: compiled.limits,
  });
  if (!outcome.ok)
    return new Refused(outcome.refusal.code, outcome.refusal.path, outcome.refusal.reason);
  const payload = readPayload(run, step, found.modifiedPayload);
  if (payload instanceof Refused) return payload;
  const metadata = readMetadata(run, found.metadata);
  if (metadata instanceof Refused) return metadata;
  return {
    payload: payload.value,
    extensions: outcome.extensions,
    metadata,
    changed: joined(payload.changed, outcome.changed),
    rejections: listed(joined(outcome.rejections, payload.rejections)),
  };
}

/** The parts of a result, each read once; anything else is refused as a whole. */
export function readReturned(returned: object, maxKeys: number): ReturnedParts | Refused {
  // A contextified object of `vm` runs code when it is read, and that code can throw.
  try {
    return readParts(returned, maxKeys);
  } catch {
    const reason = "Expected a plain object, got one that throws when it is read.";
    return new Refused("snapshot_proxy", "(result)", reason);
  }
}

function readParts(returned: object, maxKeys: number): ReturnedParts | Refused {
  if (isProxy(returned))
    return new Refused("snapshot_proxy", "(result)", "Expected a plain object, got a proxy.");
  if (isArray(returned)) return notAResult;
  const prototype = getPrototypeOf(returned);
  if (prototype !== objectPrototype && prototype !== null) {
    return new Refused("snapshot_prototype", "(result)", "Expected a plain object.");
  }
  const found: ReturnedParts = {
    modifiedPayload: undefined,
    modifiedExtensions: undefined,
    metadata: undefined,
  };
  if (hasMoreIndexes(returned, maxKeys)) {
    return new Refused("snapshot_limit", "(result)", `Expected at most ${maxKeys} keys, got more.`);
  }
  const keys = ownKeys(returned);
  let unknown = false;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as keyof ReturnedParts;
    if (typeof key !== "string") return oddKey;
    const descriptor = getOwnPropertyDescriptor(returned, key);
    if (descriptor === undefined) return oddKey;
    if (!hasOwn(descriptor, "value"))
      return new Refused(
        "snapshot_accessor",
        "(result)",
        "Expected values, got a getter or setter.",
      );
    if (descriptor.enumerable !== true) return oddKey;
    if (hasOwn(found, key)) found[key] = descriptor.value;
    else unknown = true;
  }
  return unknown ? notAResult : found;
}

interface ReadPayload {
  readonly value: object;
  readonly changed: readonly string[];
  readonly rejections: readonly Rejection[];
}

const none: readonly never[] = freeze([]);

function joined<T>(a: readonly T[], b: readonly T[]): readonly T[] {
  if (a.length === 0) return b;
  return b.length === 0 ? a : freeze(concat(a, b));
}

/** The payload with the fields that the plugin changed and may write. */
function readPayload(run: MessageRun, step: Step, returned: unknown): ReadPayload | Refused {
  const current = run.payload as LevelValue;
  if (returned === undefined || returned === null || returned === current) {
    return { value: current, changed: none, rejections: none };
  }
  const { compiled } = run;
  const admitted = admit(compiled.payload, returned, {
    origin: "plugin",
    limits: compiled.payloadLimits,
    shapeCode: "payload_shape",
    strict: true,
    previous: current,
    partial: true,
  });
  if (!admitted.ok) return unfit(decisive(admitted.problems), "payload", compiled.payload);
  const proposed = admitted.value as LevelValue;
  if (proposed === current) return { value: current, changed: none, rejections: none };
  const rejections = newList<Rejection>();
  if (step.mode === "concurrent") {
    const reason = "The plugin's mode may not change it.";
    append(rejections, freeze({ path: "payload", code: "mode_denied", reason } as const));
    return { value: current, changed: none, rejections: freeze(toArray(rejections)) };
  }
  const next: Record<string, unknown> = { ...current };
  const changed = newList<string>();
  for (let i = 0; i < compiled.payloadFields.length; i++) {
    const field = compiled.payloadFields[i] as string;
    if (ownValue(proposed, field) === ownValue(current, field)) continue;
    if (compiled.writable[field] === true) {
      // A payload need not have each field.
      put(next, field, ownValue(proposed, field));
      append(changed, `payload.${field}`);
      continue;
    }
    const reason = "Plugins may not write it on this hook.";
    append(
      rejections,
      freeze({ path: `payload.${field}`, code: "payload_denied", reason } as const),
    );
  }
  const reported = rejections.length === 0 ? none : freeze(toArray(rejections));
  if (changed.length === 0) return { value: current, changed: none, rejections: reported };
  const expected = outgrows(next, current, compiled.payloadLimits);
  if (expected !== undefined) {
    const reason = `Expected ${expected} together with what was there, got more.`;
    return new Refused("snapshot_limit", "payload", reason);
  }
  // The whole proposal passed; the fields that are taken over may not.
  if (compiled.payload.passes?.(next) === false) {
    return new Refused("payload_shape", "payload", "Expected what passes the payload's own check.");
  }
  const value = markPayload(next, compiled.payload, compiled.payloadLimits);
  return { value, changed: freeze(toArray(changed)), rejections: reported };
}

function readMetadata(run: MessageRun, value: unknown): LevelValue | undefined | Refused {
  if (value === undefined || value === null) return undefined;
  const admitted = admit(metadataReader, value, {
    origin: "plugin",
    limits: run.compiled.limits,
    shapeCode: "result_shape",
    strict: true,
    previous: undefined,
    partial: false,
  });
  if (!admitted.ok) {
    const { code, expected, received } = decisive(admitted.problems);
    return new Refused(code, "(result).metadata", `Expected ${expected}, got ${received}.`);
  }
  const read = admitted.value as LevelValue;
  return enumerableKeys(read).length === 0 ? undefined : read;
}
