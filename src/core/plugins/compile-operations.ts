/** Compiles what the hooks of the other four semantics run: who, and in which order. */

import { intrinsics } from "../data/index.ts";
import {
  type CompiledOperation,
  type HandlerStep,
  type HookSpec,
  type ManagerRuntime,
  payloadReader,
} from "../hooks/index.ts";
import { compileSchema } from "../schema/index.ts";
import { zodOf } from "../slots/index.ts";
import {
  type Grant,
  grantOf,
  type HandlerBinding,
  handlerStep,
  type StepDefaults,
} from "./handler-step.ts";
import type { ReadOptions } from "./manager-options.ts";
import { byUnits } from "./order.ts";

/** What a hook's program is made of. */
export interface OperationParts {
  readonly defaults: StepDefaults;
  readonly options: ReadOptions;
}

/** The program of one hook, of the handlers registered for it. */
export function compileOperation(
  { defaults, options }: OperationParts,
  runtime: ManagerRuntime,
  hook: string,
  spec: HookSpec,
  handlers: readonly HandlerBinding[],
): CompiledOperation {
  const grants: Grant[] = [];
  const steps = inOrder(spec, handlers).map((handler) =>
    handlerStep(defaults, { ...handler, grant: grantOf(grants, handler.state, handler.mask) }),
  );
  return compiledOperation(hook, spec, steps, options, runtime);
}

export function compiledOperation(
  hook: string,
  spec: HookSpec,
  steps: readonly HandlerStep[],
  { payloadLimits }: ReadOptions,
  runtime: ManagerRuntime,
): CompiledOperation {
  const { semantic, operation, strict = false, required = false, keeps } = spec;
  return Object.freeze({
    hook,
    semantic: semantic as CompiledOperation["semantic"],
    payload: payloadReader(spec),
    operation: operation === undefined ? undefined : operationReader(operation),
    steps: Object.freeze(steps),
    strict,
    required,
    keeps: keeps as CompiledOperation["keeps"],
    limits: payloadLimits,
    runtime,
  });
}

const readers = new WeakMap<object, ReturnType<typeof compileSchema>>();

function operationReader(schema: NonNullable<HookSpec["operation"]>) {
  let reader = intrinsics.weakGet(readers, schema);
  if (reader === undefined) {
    reader = compileSchema(zodOf(schema), { closed: true, shownWhole: true });
    intrinsics.weakSet(readers, schema, reader);
  }
  return reader;
}

/** The host's and the plugins' as the hook says; within each by plugin, then by handler. */
function inOrder(
  { ordering }: HookSpec,
  handlers: readonly HandlerBinding[],
): readonly HandlerBinding[] {
  const sorted = [...handlers].sort(
    (a, b) => byUnits(a.state.name, b.state.name) || byUnits(a.name, b.name),
  );
  const core = sorted.filter(({ isCore }) => isCore);
  const plugins = sorted.filter(({ isCore }) => !isCore);
  return ordering === "plugins_first" ? [...plugins, ...core] : [...core, ...plugins];
}
