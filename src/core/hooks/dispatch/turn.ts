/**
 * One handler's turn, from what it returned to what comes of that: nothing, a denial, changes or a
 * failure. What it returned may be hostile, so each property is read once, through its descriptor.
 */
import {
  admit,
  decisive,
  dropPromise,
  hasMoreIndexes,
  isRangeError,
  outgrows,
} from "../../data/index.ts";
import {
  append,
  concat,
  enumerableKeys,
  forEach,
  freeze,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  hasOwn,
  isArray,
  isProxy,
  type List,
  newList,
  none,
  objectPrototype,
  ownKeys,
  ownValue,
  put,
  toArray,
} from "../../data/intrinsics.ts";
import {
  listed,
  type MergeInput,
  merge,
  type Rejection,
  readProposal,
  type Slots,
} from "../../envelope/index.ts";
import { type ErrorCode, formatPath, type Problem, refusalMeanings } from "../../errors/index.ts";
import { markPayload } from "../../messages/index.ts";
import {
  type Compiled,
  compileSchema,
  dropPromises,
  jsonObject,
  type LevelValue,
  pathInSchema,
} from "../../schema/index.ts";
import { answerOf, rejectionOf, type Violation } from "../results.ts";
import type { MessageRun } from "./message-run.ts";
import {
  type Failure,
  failureBy,
  lateFailure,
  noteDenied,
  noteLabels,
  noteRefused,
  refusedFailure,
  reportFailure,
  switchOff,
} from "./report.ts";
import type { ExecutionRecord, Step } from "./types.ts";
import { timedOut } from "./wait.ts";

/** Why a result was refused as a whole. A class, so that no data can pass for one. */
export class Refused {
  readonly code: ErrorCode;
  readonly path: string;
  /** Written by the library: types and names, never values. */
  readonly reason: string;
  /** What the host's code threw, if that is why. */
  readonly cause: unknown;
  constructor(code: ErrorCode, path: string, reason: string, cause?: unknown) {
    this.code = code;
    this.path = path;
    this.reason = reason;
    this.cause = cause;
  }
}

const notAResult = new Refused(
  "result_shape",
  "(result)",
  "A result may have modifiedPayload, modifiedExtensions and metadata, and nothing else. To refuse, return deny(REASON).",
);

// Made in advance, because there may be no stack left to make it with.
const noStack = new Refused(
  "snapshot_limit",
  "(result)",
  "Expected a result that fits on the stack, got one that is nested too deeply.",
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

/** A violation ends the run; `undefined` lets it go on. */
export type TurnEnd = Violation | undefined;

/** What a handler returned or threw, already read, so that changing it later has no effect. */
export type TurnRead =
  | { readonly is: "allowed" }
  | { readonly is: "denied"; readonly violation: Violation }
  | { readonly is: "refused"; readonly refused: Refused }
  | ReadChanges;

/** Changes that were read, but not yet merged. */
interface ReadChanges {
  readonly is: "changes";
  readonly extensions: MergeInput;
  readonly payload: ReadPayload | Refused;
  readonly metadata: LevelValue | undefined | Refused;
}

/** The handler returned nothing, or `allow()`. */
export const nothingRead: TurnRead = freeze({ is: "allowed" });

export function takeReturned(run: MessageRun, step: Step, returned: unknown): TurnEnd {
  return takeRead(run, step, readTurn(run, step, returned));
}

/** Applies what was read to the run as it is now. */
export function takeRead(run: MessageRun, step: Step, read: TurnRead): TurnEnd {
  if (read.is === "allowed") {
    if (run.compiled.timed || run.rechecking) run.record(step, {});
    return undefined;
  }
  if (read.is === "denied") return takeDenial(run, step, read.violation);
  const changes = read.is === "refused" ? read.refused : merged(run, read);
  if (changes instanceof Refused) return refuse(run, step, changes);
  if (run.rechecking && changes.payload !== run.payload) return contest(run, step);
  apply(run, step, changes);
  return undefined;
}

function takeDenial(run: MessageRun, step: Step, violation: Violation): TurnEnd {
  if (!step.mayHalt) {
    const reason = "A plugin in this mode may not deny.";
    const refused = run.log.reject(step, [{ path: "(result)", code: "mode_denied", reason }]);
    run.record(step, { requestedAllow: false, refused });
    noteRefused(run, step, refused);
    return undefined;
  }
  run.record(step, { requestedAllow: false, effectiveAllow: false, reason: violation.reason });
  run.halted("denied");
  noteDenied(run, step, violation.code, violation.reason);
  return freeze({ plugin: step.plugin.name, ...violation });
}

/**
 * Called again, the handler would change the payload that later ones left. It has allowed neither
 * that payload nor its own, so the run may not go on, whatever the error policy says.
 */
function contest(run: MessageRun, step: Step): TurnEnd {
  const reason = `Plugin "${step.plugin.name}" was asked again on ${run.compiled.hook}, because a later plugin changed the payload, and would change it once more.`;
  const code = "payload_contested";
  const refused = run.log.reject(step, [{ path: "payload", code, reason }]);
  run.record(step, { status: "error", effectiveAllow: false, reason, errorCode: code, refused });
  return halt(run, step, code, reason, refused);
}

/** Ends the run, whatever the plugin's error policy says. */
export function halt(
  run: MessageRun,
  step: Step,
  code: ErrorCode,
  reason: string,
  refused: readonly Rejection[],
): Violation {
  run.log.addError(step, code, reason);
  run.halted("errored");
  noteRefused(run, step, refused);
  return freeze({ plugin: step.plugin.name, code, reason });
}

/** The changes in a result: all checked, none applied. */
interface Changes {
  readonly payload: object;
  readonly extensions: Slots;
  readonly metadata: LevelValue | undefined;
  /** The paths that are changed: fields of the payload first, then slots. */
  readonly changed: readonly string[];
  readonly rejections: readonly Rejection[];
}

/** Reads what a handler returned. */
export function readTurn(run: MessageRun, step: Step, returned: unknown): TurnRead {
  const answer = returned === undefined || returned === null ? "allow" : answerOf(returned);
  if (answer === "allow") return nothingRead;
  if (answer !== undefined) return { is: "denied", violation: answer };
  const { compiled } = run;
  const found = readReturned(returned, compiled.limits.nodes);
  if (found instanceof Refused) return { is: "refused", refused: found };
  const proposed = found.modifiedExtensions ?? undefined;
  const growOnly = step.mode === "concurrent";
  const extensions: MergeInput = {
    slots: compiled.runtime.slots,
    returned: proposed,
    proposal: undefined,
    // A proposal of a handler that takes no extensions is judged by the view it would have been given.
    view: run.view ?? (proposed === undefined ? run.extensions : step.filter(run.before)),
    mask: step.mask,
    strict: compiled.strict,
    growOnly,
    strictDelegation: compiled.strictDelegation,
    limits: compiled.limits,
  };
  return {
    is: "changes",
    // Concurrent handlers are all awaited before a merge, so read this now. The merge reads others.
    extensions: growOnly ? { ...extensions, proposal: readProposal(extensions) } : extensions,
    payload: readPayload(run, step, found.modifiedPayload),
    metadata: readMetadata(run, found.metadata),
  };
}

/** Reads a thrown `RejectError` as a denial. Returns `undefined` for anything else. */
export function readThrown(thrown: unknown): TurnRead | undefined {
  const violation = rejectionOf(thrown);
  return violation && { is: "denied", violation };
}

/** Judges extensions first, then the payload, then metadata. If one is refused, all are. */
function merged(
  run: MessageRun,
  { extensions, payload, metadata }: ReadChanges,
): Changes | Refused {
  const outcome = merge(run.extensions, extensions);
  if (!outcome.ok) {
    const { code, path, reason, cause } = outcome.refusal;
    return new Refused(code, path, reason, cause);
  }
  if (payload instanceof Refused) return payload;
  if (metadata instanceof Refused) return metadata;
  return {
    payload: payload.value,
    extensions: outcome.extensions,
    metadata,
    changed: both(payload.changed, outcome.changed),
    rejections: both(outcome.rejections, payload.rejections),
  };
}

/** The parts of what a handler returned, unchecked. */
interface ReturnedParts {
  modifiedPayload: unknown;
  modifiedExtensions: unknown;
  metadata: unknown;
}

/** Reads the parts of a result, each once. Anything else is refused as a whole. */
export function readReturned(returned: unknown, maxKeys: number): ReturnedParts | Refused {
  if (typeof returned !== "object" || returned === null) {
    const reason = `Expected nothing, allow(), deny(REASON) or an object such as { modifiedPayload }, got ${typeof returned}.`;
    return new Refused("result_shape", "(result)", reason);
  }
  // A contextified object of `vm` runs code when it is read, and that code can throw.
  try {
    return readParts(returned, maxKeys);
  } catch (thrown) {
    if (isRangeError(thrown)) return noStack;
    const reason = "Expected a plain object, got one that throws when it is read.";
    return new Refused("snapshot_proxy", "(result)", reason);
  }
}

function readParts(returned: object, maxKeys: number): ReturnedParts | Refused {
  if (isProxy(returned))
    return new Refused("snapshot_proxy", "(result)", "Expected a plain object, got a proxy.");
  if (isArray(returned)) return refuseAndDrain(returned);
  const prototype = getPrototypeOf(returned);
  if (prototype !== objectPrototype && prototype !== null) {
    const reason = "Expected a plain object, got an object of a class.";
    return new Refused("snapshot_prototype", "(result)", reason);
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
  let unknown: List<unknown> | undefined;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string | symbol;
    const descriptor = getOwnPropertyDescriptor(returned, key);
    if (typeof key !== "string" || descriptor === undefined)
      return refuseAndDrain([found, descriptor?.value], oddKey);
    if (!hasOwn(descriptor, "value")) {
      const reason = "Expected values, got a getter or setter.";
      return new Refused("snapshot_accessor", "(result)", reason);
    }
    if (descriptor.enumerable !== true) return refuseAndDrain([found, descriptor.value], oddKey);
    if (isPart(key)) found[key] = descriptor.value;
    else {
      unknown ??= newList<unknown>();
      append(unknown, descriptor.value);
      // The reading ends at the first unsafe value, and later ones may be promises.
      dropPromise(descriptor.value);
    }
  }
  return unknown === undefined ? found : refuseAndDrain(toArray(unknown));
}

function refuseAndDrain(value: unknown, refused: Refused = notAResult): Refused {
  dropPromises(value);
  return refused;
}

function isPart(key: string): key is keyof ReturnedParts {
  return key === "modifiedPayload" || key === "modifiedExtensions" || key === "metadata";
}

interface ReadPayload {
  readonly value: object;
  readonly changed: readonly string[];
  readonly rejections: readonly Rejection[];
}

function both<T>(a: readonly T[], b: readonly T[]): readonly T[] {
  if (a.length === 0) return b;
  return b.length === 0 ? a : freeze(concat(a, b));
}

/** Returns the payload with those changes of the plugin that it may make. */
function readPayload(run: MessageRun, step: Step, returned: unknown): ReadPayload | Refused {
  const current = run.payload as LevelValue;
  const unchanged = { value: current, changed: none, rejections: none };
  if (returned === undefined || returned === null) return unchanged;
  const { compiled } = run;
  const options = {
    origin: "plugin",
    limits: compiled.payloadLimits,
    shapeCode: "payload_shape",
    strict: true,
  } as const;
  // Without the payload's own check, which follows when the fields are put together.
  const { read } = compiled.payload.level ?? compiled.payload;
  const admitted = admit(read, returned, options, current, "partial");
  if (!admitted.ok) return unfit(decisive(admitted.problems), "payload", compiled.payload);
  const proposed = admitted.value as LevelValue;
  if (proposed === current) return unchanged;
  if (step.mode === "concurrent") {
    const reason = "A plugin in this mode may not change the payload.";
    const rejection = freeze({ path: "payload", code: "mode_denied" as const, reason });
    return { ...unchanged, rejections: freeze([rejection]) };
  }
  const next: Record<string, unknown> = { ...current };
  const changed = newList<string>();
  const refused = newList<Rejection>();
  forEach(compiled.payloadFields, (field) => {
    if (ownValue(proposed, field) === ownValue(current, field)) return;
    const path = `payload.${field}`;
    if (compiled.writable[field] === true) {
      // The payload may lack the field, and a patched prototype may have a setter for it.
      put(next, field, ownValue(proposed, field));
      append(changed, path);
    } else {
      const reason = "Plugins may not change this field on this hook.";
      append(refused, freeze({ path, code: "payload_denied" as const, reason }));
    }
  });
  const rejections = freeze(toArray(refused));
  if (changed.length === 0) return { ...unchanged, rejections };
  const expected = outgrows(next, current, compiled.payloadLimits);
  if (expected !== undefined) {
    const reason = `Expected ${expected} in the merged payload, got more.`;
    return new Refused("snapshot_limit", "payload", reason);
  }
  // Judges the accepted fields together with those that stay.
  if (compiled.payload.passes?.(next) === false) {
    return new Refused(
      "payload_shape",
      "payload",
      "Expected a payload that passes its schema's own check.",
    );
  }
  const value = markPayload(next, compiled.payload, compiled.payloadLimits);
  return { value, changed: freeze(toArray(changed)), rejections };
}

function readMetadata(run: MessageRun, value: unknown): LevelValue | undefined | Refused {
  if (value === undefined || value === null) return undefined;
  const admitted = admit(metadataReader.read, value, {
    origin: "plugin",
    limits: run.compiled.limits,
    shapeCode: "result_shape",
    strict: true,
  });
  if (!admitted.ok) {
    const { code, expected, received } = decisive(admitted.problems);
    return new Refused(code, "(result).metadata", `Expected ${expected}, got ${received}.`);
  }
  const read = admitted.value as LevelValue;
  return enumerableKeys(read).length === 0 ? undefined : read;
}

const metadataReader: Compiled = compileSchema(jsonObject(), { closed: false, shownWhole: true });

/**
 * Whether what a handler adds is applied. This holds for concurrent handlers, too, because the
 * merge lets them only add.
 */
export function mayAdd(step: Step): boolean {
  return step.mayModify || step.mode === "concurrent";
}

function apply(run: MessageRun, step: Step, changes: Changes): void {
  const payloadModified = changes.payload !== run.payload;
  const extensionsModified = changes.extensions !== run.extensions;
  const { rejections } = changes;
  const isClean = rejections.length === 0;
  const refused = isClean ? rejections : run.log.reject(step, listed(rejections));
  const applies = mayAdd(step);
  run.record(step, {
    applied: applies && (payloadModified || extensionsModified),
    payloadModified,
    extensionsModified,
    changed: changes.changed,
    refused,
  });
  if (changes.metadata !== undefined) run.log.addMetadata(step, changes.metadata);
  const before = run.extensions;
  if (applies) {
    if (payloadModified) run.changedAt = run.index;
    run.payload = changes.payload;
    run.extensions = changes.extensions;
  }
  // Last, because the host may abort the run when it hears of it.
  if (run.compiled.runtime.audit === undefined) return;
  noteRefused(run, step, refused);
  noteLabels(run, step, before);
}

/** Refuses what a handler returned as a whole. None of it is applied. */
function refuse(run: MessageRun, step: Step, { code, path, reason, cause }: Refused): TurnEnd {
  const refused = run.log.reject(step, [{ path, code, reason }]);
  const what = `returned something that was refused at ${path}`;
  const failure = refusedFailure(run, code, what, reason, cause);
  return failed(run, step, failure, what, { status: "error", refused }, ` ${reason}`);
}

const meanings: { readonly [code in ErrorCode]?: string } = refusalMeanings;
const seeLog = " What it threw is in the host's log, or went to its onHandlerError.";

/** Handles what a handler threw. An error of this library keeps its code; any other is opaque. */
export function failThrown(run: MessageRun, step: Step, thrown: unknown): TurnEnd {
  if (thrown === timedOut) return failLate(run, step);
  const read = readThrown(thrown);
  if (read !== undefined) return takeRead(run, step, read);
  const failure = failureBy(run, thrown);
  // It made the host abort, and may throw because of that.
  if (run.result !== undefined) return void reportFailure(run, step, failure);
  const { code } = failure;
  const turn = { status: "error" } as const;
  if (code === "handler_error") return failed(run, step, failure, "threw", turn, seeLog);
  const detail = ` ${meanings[code]}${seeLog}`;
  return failed(run, step, failure, `failed with ${code}`, turn, detail);
}

export function failLate(run: MessageRun, step: Step): TurnEnd {
  const failure = lateFailure(step);
  return failed(run, step, failure, failure.what, { status: "timeout" });
}

/** Applies the plugin's error policy, and reports. No string of the plugin gets into a record. */
function failed(
  run: MessageRun,
  step: Step,
  failure: Failure,
  what: string,
  turn: Partial<ExecutionRecord>,
  detail = "",
): TurnEnd {
  const { code } = failure;
  const reason = `Plugin "${step.plugin.name}" ${what} on ${run.compiled.hook}.${detail}`;
  run.log.addError(step, code, reason);
  const halts = step.onError === "fail";
  if (halts) run.halted("errored");
  run.record(step, { ...turn, effectiveAllow: !halts, reason, errorCode: code });
  // Last, because the host may abort the run when it hears of it.
  noteRefused(run, step, turn.refused ?? none);
  reportFailure(run, step, failure);
  if (step.onError === "disable") switchOff(run, step, failure);
  return halts ? freeze({ plugin: step.plugin.name, code, reason }) : undefined;
}
