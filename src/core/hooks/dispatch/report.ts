/** What a run reports to the host besides its result: how handlers failed, and audit notes. */
import { forEach, intrinsics, isSensitiveHeader, without } from "../../data/index.ts";
import type { Rejection, Slots } from "../../envelope/index.ts";
import type { ErrorCode } from "../../errors/index.ts";
import type { LevelValue } from "../../schema/index.ts";
import type { Node } from "../../slots/index.ts";
import { quoteName } from "../shown-text.ts";
import { requestOf } from "./scope.ts";
import type { AnyRun, HandlerFailure, HandlerStep, RunAudit, RunNote } from "./types.ts";
import { callSafely } from "./wait.ts";

const { append, enumerableKeys, execPattern, newList, ownValue, toArray } = intrinsics;

/** Passes what a handler threw to the host's sink, or to the log if there is no sink. */
export function reportThrown(run: AnyRun, step: HandlerStep, thrown: unknown): void {
  const { onHandlerError: sink, describe, logError } = run.runtime;
  // The request's outcome does not depend on a log.
  callSafely(() => {
    const { type, text } = describe(thrown, secretsOf(run));
    const line = lineOf(run, step, "threw", `${type}: ${text}`);
    const failure = failureOf(run, step, "handler_error");
    return sink === undefined ? logError(line, failure) : sink(thrown, failure, line);
  });
}

/** Logs how a handler failed that did not throw. The library writes `what` and `why`. */
export function logFailure(
  run: AnyRun,
  step: HandlerStep,
  code: ErrorCode,
  what: string,
  why?: string,
): void {
  const { logError } = run.runtime;
  callSafely(() => logError(lineOf(run, step, what, why), failureOf(run, step, code)));
}

/** What a handler did, in the log, the audit trail and the result. */
export const wasLate = "did not settle before its deadline";

export function logLate(run: AnyRun, step: HandlerStep): void {
  logFailure(run, step, "handler_timeout", wasLate, `timeoutMs is ${step.timeoutMs}`);
}

function lineOf(run: AnyRun, step: HandlerStep, what: string, why: string | undefined): string {
  const line = `plugin ${quoteName(step.plugin.name)} ${what} on ${run.hook}`;
  return why === undefined ? line : `${line}: ${why}`;
}

function failureOf({ hook, scope }: AnyRun, step: HandlerStep, code: ErrorCode): HandlerFailure {
  return intrinsics.freeze({ plugin: step.plugin.name, hook, request: requestOf(scope), code });
}

/** Switches a plugin off after a failure. */
export function switchOff({ runtime }: AnyRun, { plugin }: HandlerStep): void {
  if (plugin.off) return;
  plugin.off = true;
  const why = 'since it failed and has onError "disable"';
  const until = "its handlers on message hooks run no more with this manager";
  callSafely(() => {
    runtime.warn(`plugin ${quoteName(plugin.name)} is switched off, ${why}: ${until}`);
  });
}

/** Shorter words would be found in ordinary text. */
const minWord = 4;
const lastWord = /[^\s;,=]+$/;

/**
 * The strings of a request that no log line and no record may contain: those that the host named,
 * and the values of sensitive headers, with and without a scheme such as `Bearer` in front.
 */
export function secretsOf({ options, extensions, runtime }: AnyRun): readonly string[] {
  const found = newList<string>();
  if (options.secrets !== undefined) forEach(options.secrets, (secret) => append(found, secret));
  addHeaders(found, runtime.slots.nodes, extensions as LevelValue);
  return toArray(found);
}

function addHeaders(
  found: intrinsics.List<string>,
  nodes: readonly Node[],
  level: LevelValue,
): void {
  forEach(nodes, ({ key, compiled, fields }) => {
    const value = ownValue(level, key);
    if (typeof value !== "object" || value === null) return;
    if (compiled.shape === "headers") addValues(found, value as LevelValue);
    else addHeaders(found, fields, value as LevelValue);
  });
}

function addValues(found: intrinsics.List<string>, headers: LevelValue): void {
  forEach(enumerableKeys(headers), (name) => {
    const value = headers[name];
    if (!isSensitiveHeader(name) || typeof value !== "string" || value === "") return;
    append(found, value);
    const word = execPattern(lastWord, value)?.[0];
    if (word !== undefined && word.length >= minWord) append(found, word);
  });
}

/** Whether the audit trail kept the notes of one run. */
export class AuditReceipts {
  #lost = false;
  #pending: Promise<boolean> | undefined = undefined;

  tell(audit: RunAudit, run: AnyRun, note: RunNote): void {
    const kept = audit.tell(run, note);
    if (kept === false) this.#lost = true;
    else if (kept !== true) this.#pending = both(this.#pending, kept);
  }

  /** Whether all of them were kept, once each has been dealt with. */
  async areKept(): Promise<boolean> {
    if (this.#lost) return false;
    return this.#pending === undefined || (await this.#pending) === true;
  }
}

async function both(
  first: Promise<boolean> | undefined,
  second: Promise<boolean>,
): Promise<boolean> {
  const one = first === undefined || (await first) === true;
  return (await second) === true && one;
}

/** A run whose notes are kept. */
interface NotedRun extends AnyRun {
  receipts: AuditReceipts | undefined;
}

/** Writes a note into the host's audit trail, if there is one. */
export function note(run: NotedRun, said: RunNote): void {
  const { audit } = run.runtime;
  if (audit === undefined) return;
  run.receipts ??= new AuditReceipts();
  run.receipts.tell(audit, run, said);
}

export function noteError(run: NotedRun, step: HandlerStep, type: string, text: string): void {
  run.runtime.meter?.failed(step, type);
  note(run, { kind: "error", step, type, text });
}

/** Logs and notes that a handler did not settle before its deadline. */
export function reportLate(run: NotedRun, step: HandlerStep): void {
  logLate(run, step);
  noteError(run, step, "timeout", wasLate);
}

/** Notes what a handler threw, on one line and without secrets. */
export function noteThrown(run: NotedRun, step: HandlerStep, thrown: unknown): void {
  const { audit, meter, describe } = run.runtime;
  if (audit === undefined && meter === undefined) return;
  const { type, text } = describe(thrown, secretsOf(run));
  noteError(run, step, type, text);
}

export function noteRefused(run: NotedRun, step: HandlerStep, refused: readonly Rejection[]): void {
  forEach(refused, (rejection) => note(run, { kind: "refused", step, rejection }));
}

/** Notes the labels that a handler added. */
export function noteLabels(run: NotedRun, step: HandlerStep, after: Slots): void {
  if (after === run.extensions) return;
  const labels = without(labelsOf(after), labelsOf(run.extensions));
  if (labels.length > 0) note(run, { kind: "labels", step, labels });
}

const noLabels: readonly string[] = intrinsics.freeze([]);

function labelsOf({ security }: Slots): readonly string[] {
  return (ownValue(security, "labels") as readonly string[] | undefined) ?? noLabels;
}
