import process from "node:process";
import {
  addLabels,
  type Capability,
  createExtensions,
  createPluginManager,
  definePlugin,
  type Extensions,
  type InvokeOptions,
  type InvokeResult,
  type Json,
  type Manager,
  type Plugin,
  type PluginContext,
  type RunSettings,
  type View,
} from "glassine";
import { freezePayload } from "glassine/messages";

export const hook = "tool_pre_invoke";

export interface ToolCall {
  readonly name: string;
  readonly args: { readonly [key: string]: Json };
}
export type Result = InvokeResult<object, Extensions>;
export type FullView = View<Capability>;

/** A handler that may return anything. */
export type Run = (payload: ToolCall, context: PluginContext, extensions: FullView) => unknown;

interface Extra extends RunSettings {
  readonly capabilities?: readonly Capability[];
  readonly dependsOn?: readonly string[];
  readonly extensions?: boolean;
}

/** A plugin with one handler on `tool_pre_invoke`. */
export function plugin(name: string, run: Run, extra: Extra = {}): Plugin {
  const { capabilities = ["append_labels"], dependsOn = [], ...settings } = extra;
  return definePlugin({
    name,
    version: "1.0.0",
    capabilities,
    dependsOn,
    // Always explicit: most of these plugins have a capability that they do not use.
    hooks: { [hook]: { handler: run as never, extensions: run.length >= 3, ...settings } },
  });
}

type Options = Partial<Omit<Parameters<typeof createPluginManager>[0], "plugins">>;
export type Item = Parameters<typeof createPluginManager>[0]["plugins"][number];

export function manage(plugins: readonly Item[], options: Options = {}): Promise<Manager> {
  // Most tests are not about what handlers throw.
  const logger = { warn: (text: string) => process.emitWarning(text) };
  return createPluginManager({ plugins, logger, ...options });
}

/** The default payload; created by the library, so it is passed by reference. */
export const call = freezePayload({ name: "add", args: { a: 1 } });

/** Runs the plugins once over `call`. */
export async function runOnce(
  plugins: readonly Item[],
  given: InvokeOptions<Extensions> = {},
  options: Options = {},
): Promise<Result> {
  return (await manage(plugins, options)).invoke(hook, call, given);
}

export function labelled(...labels: string[]): Extensions {
  return createExtensions({ security: { labels } });
}

export function labelsOf(result: { readonly extensions: Extensions }): readonly string[] {
  return result.extensions.security?.labels ?? [];
}

/** Adds a label synchronously. */
export const adds =
  (label: string): Run =>
  (_payload, _context, extensions) => ({ modifiedExtensions: addLabels(extensions, label) });

/** A plugin that adds its own name as a label. */
export function tagger(name: string, extra: Extra = {}): Plugin {
  return plugin(name, adds(name), extra);
}

export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

export function deferred<T = void>(): Deferred<T> {
  let resolve: (value: T) => void = () => {};
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

interface Order extends Extra {
  /** The order in which the plugins are registered; by name by default. */
  readonly names?: readonly string[];
  readonly given?: Extensions;
  /** Of the manager. */
  readonly options?: Options;
}

/** Runs one waiting concurrent plugin per name, and lets them finish in the given order. */
export async function finishing(
  order: readonly string[],
  answer: (name: string) => Run,
  { names = [...order].sort(), given = labelled("PII"), options, ...extra }: Order = {},
): Promise<Result> {
  const gates = new Map<string, Deferred<void>>(names.map((name) => [name, deferred()]));
  const manager = await manage(
    names.map((name) =>
      plugin(
        name,
        async (payload, context, extensions) => {
          await gates.get(name)?.promise;
          return answer(name)(payload, context, extensions);
        },
        { mode: "concurrent", ...extra },
      ),
    ),
    options,
  );
  const running = manager.invoke(hook, call, { extensions: given });
  for (const name of order) {
    gates.get(name)?.resolve();
    await new Promise(setImmediate);
  }
  return running;
}

/** The violation of an aborted run. */
export const aborted = { code: "aborted", reason: "The host aborted the invocation." };

export const statusesOf = ({ executions }: Pick<Result, "executions">) =>
  executions.map(({ status }) => status);

/** A promise that never settles. */
export const never = (): Promise<never> => new Promise(() => {});

/** Lets everything that is due now happen: microtasks, timers of a millisecond, rejections. */
export async function rest(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setTimeout(resolve, 2));
}

export const later = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

/** The errors that nobody caught while `run` ran. */
export async function uncaughtDuring(run: () => Promise<unknown>): Promise<readonly unknown[]> {
  const seen: unknown[] = [];
  const note = (reason: unknown) => seen.push(reason);
  process.on("unhandledRejection", note);
  try {
    await run();
    await rest();
  } finally {
    process.off("unhandledRejection", note);
  }
  return seen;
}

/** Everything by which a host can distinguish results, as a string. */
export function bytesOf(result: Result): string {
  const { context: _context, ...rest } = result;
  return JSON.stringify(rest);
}

/** All orders of a list. */
export function permutations<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length < 2) return [items];
  return items.flatMap((item, i) =>
    permutations([...items.slice(0, i), ...items.slice(i + 1)]).map((others) => [item, ...others]),
  );
}

export type { Capability, Manager, Plugin, PluginContext };
