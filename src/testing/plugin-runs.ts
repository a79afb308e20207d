/** Runs a plugin for its laws: the cases and their results. */
import * as fc from "fast-check";
import { GlassineError, isGlassineError, quoted } from "../core/errors/index.ts";
import type { HookTable } from "../core/hooks/index.ts";
import type { AuditEvent } from "../core/observe/index.ts";
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
  /** What the plugin declares. */
  readonly capabilities: readonly string[];
  /** Registered with it; their handlers do not run. */
  readonly others: readonly Plugin[];
  readonly options: object;
}

/** A manager with the plugin, and the events in its audit trail. */
export async function begin({ subject, plugin, others, options }: Trial): Promise<{
  readonly manager: AnyManager;
  readonly events: readonly AuditEvent[];
}> {
  const events: AuditEvent[] = [];
  const manager = await subject.createManager({
    timeoutMs: 1000,
    logger: {},
    ...options,
    plugins: [plugin(), ...others.map((other) => ({ plugin: other, mode: "disabled" }))],
    audit: { sink: (event: AuditEvent) => events.push(event) },
  });
  return { manager, events };
}

/** A run in a manager of its own, with its audit events. */
export async function alone(trial: Trial, each: Case, before: Level): Promise<RunOutcome> {
  const { manager, events } = await begin(trial);
  const { answer, after } = await answerOf(manager, trial, each, before);
  await manager.close();
  return { answer, before, after, events };
}

export async function answerOf(
  manager: AnyManager,
  { subject: { host, hooks }, capabilities }: Trial,
  { hook, payload, operation }: Case,
  envelope: Level,
): Promise<{ readonly answer: unknown; readonly after: Level }> {
  const asked = manager.invoke(hook, payload, {
    extensions: envelope,
    request: "r-1",
    ...(operation === undefined ? {} : { operation: operation as Level }),
  });
  if (hooks[hook]?.semantic !== "message") {
    return { answer: await asked.catch(failureOf), after: envelope };
  }
  const result = await asked;
  const { continueProcessing, violation, errors, rejections, metadata } = result;
  const seen = host.filterExtensions(result.extensions, capabilities);
  const answer = {
    continueProcessing,
    violation,
    errors,
    rejections,
    metadata,
    payload: result.payload,
    extensions: withoutNow(seen),
  };
  return { answer, after: result.extensions as Level };
}

function failureOf(error: unknown): unknown {
  if (!isGlassineError(error) || error.code !== "execution_failed") throw error;
  return { failed: error.message };
}

/** @throws GlassineError `options_invalid` for a plugin that nothing can be tried on */
export function casesOf(subject: HostSubject, plugin: Plugin): fc.Arbitrary<Case> {
  const points = plugin.hooks.flatMap((hook) => pointsOf(subject.hooks, hook));
  if (points.length === 0)
    throw new GlassineError(
      "options_invalid",
      `The plugin ${plugin.name} has no hook that could be invoked: there is nothing to hold it to.`,
    );
  const { implied } = subject.slots.capabilities;
  const granted = plugin.capabilities.filter((name) => implied.has(name));
  const twins = twinsOf(subject, undefined, fc.constant(granted));
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

/** Where a handler of the hook runs: there, or at every point of the side that it covers. */
function pointsOf(hooks: HookTable, hook: string): readonly string[] {
  const covers = hooks[hook]?.covers;
  if (!Object.hasOwn(hooks, hook))
    throw new GlassineError(
      "options_invalid",
      `The host has no hook ${quoted(hook)}: pass the host whose definePlugin made the plugin.`,
      { hook },
    );
  if (covers === undefined) return [hook];
  return Object.keys(hooks).filter((point) => hooks[point]?.side === covers);
}
