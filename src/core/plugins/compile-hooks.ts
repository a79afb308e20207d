/** Compiles what each hook runs, once: order, views, records, deadlines. */
import { isAsyncFunction, newRecord, none, recordBy } from "../data/intrinsics.ts";
import {
  type CompiledHook,
  compileConditions,
  type ExecutionRecord,
  type HandlerStep,
  type HookSpec,
  type Mode,
  modes,
  readerOf,
  type Step,
  type StreamMode,
} from "../hooks/index.ts";
import { messageSchema } from "../messages/index.ts";
import type { CompiledSlots, Node } from "../slots/index.ts";
import { bindingsOn, type CompilerInput, type HandlerBinding, stepsOn } from "./handler-step.ts";
import { modeNames } from "./settings.ts";
import type { RunSettings } from "./types.ts";

export function compileHooks(input: CompilerInput): Record<string, CompiledHook> {
  const { surface } = input;
  const covering = Object.entries(surface.hooks).filter(([, { covers }]) => covers !== undefined);
  const compiledHooks = newRecord() as Record<string, CompiledHook>;
  for (const [hook, spec] of Object.entries(surface.hooks)) {
    if (spec.semantic !== "message") continue;
    const above = covering.filter(([name, { covers }]) => covers === spec.side && name !== hook);
    const names = [hook, ...above.map(([name]) => name)];
    const policies = names.map((name) => input.options.payloadPolicy[name]);
    const writable = (spec.writable ?? []).filter((field) =>
      policies.every((fields) => fields?.includes(field) !== false),
    );
    const bindings = bindingsOn(input.members, names);
    compiledHooks[hook] = compileHook(input, hook, { ...spec, writable }, bindings);
  }
  return compiledHooks;
}

function compileHook(
  input: CompilerInput,
  hook: string,
  spec: HookSpec,
  bindings: readonly HandlerBinding[],
): CompiledHook {
  const { options, runtime } = input;
  // The sort is stable: equal handlers stay in the order of the plugins.
  const inOrder = [...bindings].sort(
    (a, b) => phaseOf(a) - phaseOf(b) || priorityOf(a) - priorityOf(b),
  );
  const stepOf = stepsOn(input);
  const steps = inOrder.map((binding, position) =>
    compileStep(runtime.slots, spec, binding, stepOf(binding), position),
  );
  const of = (...wanted: Mode[]) => steps.filter(({ mode }) => wanted.includes(mode));
  const serial = of("sequential", "transform", "audit");
  const concurrent = of("concurrent");
  const payload = readerOf(spec.payload);
  return {
    hook,
    payload,
    streamed: spec.streamed === true,
    headersField: options.payloadHeaders === "keep" ? undefined : spec.headersField,
    empty: steps.every(({ mode }) => mode === "disabled"),
    payloadFields: payload.level?.fields.map(({ key }) => key) ?? [],
    writable: recordBy(spec.writable ?? [], () => true as const),
    serial,
    concurrent,
    background: of("fire_and_forget"),
    plainExecutions: Object.freeze(steps.map(({ plain }) => plain)),
    firstConcurrent: serial.length,
    firstBackground: serial.length + concurrent.length,
    strict: options.strict,
    strictDelegation: options.strictDelegation,
    timed: options.timings || options.metrics !== undefined,
    recordsTime: options.timings,
    limits: options.limits,
    payloadLimits: options.payloadLimits,
    runtime,
  };
}

const modeOf = ({ settings }: HandlerBinding): Mode => settings.mode ?? "sequential";
const phaseOf = (binding: HandlerBinding) => modeNames.indexOf(modeOf(binding));
const priorityOf = ({ settings }: HandlerBinding) => settings.priority ?? 100;

function compileStep(
  slots: CompiledSlots,
  spec: HookSpec,
  binding: HandlerBinding,
  step: HandlerStep,
  position: number,
): Step {
  const { settings, mask, canGoOff } = binding;
  const mode = modeOf(binding);
  const { mayHalt, mayModify } = modes[mode];
  const isMessage = spec.payload === messageSchema;
  const conditions = settings.conditions && compileConditions(settings.conditions, isMessage);
  const stream = streamModeOf(spec, settings);
  // No spread, because the dispatcher would read the result more slowly, and miss D12.
  return {
    plugin: step.plugin,
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
    isAsync: isAsyncFunction(step.handler),
    mask,
    mode,
    mayHalt,
    mayModify,
    // A mode that cannot halt does not fail the request either, unless `onError` asks for that.
    onError: settings.onError ?? (mayHalt ? "fail" : "ignore"),
    conditions,
    writtenConditions: settings.conditions,
    stream,
    guarded: conditions !== undefined || canGoOff || stream === "pass",
    position,
    plain: plainRecord(slots, binding),
  };
}

/**
 * What a handler needs to have seen before the text of a streamed message may be forwarded;
 * `undefined` on hooks whose messages are not streamed.
 */
export function streamModeOf(
  { streamed }: HookSpec,
  { mode = "sequential", stream = "buffer" }: RunSettings,
): StreamMode | undefined {
  if (streamed !== true) return undefined;
  const { mayHalt, mayModify } = modes[mode];
  // A handler that can neither deny nor change anything holds nothing back.
  return mayHalt || mayModify ? stream : "pass";
}

const plainStatus: Partial<Record<Mode, ExecutionRecord["status"]>> = {
  disabled: "disabled",
  fire_and_forget: "started",
};

function plainRecord(slots: CompiledSlots, binding: HandlerBinding): ExecutionRecord {
  const { state, hook, mask, extensions } = binding;
  const mode = modeOf(binding);
  return Object.freeze({
    plugin: state.name,
    hook,
    mode,
    status: plainStatus[mode] ?? "completed",
    requestedAllow: undefined,
    effectiveAllow: true,
    applied: false,
    payloadModified: false,
    extensionsModified: false,
    extensions,
    saw: extensions ? visiblePaths(slots.nodes, mask) : none,
    changed: none,
    refused: none,
    reason: undefined,
    errorCode: undefined,
    durationMs: undefined,
  });
}

/** Returns the slots that a grant opens and, for mixed slots, also the gated fields it opens. */
function visiblePaths(nodes: readonly Node[], mask: number): readonly string[] {
  const paths = nodes.flatMap((node): readonly string[] => {
    if (node.open !== 0 && (node.open & mask) === 0) return [];
    const gated = node.fields.filter(({ open, mixed }) => open !== 0 || mixed);
    return [node.path, ...visiblePaths(gated, mask)];
  });
  return Object.freeze(paths);
}
