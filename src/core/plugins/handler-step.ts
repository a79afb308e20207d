/** A handler as the dispatcher calls it: its plugin, its view, its deadline. */
import { recordBy } from "../data/intrinsics.ts";
import { filterFor } from "../envelope/index.ts";
import {
  type AnyHandler,
  type Deadline,
  deadlineAfter,
  exclusive,
  type HandlerStep,
  Lock,
  type ManagerRuntime,
  type PluginState,
} from "../hooks/index.ts";
import type { ReadOptions } from "./manager-options.ts";
import type { Surface } from "./profile.ts";
import type { ReadHook } from "./read-hooks.ts";
import type { ReadItem } from "./read-item.ts";
import type { Plugin, RunSettings } from "./types.ts";

/** The parts of a manager that its hooks are compiled with. */
export interface ManagerParts {
  readonly surface: Surface;
  readonly options: ReadOptions;
  readonly deadlines: Map<number, Deadline>;
}

/** Everything that the hooks are compiled from. */
export interface CompilerInput extends ManagerParts {
  /** The plugins that have registered. */
  readonly members: readonly Member[];
  readonly runtime: ManagerRuntime;
}

/** What a `PluginState` is made from. The host's own handlers have one, too. */
interface Registered extends Pick<ReadItem, "id" | "mask" | "services"> {
  readonly plugin: Pick<Plugin, "name" | "version" | "asyncSafe">;
}

export function stateOf(
  { slots }: Surface,
  { id, plugin, mask, services }: Registered,
  config: unknown,
): PluginState {
  const names = [...slots.capabilities.namesOf(mask), ...services].sort();
  return {
    id,
    name: plugin.name,
    identity: Object.freeze({ name: plugin.name, version: plugin.version }),
    capabilities: Object.freeze(names),
    services: recordBy(services, () => true as const),
    config,
    lock: plugin.asyncSafe ? undefined : new Lock(),
    off: false,
    inBackground: 0,
  };
}

export interface Member {
  readonly item: ReadItem;
  readonly state: PluginState;
}

/** One handler on one hook, before its place there is known. */
export interface HandlerBinding {
  readonly state: PluginState;
  readonly mask: number;
  readonly hook: string;
  readonly handler: AnyHandler;
  readonly name: string;
  readonly isCore: boolean;
  readonly extensions: boolean;
  /** Its own settings, with the operator's over them. */
  readonly settings: RunSettings;
  /** Whether any hook of the plugin may switch it off, so that each has to check. */
  readonly canGoOff: boolean;
}

/** The handlers that plugins have on any of these hooks, in the order of the plugins. */
export function bindingsOn(
  members: readonly Member[],
  hooks: readonly string[],
): readonly HandlerBinding[] {
  return members.flatMap((member) =>
    member.item.manifest.hooks
      .filter(({ hook }) => hooks.includes(hook))
      .map((entry) => bindingOf(member, entry)),
  );
}

function bindingOf({ item, state }: Member, entry: ReadHook): HandlerBinding {
  return {
    state,
    mask: item.mask,
    hook: entry.hook,
    handler: entry.handler,
    name: `${state.name}.${entry.name}`,
    isCore: false,
    extensions: entry.extensions,
    settings: { ...entry.settings, ...item.settings },
    canGoOff: canSwitchOff(item),
  };
}

function canSwitchOff({ manifest, settings }: ReadItem): boolean {
  if (settings.onError !== undefined) return settings.onError === "disable";
  return manifest.hooks.some((hook) => hook.settings.onError === "disable");
}

/** Whether a plugin has a handler in mode `fire_and_forget`. */
export function runsInBackground(
  { hooks }: Surface,
  { manifest, settings: { mode } }: ReadItem,
): boolean {
  return manifest.hooks.some(
    ({ hook, settings }) =>
      hooks[hook]?.semantic === "message" && (mode ?? settings.mode) === "fire_and_forget",
  );
}

/** Returns a function that makes the steps of one hook. */
export function stepsOn(parts: ManagerParts): (binding: HandlerBinding) => HandlerStep {
  const grants: Grant[] = [];
  return (binding) => handlerStep(parts, binding, grantOf(grants, binding));
}

function handlerStep(parts: ManagerParts, binding: HandlerBinding, grant: number): HandlerStep {
  const { state, mask, hook, name, isCore, extensions } = binding;
  const { timeoutMs: given = parts.options.timeoutMs } = binding.settings;
  const timeoutMs = given ?? undefined;
  const deadline = timeoutMs === undefined ? undefined : deadlineOf(parts.deadlines, timeoutMs);
  const { lock } = state;
  return {
    plugin: state,
    name,
    isCore,
    hook,
    handler:
      lock === undefined
        ? binding.handler
        : exclusive(binding.handler, { lock, extensions, deadline, timeoutMs }),
    extensions,
    handles: parts.options.services,
    filter: filterFor(parts.surface.slots, mask),
    grant,
    timeoutMs,
    // Behind a lock, the deadline begins when the handler does.
    deadline: lock === undefined ? deadline : undefined,
  };
}

function deadlineOf(deadlines: Map<number, Deadline>, timeoutMs: number): Deadline {
  const deadline = deadlines.get(timeoutMs) ?? deadlineAfter(timeoutMs);
  deadlines.set(timeoutMs, deadline);
  return deadline;
}

/** Handlers that share a view: of plugins with the same read access, one handler each. */
interface Grant {
  readonly mask: number;
  readonly plugins: Set<PluginState>;
}

/**
 * Returns the number of a handler's grant. A plugin's second handler on a hook gets a separate one:
 * by the identity of a shared view, it could tell whether hidden data changed in between.
 */
function grantOf(grants: Grant[], { state, mask }: HandlerBinding): number {
  let at = grants.findIndex((grant) => grant.mask === mask && !grant.plugins.has(state));
  if (at === -1) at = grants.push({ mask, plugins: new Set() }) - 1;
  grants[at]?.plugins.add(state);
  return at;
}
