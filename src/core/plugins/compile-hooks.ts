/** Compiles what each hook runs, once: order, views, records, deadlines. */
import { intrinsics } from "../data/index.ts";
import { GlassineError } from "../errors/index.ts";
import {
  type CompiledHook,
  compileConditions,
  type ExecutionRecord,
  type HookSpec,
  type ManagerRuntime,
  type Mode,
  modes,
  type PluginState,
  payloadReader,
  type Step,
} from "../hooks/index.ts";
import { messageSchema } from "../messages/index.ts";
import type { CompiledSlots, Node } from "../slots/index.ts";
import {
  bindingOf,
  type Grant,
  grantOf,
  handlerStep,
  type ManagerParts,
  type Member,
  type StepDefaults,
} from "./handler-step.ts";
import type { ReadHook } from "./read-hooks.ts";
import type { ReadItem } from "./read-item.ts";
import { quoteName } from "./read-plain.ts";

/** A handler with everything settled but the hook it runs on. */
interface Registered {
  readonly state: PluginState;
  /** Whether any hook of the plugin may switch it off, so that each has to look. */
  readonly canGoOff: boolean;
  readonly item: ReadItem;
  readonly entry: ReadHook;
  readonly mode: Mode;
  readonly priority: number;
  /** Its place among all handlers, as the plugins were given. */
  readonly index: number;
}

export interface HookCompilerInput extends ManagerParts {
  readonly members: readonly Member[];
  readonly runtime: ManagerRuntime;
}

export function compileHooks(input: HookCompilerInput): Record<string, CompiledHook> {
  const { surface, options } = input;
  for (const hook of Object.keys(options.payloadPolicy)) {
    if (Object.hasOwn(surface.hooks, hook)) continue;
    const text = `payloadPolicy names ${quoteName(hook)}, which is no hook of this host.`;
    throw new GlassineError("hook_unknown", text);
  }
  const registered = registeredBy(input);
  const covering = Object.entries(surface.hooks).filter(([, { covers }]) => covers !== undefined);
  const compiledHooks = intrinsics.newRecord() as Record<string, CompiledHook>;
  for (const [hook, spec] of Object.entries(surface.hooks)) {
    if (spec.semantic !== "message") continue;
    const above = covering.filter(([name, { covers }]) => covers === spec.side && name !== hook);
    const names = [hook, ...above.map(([name]) => name)];
    const here = names.flatMap((name) => registered.get(name) ?? []);
    compiledHooks[hook] = compileHook(input, hook, spec, here);
  }
  return compiledHooks;
}

/** The handlers of each hook, so that not all of them are gone through for every hook. */
function registeredBy(input: HookCompilerInput): ReadonlyMap<string, readonly Registered[]> {
  const byHook = new Map<string, Registered[]>();
  let index = 0;
  for (const member of input.members) {
    for (const registered of registrationsOf(member, index)) {
      const { hook } = registered.entry;
      const here = byHook.get(hook) ?? [];
      here.push(registered);
      byHook.set(hook, here);
      index += 1;
    }
  }
  return byHook;
}

function registrationsOf({ item, state }: Member, first: number): Registered[] {
  const { definition, settings } = item;
  const canGoOff = canSwitchOff(item);
  return definition.manifest.hooks.map((entry, at) => ({
    state,
    canGoOff,
    item,
    entry,
    index: first + at,
    mode: settings.mode ?? entry.settings.mode ?? "sequential",
    priority: settings.priority ?? entry.settings.priority ?? 100,
  }));
}

const modeNames = Object.keys(modes) as Mode[];

function compileHook(
  { defaults, options, runtime }: HookCompilerInput,
  hook: string,
  spec: HookSpec,
  registered: readonly Registered[],
): CompiledHook {
  const { slots } = defaults;
  const inOrder = [...registered].sort(
    (a, b) =>
      modeNames.indexOf(a.mode) - modeNames.indexOf(b.mode) ||
      a.priority - b.priority ||
      a.index - b.index,
  );
  const grants: Grant[] = [];
  const isMessage = spec.payload === messageSchema;
  const steps = inOrder.map((each, position): Step => {
    const grant = grantOf(grants, each.state, each.item.mask);
    return compileStep(defaults, each, { position, grant, isMessage });
  });
  const of = (...wanted: Mode[]) => steps.filter(({ mode }) => wanted.includes(mode));
  const serial = of("sequential", "transform", "audit");
  const concurrent = of("concurrent");
  const payload = payloadReader(spec);
  const writable = options.payloadPolicy[hook] ?? spec.writable ?? [];
  checkPolicy(hook, spec, writable);
  return {
    hook,
    slots,
    payload,
    headersField: options.payloadHeaders === "keep" ? undefined : spec.headersField,
    empty: steps.every(({ mode }) => mode === "disabled"),
    payloadFields: payload.level?.fields.map(({ key }) => key) ?? [],
    writable: Object.assign(
      Object.create(null),
      Object.fromEntries(writable.map((field) => [field, true])),
    ),
    serial,
    concurrent,
    background: of("fire_and_forget"),
    plainExecutions: Object.freeze(steps.map(({ plain }) => plain)),
    firstConcurrent: serial.length,
    firstBackground: serial.length + concurrent.length,
    strict: options.strict,
    timed: options.timings || options.metrics !== undefined,
    recordsTime: options.timings,
    limits: options.limits,
    payloadLimits: options.payloadLimits,
    runtime,
  };
}

function checkPolicy(hook: string, spec: HookSpec, writable: readonly string[]): void {
  for (const field of writable) {
    if (spec.writable?.includes(field) === true) continue;
    throw new GlassineError(
      "options_invalid",
      `payloadPolicy of ${quoteName(hook)} names ${quoteName(String(field))}; plugins may write ${spec.writable?.join(", ") ?? "nothing"} there, or less.`,
      { hook },
    );
  }
}

/** Where a handler stands on its hook. */
interface Place {
  readonly position: number;
  /** The number of its grant. */
  readonly grant: number;
  readonly isMessage: boolean;
}

function compileStep(
  defaults: StepDefaults,
  { state, canGoOff, item, entry, mode }: Registered,
  { position, grant, isMessage }: Place,
): Step {
  const own = { ...entry.settings, ...item.settings };
  const { mayHalt, mayModify } = modes[mode];
  // What cannot halt does not fail the request either, unless somebody asked for it.
  const onError = own.onError ?? (mayHalt ? "fail" : "ignore");
  const conditions =
    own.conditions === undefined ? undefined : compileConditions(own.conditions, isMessage);
  const step = handlerStep(defaults, { ...bindingOf({ item, state }, entry), grant });
  // Written out: of a spread the dispatcher reads more slowly, and D12 is missed.
  return {
    plugin: step.plugin,
    identity: step.identity,
    name: step.name,
    isCore: step.isCore,
    hook: step.hook,
    handler: step.handler,
    extensions: step.extensions,
    handles: step.handles,
    filter: step.filter,
    grant: step.grant,
    timeoutMs: step.timeoutMs,
    deadline: step.deadline,
    isAsync: intrinsics.isAsyncFunction(step.handler),
    mask: item.mask,
    mode,
    mayHalt,
    mayModify,
    onError,
    conditions,
    writtenConditions: own.conditions,
    guarded: conditions !== undefined || canGoOff,
    position,
    plain: plainRecord(defaults.slots, state, entry, item, mode),
  };
}

function canSwitchOff({ definition, settings }: ReadItem): boolean {
  if (settings.onError !== undefined) return settings.onError === "disable";
  return definition.manifest.hooks.some((hook) => hook.settings.onError === "disable");
}

const nothing: readonly never[] = Object.freeze([]);
const plainStatus: Partial<Record<Mode, ExecutionRecord["status"]>> = {
  disabled: "disabled",
  fire_and_forget: "started",
};

function plainRecord(
  slots: CompiledSlots,
  state: PluginState,
  entry: ReadHook,
  item: ReadItem,
  mode: Mode,
): ExecutionRecord {
  return Object.freeze({
    plugin: state.name,
    hook: entry.hook,
    mode,
    status: plainStatus[mode] ?? "completed",
    requestedAllow: undefined,
    effectiveAllow: true,
    applied: false,
    payloadModified: false,
    extensionsModified: false,
    extensions: entry.extensions,
    saw: entry.extensions ? visiblePaths(slots.nodes, item.mask) : nothing,
    changed: nothing,
    refused: nothing,
    reason: undefined,
    errorCode: undefined,
    durationMs: undefined,
  });
}

/** The slots a grant opens; of a mixed slot, the gated fields it opens beside the slot itself. */
function visiblePaths(nodes: readonly Node[], mask: number): readonly string[] {
  const paths = nodes.flatMap((node): readonly string[] => {
    if (node.open !== 0 && (node.open & mask) === 0) return [];
    const gated = node.fields.filter(({ open, mixed }) => open !== 0 || mixed);
    return [node.path, ...visiblePaths(gated, mask)];
  });
  return Object.freeze(paths);
}
