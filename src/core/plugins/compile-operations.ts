/** Compiles what the hooks of the other four semantics run: who, and in which order. */

import { intrinsics } from "../data/index.ts";
import {
  type HandlerStep,
  type HookSpec,
  type House,
  type OperationProgram,
  payloadReader,
} from "../hooks/index.ts";
import { compileSchema } from "../schema/index.ts";
import { type Grant, grantOf, handlerStep, type Unplaced, type Workshop } from "./handler-step.ts";
import type { ReadOptions } from "./manager-options.ts";
import { byUnits } from "./order.ts";

/** What a hook's program is made of. */
export interface OperationParts {
  readonly shop: Workshop;
  readonly options: ReadOptions;
}

/** The program of one hook, of the handlers registered for it. */
export function compileOperation(
  { shop, options }: OperationParts,
  house: House,
  hook: string,
  spec: HookSpec,
  handlers: readonly Unplaced[],
): OperationProgram {
  const grants: Grant[] = [];
  const steps = inOrder(spec, handlers).map((handler) =>
    handlerStep(shop, { ...handler, grant: grantOf(grants, handler.state, handler.mask) }),
  );
  return programOf(hook, spec, steps, options, house);
}

export function programOf(
  hook: string,
  spec: HookSpec,
  steps: readonly HandlerStep[],
  { payloadLimits }: ReadOptions,
  house: House,
): OperationProgram {
  const { semantic, operation, strict = false, required = false, keeps } = spec;
  return Object.freeze({
    hook,
    semantic: semantic as OperationProgram["semantic"],
    payload: payloadReader(spec),
    operation: operation === undefined ? undefined : operationReader(operation),
    steps: Object.freeze(steps),
    strict,
    required,
    keeps: keeps as OperationProgram["keeps"],
    limits: payloadLimits,
    house,
  });
}

const readers = new WeakMap<object, ReturnType<typeof compileSchema>>();

function operationReader(schema: NonNullable<HookSpec["operation"]>) {
  let reader = intrinsics.weakGet(readers, schema);
  if (reader === undefined) {
    reader = compileSchema(schema, { closed: true, shownWhole: true });
    intrinsics.weakSet(readers, schema, reader);
  }
  return reader;
}

/** The host's and the plugins' as the hook says; within each by plugin, then by handler. */
function inOrder({ ordering }: HookSpec, handlers: readonly Unplaced[]): readonly Unplaced[] {
  const sorted = [...handlers].sort(
    (a, b) => byUnits(a.state.name, b.state.name) || byUnits(a.name, b.name),
  );
  const core = sorted.filter(({ isCore }) => isCore);
  const plugins = sorted.filter(({ isCore }) => !isCore);
  return ordering === "plugins_first" ? [...plugins, ...core] : [...core, ...plugins];
}
