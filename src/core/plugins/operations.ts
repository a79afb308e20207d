/** Hooks of all semantics but `message`: which handlers they have, and in which order those run. */
import { monotonicNow } from "../data/intrinsics.ts";
import { emptyExtensions } from "../envelope/index.ts";
import {
  type CompiledOperation,
  type HookSpec,
  OperationRun,
  operate,
  RequestScope,
  readerOf,
} from "../hooks/index.ts";
import { freezePayload } from "../messages/index.ts";
import { isServiceCapability } from "./capabilities.ts";
import type { CoreDefinition } from "./core-handlers.ts";
import {
  bindingsOn,
  type CompilerInput,
  type HandlerBinding,
  type ManagerParts,
  type Member,
  stateOf,
  stepsOn,
} from "./handler-step.ts";
import { noRunOptions } from "./invoke.ts";
import { byUnits } from "./order.ts";

/**
 * Compiles a hook with the handlers it has now; `undefined` for a message hook, or a hook that the
 * host does not have. Handlers of `last`, a plugin that has not registered yet, run after all
 * others.
 */
export function compileOperation(
  parts: CompilerInput,
  hook: string,
  last: readonly Member[] = [],
): CompiledOperation | undefined {
  const { surface, options, members, runtime } = parts;
  const spec = surface.hooks[hook];
  if (spec === undefined || spec.semantic === "message") return undefined;
  const ofCore = options.core.filter((core) => core.hook === hook);
  const handlers = [
    ...inOrder(spec, [
      ...ofCore.map((core) => coreBinding(parts, core)),
      ...bindingsOn(members.filter(isOn), [hook]),
    ]),
    ...bindingsOn(last.filter(isOn), [hook]),
  ];
  return Object.freeze({
    hook,
    semantic: spec.semantic,
    payload: readerOf(spec.payload),
    operation: spec.operation && readerOf(spec.operation),
    steps: Object.freeze(handlers.map(stepsOn(parts))),
    strict: spec.strict ?? false,
    required: spec.required ?? false,
    // The rule takes values of its hook's schema, and is called with nothing else.
    keeps: spec.keeps as CompiledOperation["keeps"],
    limits: options.payloadLimits,
    runtime,
  });
}

/** A plugin that the operator disabled does not vote either. */
const isOn = ({ item }: Member): boolean => item.settings.mode !== "disabled";

/** Compiles all hooks. No prototype, so that an unknown hook is not found on one. */
export function compileOperations(parts: CompilerInput): {
  readonly [hook: string]: CompiledOperation;
} {
  const byHook: Record<string, CompiledOperation> = Object.create(null);
  for (const hook of Object.keys(parts.surface.hooks)) {
    const compiled = compileOperation(parts, hook);
    if (compiled !== undefined) byHook[hook] = compiled;
  }
  return byHook;
}

let lastCoreId = 0;

function coreBinding({ surface }: ManagerParts, core: CoreDefinition): HandlerBinding {
  const mask = surface.slots.capabilities.mask(core.capabilities);
  const services = core.capabilities.filter((name) => isServiceCapability(surface, name));
  // Negative, unlike the ids of plugins, so that no state is shared with one.
  lastCoreId -= 1;
  const plugin = { name: "core", version: "0.0.0", asyncSafe: true };
  const state = stateOf(surface, { id: lastCoreId, plugin, mask, services }, undefined);
  const { hook, handler, name, extensions, timeoutMs } = core;
  const settings = timeoutMs === undefined ? {} : { timeoutMs };
  const canGoOff = false;
  return { state, mask, hook, handler, name, isCore: true, extensions, settings, canGoOff };
}

/** Runs a hook that no caller invoked, without extensions and options. */
export function operateAlone(compiled: CompiledOperation, payload: object): Promise<unknown> {
  const { hook, semantic, runtime } = compiled;
  const scope = new RequestScope(undefined);
  const facts = freezePayload(payload);
  const extensions = emptyExtensions(runtime.slots);
  const run = new OperationRun(compiled, facts, extensions, scope, noRunOptions);
  const startedAt = monotonicNow();
  const answer = operate(run);
  runtime.meter?.follow(hook, semantic, startedAt, answer);
  return answer;
}

/** Host and plugins in the order that the hook says; within each, by plugin, then by handler. */
function inOrder(
  { ordering }: HookSpec,
  handlers: readonly HandlerBinding[],
): readonly HandlerBinding[] {
  const corePlace = ordering === "plugins_first" ? 1 : -1;
  const placeOf = ({ isCore }: HandlerBinding) => (isCore ? corePlace : 0);
  return [...handlers].sort(
    (a, b) =>
      placeOf(a) - placeOf(b) || byUnits(a.state.name, b.state.name) || byUnits(a.name, b.name),
  );
}
