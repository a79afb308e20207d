/** What a handler is handed as second argument. */
import { intrinsics } from "../../data/index.ts";
import { CapabilityError, GlassineError } from "../../errors/index.ts";
import { requestOf, stateOf } from "./scope.ts";
import type { AnyRun, ContextClass, HandlerStep, Origin, PluginContext, Service } from "./types.ts";

// Captured, so that no plugin can keep another's signal from aborting.
const AbortControllerAtLoad = AbortController;
const abortMethod = AbortController.prototype.abort;
/** Listeners run here, and a `dispatchEvent` that a plugin put on its signal: it may throw. */
function abortAtLoad(controller: AbortController): void {
  try {
    intrinsics.apply(abortMethod, controller, []);
  } catch {
    // The handler's turn is over all the same.
  }
}
const signalGetter = intrinsics.getOwnPropertyDescriptor(AbortController.prototype, "signal")
  ?.get as () => AbortSignal;
const signalAtLoad = (controller: AbortController): AbortSignal =>
  intrinsics.apply(signalGetter, controller, []);

/** Ends a handler's turn early: its signal aborts. @internal */
export let endTurn: (context: PluginContext) => void;
/** Whose turn a context belongs to, or `undefined` for anything else. @internal */
export let originOf: (value: unknown) => Origin | undefined;
/** The run and the handler of a context, whatever became of its turn. @internal */
export let partOf: (context: HandlerContext) => Omit<Origin, "context">;
/** False once a handler's turn was ended early. @internal */
export let isOngoing: (context: PluginContext) => boolean;
/** Whether a context's handler may still do something in its run. @internal */
export let isLive: (context: HandlerContext) => boolean;
/** The host's handle behind an accessor, for whoever declared its capability. @internal */
let handleFor: (context: unknown, service: Service) => unknown;
let assertLive: (context: HandlerContext) => void;

/**
 * In place of the controller of a turn that was ended early. Told by its brand: `instanceof` asks
 * the prototypes above a controller, and a plugin can put a proxy there.
 */
class Ended {
  controller: AbortController | undefined;
  readonly #brand = undefined;
  constructor(controller: AbortController | undefined) {
    this.controller = controller;
  }
  static is(value: AbortController | Ended | undefined): value is Ended {
    return value !== undefined && #brand in value;
  }
}

/**
 * One per call of a handler. Everything is private and read through the prototype, which is
 * frozen; so making one costs next to nothing.
 */
export class HandlerContext implements PluginContext {
  #step: HandlerStep;
  #run: AnyRun;
  /** Made when the signal is asked for: making one costs as much as many handlers. */
  #controller: AbortController | Ended | undefined;

  constructor(step: HandlerStep, run: AnyRun) {
    this.#step = step;
    this.#run = run;
  }

  get plugin(): { readonly name: string; readonly version: string } {
    return this.#step.identity;
  }
  get hook(): string {
    return this.#run.hook;
  }
  get capabilities(): readonly string[] {
    return this.#step.plugin.capabilities;
  }
  get config(): unknown {
    return this.#step.plugin.config;
  }
  get operation(): Readonly<Record<string, unknown>> | undefined {
    return this.#run.options.operation;
  }
  get request(): string {
    return requestOf(this.#run.scope);
  }
  get signal(): AbortSignal {
    const current = this.#controller;
    const known = Ended.is(current) ? current.controller : current;
    if (known !== undefined) return signalAtLoad(known);
    const controller = new AbortControllerAtLoad();
    if (Ended.is(current)) current.controller = controller;
    else this.#controller = controller;
    if (current !== undefined || this.#run.isOver(this.#step)) abortAtLoad(controller);
    return signalAtLoad(controller);
  }
  get state(): Map<unknown, unknown> {
    assertLive(this);
    return stateOf(this.#run.scope, this.#step.plugin);
  }

  static {
    endTurn = (context) => {
      if (!(#run in context)) return;
      const controller = context.#controller;
      if (Ended.is(controller)) return;
      context.#controller = new Ended(controller);
      if (controller !== undefined) abortAtLoad(controller);
    };
    originOf = (value) => {
      if (typeof value !== "object" || value === null || !(#run in value)) return undefined;
      const context = value as HandlerContext;
      assertLive(context);
      return { run: context.#run, step: context.#step, context };
    };
    partOf = (context) => ({ run: context.#run, step: context.#step });
    isOngoing = (context) => #run in context && !Ended.is(context.#controller);
    isLive = (context) => isOngoing(context) && !context.#run.isOver(context.#step);
    handleFor = (value, service) => {
      const { capability, accessor, spelling } = service;
      if (typeof value !== "object" || value === null || !(#run in value)) {
        const text = `${spelling} works on the context of a handler only`;
        throw new CapabilityError(text, "unknown", capability, spelling);
      }
      const context = value as HandlerContext;
      const { plugin, handles } = context.#step;
      // Before the handle is looked at: nobody finds out what the host has.
      if (plugin.services[capability] !== true) {
        const text = `plugin '${plugin.name}' cannot call ${spelling}: capability '${capability}' not declared`;
        throw new CapabilityError(text, plugin.name, capability, spelling);
      }
      assertLive(context);
      return handles[accessor]?.() ?? null;
    };
    assertLive = (context) => {
      if (isLive(context)) return;
      throw new GlassineError("aborted", "This context belongs to a run that has ended.", {
        plugin: context.#step.plugin.name,
      });
    };
  }
}
// A handler holds an instance: the class must not be reachable from it.
Reflect.deleteProperty(HandlerContext.prototype, "constructor");
Object.freeze(HandlerContext.prototype);
Object.freeze(HandlerContext);

/** The contexts of a host: those without services share one class. */
export function contextClassWith(services: readonly Service[]): ContextClass {
  if (services.length === 0) return HandlerContext;
  class ServiceContext extends HandlerContext {
    // Written out: engines hand on the arguments of one left out by the iterator of arrays, and a
    // patched one would be handed the step and the run.
    constructor(step: HandlerStep, run: AnyRun) {
      super(step, run);
    }
  }
  const { prototype } = ServiceContext;
  for (const service of services) {
    // A method, so that it has no prototype and cannot be made an instance of.
    const accessor = {
      [service.accessor](this: unknown) {
        return handleFor(this, service);
      },
    }[service.accessor];
    Object.defineProperty(prototype, service.accessor, { value: Object.freeze(accessor) });
  }
  Reflect.deleteProperty(prototype, "constructor");
  Object.freeze(prototype);
  return Object.freeze(ServiceContext);
}
