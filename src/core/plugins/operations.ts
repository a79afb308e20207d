/** The hooks of the other four semantics while plugins register: who is there so far. */
import { intrinsics } from "../data/index.ts";
import type { CompiledOperation, HandlerStep, ManagerRuntime } from "../hooks/index.ts";
import { isOfService } from "./capabilities.ts";
import { compiledOperation, compileOperation, type OperationParts } from "./compile-operations.ts";
import type { CoreDefinition } from "./core-handlers.ts";
import {
  bindingOf,
  grantOf,
  type HandlerBinding,
  handlerStep,
  type Member,
  stateOf,
} from "./handler-step.ts";
import type { Surface } from "./profile.ts";

/** Handlers by hook, as they are registered one plugin after the other. */
export class Operations {
  readonly #surface: Surface;
  readonly #parts: OperationParts;
  readonly #handlers = new Map<string, HandlerBinding[]>();
  /** Programs made since the last handler came. */
  readonly #made = new Map<string, CompiledOperation>();

  constructor(surface: Surface, parts: OperationParts, cores: readonly CoreDefinition[]) {
    this.#surface = surface;
    this.#parts = parts;
    for (const core of cores) this.#add(this.#coreBinding(core));
  }

  /** The compiled hook as it is now, for runs of one runtime. */
  compiled(hook: string, runtime: ManagerRuntime): CompiledOperation | undefined {
    const spec = this.#surface.hooks[hook];
    if (spec === undefined || spec.semantic === "message") return undefined;
    const made = this.#made.get(hook);
    if (made?.runtime === runtime) return made;
    const handlers = this.#handlers.get(hook) ?? [];
    const compiled = compileOperation(this.#parts, runtime, hook, spec, handlers);
    this.#made.set(hook, compiled);
    return compiled;
  }

  /** The program of a hook with the handler of one more plugin after all the others. */
  programWithLast(
    hook: string,
    member: Member,
    runtime: ManagerRuntime,
  ): CompiledOperation | undefined {
    const before = this.compiled(hook, runtime);
    const spec = this.#surface.hooks[hook];
    if (before === undefined || spec === undefined) return undefined;
    const last: HandlerStep[] = handlersOf(this.#surface, member)
      .filter((handler) => handler.hook === hook)
      .map((handler) =>
        handlerStep(this.#parts.defaults, {
          ...handler,
          grant: grantOf([], handler.state, handler.mask),
        }),
      );
    const { options } = this.#parts;
    // Grants of their own: the last one shares no view with the others.
    const steps = [...before.steps, ...last.map((step) => ({ ...step, grant: -1 }))];
    return compiledOperation(hook, spec, steps, options, runtime);
  }

  register(member: Member): void {
    for (const handler of handlersOf(this.#surface, member)) this.#add(handler);
  }

  /** All programs, by hook. Without a prototype: an unknown hook is found nowhere. */
  compiledHooks(runtime: ManagerRuntime): { readonly [hook: string]: CompiledOperation } {
    const compiledHooks = intrinsics.newRecord() as Record<string, CompiledOperation>;
    for (const hook of Object.keys(this.#surface.hooks)) {
      const compiled = this.compiled(hook, runtime);
      if (compiled !== undefined) compiledHooks[hook] = compiled;
    }
    return compiledHooks;
  }

  #add(handler: HandlerBinding): void {
    this.#made.delete(handler.hook);
    const here = this.#handlers.get(handler.hook) ?? [];
    here.push(handler);
    this.#handlers.set(handler.hook, here);
  }

  #coreBinding(core: CoreDefinition): HandlerBinding {
    const { slots } = this.#parts.defaults;
    const { capabilities } = this.#surface;
    const mask = capabilities.mask(core.capabilities);
    const services = core.capabilities.filter((name) => isOfService(this.#surface, name));
    const state = stateOf(slots, {
      id: nextCoreId(),
      name: "core",
      version: "0.0.0",
      mask,
      services,
      config: undefined,
      asyncSafe: true,
    });
    const { hook, handler, name, extensions, timeoutMs } = core;
    return { state, mask, hook, handler, name, isCore: true, extensions, timeoutMs };
  }
}

let lastCoreId = 0;

/** Below those of plugins, so that no state is shared with one. */
function nextCoreId(): number {
  lastCoreId -= 1;
  return lastCoreId;
}

/** A plugin's handlers on hooks whose semantic is not `message`. */
function handlersOf({ hooks }: Surface, { item, state }: Member): readonly HandlerBinding[] {
  // A plugin that the operator switched off votes no more than it labels.
  if (item.settings.mode === "disabled") return [];
  return item.definition.manifest.hooks
    .filter(({ hook }) => hooks[hook]?.semantic !== "message")
    .map((entry) => bindingOf({ item, state }, entry));
}
