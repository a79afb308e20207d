/** Runs a plugin for its laws: the cases and their results. */
import * as fc from "fast-check";
import { isGlassineError, optionsInvalid, quoted } from "../core/errors/index.ts";
import type { HookTable } from "../core/hooks/index.ts";
import { type AuditEvent, describeThrown } from "../core/observe/index.ts";
import type { AnyManager, Plugin } from "../core/plugins/index.ts";
import { type Level, withoutNow } from "./data.ts";
import { operationsOf, payloadsOf } from "./payloads.ts";
import type { HostSubject } from "./subject.ts";
import { type Twins, twinsOf } from "./twins.ts";

/** One call: two envelopes that the plugin cannot tell apart, and its other arguments. */
export interface Case {
  readonly hook: string;
  readonly payload: unknown;
  readonly operation: unknown;
  readonly twins: Twins;
}

/** The result of a run. */
export interface RunOutcome {
  /** Everything that the plugin could influence. */
  readonly answer: unknown;
  readonly before: Level;
  readonly after: Level;
  readonly events: readonly AuditEvent[];
}

/** A plugin in its host: a manager is made for each run. */
export interface Trial {
  readonly subject: HostSubject;
  readonly plugin: () => Plugin;
  /** One instance of the plugin, to read what it declares. */
  readonly sample: Plugin;
  /** How many calls were made, and how many of them reached a handler of the plugin. */
  readonly calls: { made: number; reached: number };
  /** Registered with it; their handlers do not run. */
  readonly others: readonly Plugin[];
  /** What the operator grants, if not all that it declares. */
  readonly grant: readonly string[] | undefined;
  readonly options: object;
}

/** The capabilities of slots that the plugin has. */
function grantOf({ subject, sample, grant }: Trial): readonly string[] {
  const { implied } = subject.slots.capabilities;
  return (grant ?? sample.capabilities).filter((name) => implied.has(name));
}

/** A manager with the plugin, and the events in its audit trail. */
interface Begun {
  readonly manager: AnyManager;
  readonly events: readonly AuditEvent[];
}

/** The deadline for a handler that sets none of its own, even if it asks to have none. */
const timeoutMs = 1000;

export async function begin(trial: Trial): Promise<Begun> {
  const begun = await create(trial, {});
  const { subject, sample } = trial;
  const points = sample.hooks.flatMap((hook) => pointsOf(subject.hooks, hook));
  const deadlines = points.flatMap((hook) => handlersOn(begun.manager, trial, hook));
  if (deadlines.every((handler) => handler.timeoutMs !== null)) return begun;
  await begun.manager.close();
  const own = deadlines.map((handler) => handler.timeoutMs ?? timeoutMs);
  return create(trial, { timeoutMs: Math.max(timeoutMs, ...own) });
}

async function create(
  { subject, plugin, others, grant, options }: Trial,
  settings: { readonly timeoutMs?: number },
): Promise<Begun> {
  const events: AuditEvent[] = [];
  const manager = await subject.createManager({
    timeoutMs,
    logger: {},
    ...options,
    plugins: [
      { plugin: plugin(), ...(grant === undefined ? {} : { grant }), ...settings },
      ...others.map((other) => ({ plugin: other, mode: "disabled" })),
    ],
    audit: { sink: (event: AuditEvent) => events.push(event) },
  });
  return { manager, events };
}

function handlersOn(manager: AnyManager, { sample }: Trial, hook: string) {
  return manager.handlersFor(hook).filter(({ plugin }) => plugin === sample.name);
}

/** Runs a case in a manager of its own, and returns the audit events too. */
export async function alone(trial: Trial, each: Case, before: Level): Promise<RunOutcome> {
  const { manager, events } = await begin(trial);
  const { answer, after } = await answerOf(manager, trial, each, before);
  await manager.close();
  return { answer, before, after, events };
}

export async function answerOf(
  manager: AnyManager,
  trial: Trial,
  { hook, payload, operation }: Case,
  envelope: Level,
): Promise<{ readonly answer: unknown; readonly after: Level }> {
  const { subject, sample, calls } = trial;
  const { host, hooks } = subject;
  const asked = manager.invoke(hook, payload, {
    extensions: envelope,
    request: "r-1",
    ...callerOf(manager, trial, hook),
    operation: operation as Level | undefined,
  });
  calls.made += 1;
  if (hooks[hook]?.semantic !== "message") {
    calls.reached += 1;
    return { answer: await asked.catch(failureOf), after: envelope };
  }
  const result = await asked;
  const { continueProcessing, violation, errors, rejections, metadata, executions } = result;
  const isCalled = executions.some(
    ({ plugin, status }) => plugin === sample.name && status !== "skipped" && status !== "disabled",
  );
  if (isCalled) calls.reached += 1;
  const seen = host.filterExtensions(result.extensions, grantOf(trial));
  // What says most comes first, because a law reports the first difference.
  const answer = {
    violation,
    errors,
    continueProcessing,
    rejections,
    metadata,
    payload: result.payload,
    extensions: withoutNow(seen),
  };
  return { answer, after: result.extensions as Level };
}

/** A tenant and a server that the plugin's conditions accept, if it does not accept all of them. */
function callerOf(manager: AnyManager, trial: Trial, hook: string) {
  const conditions = handlersOn(manager, trial, hook).map((handler) => handler.conditions ?? {});
  const nameIn = (kind: "tenants" | "servers") =>
    conditions.flatMap((each) => each[kind] ?? [])[0]?.replaceAll(/\*+/g, "a");
  return { tenant: nameIn("tenants"), server: nameIn("servers") };
}

/** Of this many calls, at least one should reach the plugin under test. */
const enoughCalls = 20;

/** @throws GlassineError `options_invalid` if a law would hold only because no handler ever runs */
export function expectReached({ calls: { made, reached } }: Trial): void {
  if (reached > 0 || made < enoughCalls) return;
  throw optionsInvalid(
    `None of ${made} calls reached a handler of the plugin: its conditions match none of them, or it is disabled. Pass payloads that match them: { payloads: { NAME: fc.… } }.`,
  );
}

/** What failed, as the plugin caused it: the error's message lacks secrets that the plugin hit upon. */
function failureOf(error: unknown): unknown {
  if (!isGlassineError(error) || error.code !== "execution_failed") throw error;
  const { code, cause, message } = error;
  return { failed: code, why: cause === undefined ? message : describeThrown(cause) };
}

/** @throws GlassineError `options_invalid` for a plugin without hooks that could be invoked */
export function casesOf(trial: Trial): fc.Arbitrary<Case> {
  const { subject, sample: plugin } = trial;
  const points = plugin.hooks.flatMap((hook) => pointsOf(subject.hooks, hook));
  if (points.length === 0)
    throw optionsInvalid(
      `The plugin ${plugin.name} has no hook that could be invoked, so there is nothing to check.`,
    );
  const twins = twinsOf(subject, undefined, fc.constant(grantOf(trial)));
  return fc.oneof(
    ...points.map((hook) =>
      fc.record({
        hook: fc.constant(hook),
        payload: payloadsOf(subject, hook),
        operation: operationsOf(subject, hook),
        twins,
      }),
    ),
  );
}

/** Returns where a handler of the hook runs: there, or on each hook of the side that it covers. */
function pointsOf(hooks: HookTable, hook: string): readonly string[] {
  const covers = hooks[hook]?.covers;
  if (!Object.hasOwn(hooks, hook))
    throw optionsInvalid(
      `The host has no hook ${quoted(hook)}: pass the host whose definePlugin made the plugin.`,
      { hook },
    );
  if (covers === undefined) return [hook];
  return Object.keys(hooks).filter((point) => hooks[point]?.side === covers);
}
