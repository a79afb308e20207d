/** Runs a test with a manager of its own. */
import { ignore, typeName } from "../core/data/index.ts";
import { optionsInvalid } from "../core/errors/index.ts";
import { createPluginManager } from "../core/host/index.ts";
import {
  type CloseOptions,
  type CloseReport,
  type InvokeCounts,
  readCloseOptions,
} from "../core/plugins/index.ts";

/** What `withPlugins` needs of a manager. */
interface Closable {
  counts?(): InvokeCounts;
  close(options?: CloseOptions): Promise<CloseReport>;
}

/** A host's `createPluginManager`. */
type Create = (options: never) => Promise<Closable>;
type OptionsOf<C extends Create> = Parameters<C>[0];
type ManagerOf<C extends Create> = Awaited<ReturnType<C>>;
type PluginsOf<Options> = Options extends { readonly plugins: infer Plugins } ? Plugins : never;
type StandardCreate = typeof createPluginManager;

/** What has the variable in which a host keeps its manager: as a property, or behind an accessor. */
export interface Holder<M> {
  manager: M | undefined;
}

/** Options of `withPlugins`, in addition to those of the manager. */
export interface WithPluginsOptions<C extends Create> {
  /** The `createPluginManager` of another host. Default: that of `glassine`. */
  readonly createPluginManager?: C;
  /** Where the host keeps its manager. It holds the test's manager while the body runs. */
  readonly replace?: Holder<ManagerOf<C>> | undefined;
  /** How long to wait at the end for runs and background work. Default: 10 s. */
  readonly close?: CloseOptions | undefined;
}

/**
 * Makes a manager, runs `body` with it and returns what the body returns, or throws what it throws.
 * In either case the manager is closed first: no run, timer, background work or record is left.
 * Only a handler that missed its deadline, or whose run was aborted, may still be running.
 *
 * With `replace`, a host that keeps its manager in a variable finds the test's manager there. The
 * previous one is always put back, in reverse order if calls are nested. A plugin that cannot be
 * registered is refused before anything is replaced. If bodies run at the same time, each gets its
 * own manager as its argument, but a variable that they share holds the one that was set last.
 *
 * @throws What `createPluginManager` throws, and what the body throws
 * @throws Error (as a rejection) if something still runs after the time allowed for closing
 * @throws GlassineError (as a rejection) `options_invalid`
 * @example
 * ```ts
 * import { definePlugin, deny } from "glassine";
 * import { withPlugins } from "glassine/testing";
 *
 * const guard = definePlugin({
 *   name: "no-rm",
 *   version: "1.0.0",
 *   hooks: { tool_pre_invoke: ({ name }) => (name === "rm" ? deny("not rm") : undefined) },
 * });
 * const reason = await withPlugins([guard], async (manager) => {
 *   const { violation } = await manager.invoke("tool_pre_invoke", { name: "rm" });
 *   return violation?.reason;
 * });
 * console.log(reason); // not rm
 * ```
 */
export async function withPlugins<Value, C extends Create = StandardCreate>(
  plugins: PluginsOf<OptionsOf<C>>,
  body: (manager: ManagerOf<C>) => Value | PromiseLike<Value>,
  options?: Omit<OptionsOf<C>, "plugins"> & WithPluginsOptions<C>,
): Promise<Value> {
  if (typeof body !== "function") throw optionsInvalid("withPlugins expects a body: a function.");
  const { create, replace, close, rest } = readOptions(options);
  const manager = (await create({ ...rest, plugins } as never)) as ManagerOf<C>;
  let value: Value;
  try {
    value = await whileReplaced(replace, manager, () => body(manager));
  } catch (error) {
    await ignore(manager.close(close));
    throw error;
  }
  const report = await manager.close(close);
  if (report.drained) return value;
  throw new Error(
    `withPlugins closed its manager, but this did not end in time: ${leftIn(manager, report)}. Await it in the body, or allow more time with close: { timeoutMs }.`,
  );
}

function leftIn(manager: Closable, { background }: CloseReport): string {
  const left = [
    ...countOf(manager.counts?.().inFlight ?? 0, "run"),
    ...countOf(background.pending, "background handler"),
  ];
  return left.length > 0
    ? left.join(", ")
    : "records of the audit trail, or runs that have ended since";
}

function countOf(count: number, noun: string): readonly string[] {
  if (count === 0) return [];
  return [count === 1 ? `1 ${noun}` : `${count} ${noun}s`];
}

/** Runs `body` while the holder, if any, holds the manager. */
async function whileReplaced<M extends object, Value>(
  holder: Holder<M> | undefined,
  manager: M,
  body: () => Value | PromiseLike<Value>,
): Promise<Value> {
  if (holder === undefined) return body();
  const stack = stacks.get(holder) ?? [{ manager: holder.manager }];
  const place = { manager };
  stacks.set(holder, [...stack, place]);
  try {
    holder.manager = manager;
    return await body();
  } finally {
    const now = stacks.get(holder) ?? [];
    const left = now.filter((each) => each !== place);
    if (left.length === 1) stacks.delete(holder);
    else stacks.set(holder, left);
    // If another manager has been put there in the meantime, this one is no longer on top.
    if (now.at(-1) === place) holder.manager = left.at(-1)?.manager as M | undefined;
  }
}

/** By holder: its original value, and the managers that replaced it since. */
const stacks = new WeakMap<object, readonly { readonly manager: object | undefined }[]>();

function readOptions<C extends Create>(options: object = {}) {
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw optionsInvalid(`withPlugins expects its options in an object, got ${typeName(options)}.`);
  const { createPluginManager: create, replace, close, ...rest } = options as WithPluginsOptions<C>;
  if (create !== undefined && typeof create !== "function")
    throw optionsInvalid("createPluginManager of withPlugins is the function of a host.");
  if (Object.hasOwn(rest, "plugins"))
    throw optionsInvalid("withPlugins takes its plugins first, not among its options.");
  if (replace !== undefined && !isHolder(replace))
    throw optionsInvalid("replace of withPlugins is an object with the property manager.");
  readCloseOptions(close);
  return { create: (create ?? createPluginManager) as C, replace, close, rest };
}

function isHolder(replace: unknown): boolean {
  return typeof replace === "object" && replace !== null && "manager" in replace;
}
