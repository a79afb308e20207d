/** What a run reports to the host besides its result: how handlers failed, and audit notes. */
import { isSensitiveHeader, without } from "../../data/index.ts";
import {
  append,
  enumerableKeys,
  execPattern,
  forEach,
  freeze,
  hasOwn,
  type List,
  newList,
  none,
  ownValue,
  toArray,
} from "../../data/intrinsics.ts";
import type { Rejection, Slots } from "../../envelope/index.ts";
import { type ErrorCode, ownErrorCode, quoteName, refusalMeanings } from "../../errors/index.ts";
import { dropPromises, type LevelValue } from "../../schema/index.ts";
import type { CompiledSlots, Node } from "../../slots/index.ts";
import { requestOf } from "./scope.ts";
import type { AnyRun, HandlerFailure, HandlerStep, RunNote } from "./types.ts";
import { callSafely } from "./wait.ts";

/** How a handler failed. */
export interface Failure {
  readonly code: ErrorCode;
  /** What the handler did, and why that is a failure, for the log. */
  readonly what: string;
  readonly why?: string;
  /** The kind of error and what it says, for the audit trail. */
  readonly type: string;
  readonly text: string;
  /** What the handler threw, if it did, for the host's own sink. */
  readonly thrown?: unknown;
}

/** Describes what was thrown. The library's own refusals keep their code; others are opaque. */
export function failureBy(run: AnyRun, thrown: unknown): Failure {
  dropPromises(thrown);
  const { type, text } = run.runtime.describe(thrown, secretsOf(run));
  const own = ownErrorCode(thrown);
  const code = own !== undefined && hasOwn(refusalMeanings, own) ? own : "handler_error";
  return { code, what: "threw", why: `${type}: ${text}`, type, text, thrown };
}

export function lateFailure({ timeoutMs }: HandlerStep): Failure {
  const what = "did not settle before its deadline";
  const why = `timeoutMs is ${timeoutMs}`;
  return { code: "handler_timeout", what, why, type: "timeout", text: what };
}

/** Describes a result that was refused as a whole. `cause`: what code of the host threw, if any. */
export function refusedFailure(
  run: AnyRun,
  code: ErrorCode,
  what: string,
  reason: string,
  cause: unknown,
): Failure {
  const failure = { code, what, why: reason, type: "ContractViolation", text: what };
  if (cause === undefined) return failure;
  const { why } = failureBy(run, cause);
  return { ...failure, why: `${reason} ${why}`, thrown: cause };
}

/**
 * Reports a failure in the metrics, the audit trail and the log. If the host has a sink, it gets
 * what the handler threw, instead of the log. `warning`: the line to log as a warning in place of
 * the error.
 */
export function reportFailure(
  run: NotedRun,
  step: HandlerStep,
  failure: Failure,
  warning?: string,
): void {
  const { hook, runtime } = run;
  const { what, why, type, text } = failure;
  const { onHandlerError: sink, logError, meter } = runtime;
  meter?.failed(step, type);
  note(run, step, "plugin.handler_error", { error_type: type, error: text });
  // A failing log must not change the request's outcome.
  callSafely(() => {
    const at = placeOf(run, step, failure);
    const did = `plugin ${quoteName(at.plugin)} ${what} on ${hook}`;
    const line = why === undefined ? did : `${did}: ${why}`;
    const isForSink = sink !== undefined && hasOwn(failure, "thrown");
    if (isForSink) return sink(failure.thrown, at, line);
    return warning === undefined ? logError(line, at) : runtime.warn(warning);
  });
}

function placeOf(run: AnyRun, step: HandlerStep, { code }: Failure): HandlerFailure {
  return freeze({
    plugin: step.plugin.name,
    hook: run.hook,
    request: requestOf(run.scope),
    code,
  });
}

/** Switches a plugin off after a failure. */
export function switchOff(run: AnyRun, step: HandlerStep, failure: Failure): void {
  const { plugin } = step;
  if (plugin.off) return;
  plugin.off = true;
  const why = 'because it failed and has onError "disable"';
  const effect = "this manager no longer runs its handlers on message hooks";
  callSafely(() => {
    const text = `plugin ${quoteName(plugin.name)} is switched off ${why}: ${effect}`;
    run.runtime.warn(text, placeOf(run, step, failure));
  });
}

/** Shorter words would also be found in ordinary text. */
const minWord = 4;
/** It begins at the beginning of a word only: a match tried from each index would be quadratic. */
const lastWord = /(?<![^\s;,=])[^\s;,=]+$/;

/**
 * Returns the strings of a request that no log line and no record may contain: those that the host
 * named, and the values of sensitive headers, with and without a scheme such as `Bearer` in front.
 * A nested run has those of the runs around it, too.
 */
export function secretsOf(run: AnyRun): readonly string[] {
  const found = newList<string>();
  for (let each: AnyRun | undefined = run; each; each = each.options.parent?.run) {
    const { options, extensions, runtime } = each;
    if (options.secrets !== undefined) forEach(options.secrets, (secret) => append(found, secret));
    addHeaders(found, runtime.slots.nodes, extensions as LevelValue);
  }
  return toArray(found);
}

/** Returns those of an envelope outside any run. */
export function headerSecretsOf({ nodes }: CompiledSlots, extensions: object): readonly string[] {
  const found = newList<string>();
  addHeaders(found, nodes, extensions as LevelValue);
  return toArray(found);
}

function addHeaders(found: List<string>, nodes: readonly Node[], level: LevelValue): void {
  forEach(nodes, ({ key, compiled, fields }) => {
    const value = ownValue(level, key);
    if (typeof value !== "object") return;
    if (compiled.shape === "headers") addValues(found, value as LevelValue);
    else addHeaders(found, fields, value as LevelValue);
  });
}

function addValues(found: List<string>, headers: LevelValue): void {
  forEach(enumerableKeys(headers), (name) => {
    const value = headers[name];
    if (!isSensitiveHeader(name) || typeof value !== "string" || value === "") return;
    append(found, value);
    const word = execPattern(lastWord, value)?.[0];
    if (word !== undefined && word.length >= minWord) append(found, word);
  });
}

/** Tracks whether the audit trail kept the notes of one run. */
export class AuditReceipts {
  #kept: Kept = true;

  /** While the trail answers at once, there is no promise that a patched realm could reach. */
  add(kept: Kept): void {
    if (this.#kept === false) return;
    this.#kept = this.#kept === true || kept === false ? kept : both(this.#kept, kept);
  }

  /** Resolves to true once all notes were kept, and to false as soon as one was lost. */
  async areKept(): Promise<boolean> {
    return (await this.#kept) === true;
  }
}

type Kept = boolean | Promise<boolean>;

/** The trail delivers in order, so the first note to be lost is the first that is awaited. */
async function both(first: Promise<boolean>, second: Kept): Promise<boolean> {
  return (await first) === true && (await second) === true;
}

/** A run that can note events for the audit trail. */
interface NotedRun extends AnyRun {
  receipts: AuditReceipts | undefined;
  /** The result of a run of a message hook that is over: only its background handlers go on. */
  readonly result?: unknown;
}

/**
 * Writes a note into the host's audit trail, if there is one. The runs around a nested run need it
 * to be kept, too, because what the nested run adds reaches them.
 */
function note(
  run: AnyRun,
  step: HandlerStep,
  type: RunNote["type"],
  facts: RunNote["facts"],
): void {
  const { runtime } = run;
  if (runtime.audit === undefined) return;
  const waiting = newList<AuditReceipts>();
  for (let each: AnyRun | undefined = run; each; each = each.options.parent?.run) {
    const noted = each as NotedRun;
    if (noted.result !== undefined) break;
    // The trail of another manager is not this one.
    if (noted.runtime !== runtime) continue;
    noted.receipts ??= new AuditReceipts();
    append(waiting, noted.receipts);
  }
  // Last, because the host may abort these runs when it hears of it.
  const kept = runtime.audit.record(run, { step, type, facts });
  forEach(waiting, (receipts) => receipts.add(kept));
}

/** Notes that a handler denied. */
export function noteDenied(run: NotedRun, step: HandlerStep, code: string, reason: string): void {
  note(run, step, "plugin.handler_denied", { code, reason });
}

/** Notes which of a handler's changes were refused. */
export function noteRefused(run: NotedRun, step: HandlerStep, refused: readonly Rejection[]): void {
  forEach(refused, ({ path, code }) =>
    note(run, step, "extensions.change_refused", { path, code }),
  );
}

/** Notes the labels that a handler added. `before`: the envelope without its changes. */
export function noteLabels(run: NotedRun, step: HandlerStep, before: Slots): void {
  const labels = without(labelsOf(run.extensions), labelsOf(before));
  if (labels.length > 0) note(run, step, "extensions.labels_added", { labels });
}

function labelsOf({ security }: Slots): readonly string[] {
  return (ownValue(security, "labels") as readonly string[] | undefined) ?? none;
}
