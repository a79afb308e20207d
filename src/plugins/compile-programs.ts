/** Compiles what each hook runs, once: order, views, records, deadlines. */
import { intrinsics } from "../admit/index.ts";
import { GlassineError } from "../errors/index.ts";
import { filterFor } from "../filter/index.ts";
import {
  compileConditions,
  createDeadlineRing,
  type DeadlineRing,
  type ExecutionRecord,
  type HookSpec,
  type House,
  type Mode,
  modes,
  type PluginState,
  type Program,
  payloadReader,
  type Step,
} from "../hooks/index.ts";
import { messageSchema } from "../messages/index.ts";
import type { CompiledSlots, Node } from "../slots/index.ts";
import type { ReadItem, ReadOptions } from "./manager-options.ts";
import type { ReadHook, Surface } from "./read-manifest.ts";
import { single } from "./read-plain.ts";

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

export interface ProgramInput {
  readonly surface: Surface;
  readonly slots: CompiledSlots;
  readonly items: readonly ReadItem[];
  readonly options: ReadOptions;
  readonly house: House;
}

export function compilePrograms(input: ProgramInput): Record<string, Program> {
  const { surface, options } = input;
  for (const hook of Object.keys(options.payloadPolicy)) {
    if (Object.hasOwn(surface.hooks, hook)) continue;
    const text = `payloadPolicy names ${single(hook)}, which is no hook of this host.`;
    throw new GlassineError("hook_unknown", text);
  }
  const rings = new Map<number, DeadlineRing>();
  const registered = registeredBy(input);
  const covering = Object.entries(surface.hooks).filter(([, { covers }]) => covers !== undefined);
  const programs = intrinsics.newRecord() as Record<string, Program>;
  for (const [hook, spec] of Object.entries(surface.hooks)) {
    const above = covering.filter(([name, { covers }]) => covers === spec.side && name !== hook);
    const names = [hook, ...above.map(([name]) => name)];
    const here = names.flatMap((name) => registered.get(name) ?? []);
    programs[hook] = compileProgram(input, hook, spec, here, rings);
  }
  return programs;
}

/** The handlers of each hook, so that not all of them are gone through for every hook. */
function registeredBy(input: ProgramInput): ReadonlyMap<string, readonly Registered[]> {
  const byHook = new Map<string, Registered[]>();
  let index = 0;
  for (const item of input.items) {
    for (const registered of registrationsOf(input, item, index)) {
      const { hook } = registered.entry;
      const here = byHook.get(hook) ?? [];
      here.push(registered);
      byHook.set(hook, here);
      index += 1;
    }
  }
  return byHook;
}

function registrationsOf({ slots }: ProgramInput, item: ReadItem, first: number): Registered[] {
  const { plugin, definition, settings, mask, config } = item;
  const state: PluginState = {
    id: definition.id,
    name: plugin.name,
    version: plugin.version,
    capabilities: slots.capabilities.namesOf(mask),
    config,
    off: false,
    inBackground: 0,
  };
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

function compileProgram(
  { slots, options, house }: ProgramInput,
  hook: string,
  spec: HookSpec,
  registered: readonly Registered[],
  rings: Map<number, DeadlineRing>,
): Program {
  const inOrder = [...registered].sort(
    (a, b) =>
      modeNames.indexOf(a.mode) - modeNames.indexOf(b.mode) ||
      a.priority - b.priority ||
      a.index - b.index,
  );
  const grants: Grant[] = [];
  const isMessage = spec.payload === messageSchema;
  const steps = inOrder.map((each, position): Step => {
    const place = { position, grant: grantOf(grants, each), isMessage };
    return compileStep(slots, options, each, place, rings);
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
    headersField: options.keepHeaders ? undefined : spec.headersField,
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
    timed: options.timings,
    limits: options.limits,
    payloadLimits: options.payloadLimits,
    house,
  };
}

/** Handlers that share a view: plugins that read alike, each with one handler. */
interface Grant {
  readonly mask: number;
  readonly plugins: Set<PluginState>;
}

/**
 * The number of a handler's grant. A plugin's second handler on a hook gets another: from views
 * that are one object, or are not, it could tell whether something hidden changed in between.
 */
function grantOf(grants: Grant[], { state, item: { mask } }: Registered): number {
  let at = grants.findIndex((grant) => grant.mask === mask && !grant.plugins.has(state));
  if (at === -1) at = grants.push({ mask, plugins: new Set() }) - 1;
  grants[at]?.plugins.add(state);
  return at;
}

function checkPolicy(hook: string, spec: HookSpec, writable: readonly string[]): void {
  for (const field of writable) {
    if (spec.writable?.includes(field) === true) continue;
    throw new GlassineError(
      "options_invalid",
      `payloadPolicy of ${single(hook)} names ${single(String(field))}; plugins may write ${spec.writable?.join(", ") ?? "nothing"} there, or less.`,
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
  slots: CompiledSlots,
  options: ReadOptions,
  { state, canGoOff, item, entry, mode }: Registered,
  { position, grant, isMessage }: Place,
  rings: Map<number, DeadlineRing>,
): Step {
  const own = { ...entry.settings, ...item.settings };
  const { mayHalt, mayModify } = modes[mode];
  const timeoutMs = own.timeoutMs === undefined ? options.timeoutMs : own.timeoutMs;
  // What cannot halt does not fail the request either, unless somebody asked for it.
  const onError = own.onError ?? (mayHalt ? "fail" : "ignore");
  const conditions =
    own.conditions === undefined ? undefined : compileConditions(own.conditions, isMessage);
  return {
    plugin: state,
    identity: Object.freeze({ name: state.name, version: state.version }),
    hook: entry.hook,
    handler: entry.handler,
    extensions: entry.extensions,
    isAsync: intrinsics.isAsyncFunction(entry.handler),
    mask: item.mask,
    filter: filterFor(slots, item.mask),
    grant,
    mode,
    mayHalt,
    mayModify,
    onError,
    timeoutMs: timeoutMs ?? undefined,
    ring: timeoutMs === null ? undefined : ringFor(rings, timeoutMs),
    conditions,
    guarded: conditions !== undefined || canGoOff,
    position,
    plain: plainRecord(slots, state, entry, item, mode),
  };
}

function canSwitchOff({ definition, settings }: ReadItem): boolean {
  if (settings.onError !== undefined) return settings.onError === "disable";
  return definition.manifest.hooks.some((hook) => hook.settings.onError === "disable");
}

function ringFor(rings: Map<number, DeadlineRing>, timeoutMs: number): DeadlineRing {
  let ring = rings.get(timeoutMs);
  if (ring === undefined) {
    ring = createDeadlineRing(timeoutMs);
    rings.set(timeoutMs, ring);
  }
  return ring;
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
