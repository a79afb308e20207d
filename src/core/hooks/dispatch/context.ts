/** The second argument of a handler. */
import { apply, getOwnPropertyDescriptor } from "../../data/intrinsics.ts";
import { CapabilityError, GlassineError } from "../../errors/index.ts";
import { requestOf, stateOf } from "./scope.ts";
import { isAborted } from "./signals.ts";
import type {
  AnyRun,
  ContextClass,
  HandlerStep,
  Origin,
  PluginContext,
  Service,
  StreamProgress,
} from "./types.ts";

// Captured, so that no plugin can keep another's signal from aborting.
const AbortControllerAtLoad = AbortController;
const abortMethod = AbortController.prototype.abort;
/** Listeners run here, and a `dispatchEvent` that a plugin put on its signal: it may throw. */
function abortAtLoad(controller: AbortController): void {
  try {
    apply(abortMethod, controller, []);
  } catch {
    // The handler's turn is over all the same.
  }
}
const signalGetter = getOwnPropertyDescriptor(AbortController.prototype, "signal")
  ?.get as () => AbortSignal;
const signalAtLoad = (controller: AbortController): AbortSignal =>
  apply(signalGetter, controller, []);

/**
 * One for each call of a handler. Everything is private and read through the frozen prototype, so
 * that making one costs next to nothing.
 */
export class HandlerContext implements PluginContext {
  #step: HandlerStep;
  #run: AnyRun;
  /**
   * Made when the signal is read, or when the turn is ended early, which aborts it: making one costs
   * as much as many calls of handlers.
   */
  #controller: AbortController | undefined;

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
  get stream(): StreamProgress | undefined {
    return this.#run.options.stream;
  }
  get request(): string {
    return requestOf(this.#run.scope);
  }
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortControllerAtLoad();
      if (this.#run.isOver(this.#step)) abortAtLoad(this.#controller);
    }
    return signalAtLoad(this.#controller);
  }
  get state(): Map<unknown, unknown> {
    HandlerContext.#assertLive(this);
    return stateOf(this.#run.scope, this.#step.plugin);
  }

  // For the dispatcher. A handler holds an instance, from which it cannot reach statics.

  /** Ends a handler's turn early: its signal aborts. */
  static endTurn(context: PluginContext): void {
    if (!(#run in context)) return;
    context.#controller ??= new AbortControllerAtLoad();
    abortAtLoad(context.#controller);
  }

  /** Whose turn a context belongs to, or `undefined` for anything else. */
  static originOf(value: unknown): Origin | undefined {
    if (!HandlerContext.#is(value)) return undefined;
    HandlerContext.#assertLive(value);
    return { run: value.#run, step: value.#step, context: value };
  }

  /** The run and the handler of a context, whatever became of its turn. */
  static partOf(context: PluginContext): Omit<Origin, "context"> | undefined {
    return #run in context ? { run: context.#run, step: context.#step } : undefined;
  }

  /** False once a handler's turn was ended early. */
  static isOngoing(context: PluginContext): boolean {
    return #run in context && !HandlerContext.#isEnded(context);
  }

  /** Whether a context's handler may still do something in its run. */
  static isLive(context: PluginContext): boolean {
    return (
      #run in context && !HandlerContext.#isEnded(context) && !context.#run.isOver(context.#step)
    );
  }

  static #isEnded(context: HandlerContext): boolean {
    const controller = context.#controller;
    return controller !== undefined && isAborted(signalAtLoad(controller));
  }

  /** The host's handle behind an accessor, for plugins that declared its capability. */
  static handleFor(value: unknown, { capability, accessor, spelling }: Service): unknown {
    if (!HandlerContext.#is(value)) {
      const text = `${spelling} works on the context of a handler only`;
      throw new CapabilityError(text, "unknown", capability, spelling);
    }
    const { plugin, handles } = value.#step;
    // Checked before the handle is looked up: nobody finds out what the host supplies.
    if (plugin.services[capability] !== true) {
      const text = `plugin '${plugin.name}' cannot call ${spelling}: capability '${capability}' not declared`;
      throw new CapabilityError(text, plugin.name, capability, spelling);
    }
    HandlerContext.#assertLive(value);
    return handles[accessor]?.() ?? null;
  }

  static #is(value: unknown): value is HandlerContext {
    return typeof value === "object" && value !== null && #run in value;
  }

  static #assertLive(context: HandlerContext): void {
    if (HandlerContext.isLive(context)) return;
    throw new GlassineError("aborted", "This context belongs to a run that has ended.", {
      plugin: context.#step.plugin.name,
    });
  }
}
export const { endTurn, originOf, partOf, isOngoing, isLive } = HandlerContext;
// A handler holds an instance: the class must not be reachable from it.
Reflect.deleteProperty(HandlerContext.prototype, "constructor");
Object.freeze(HandlerContext.prototype);
Object.freeze(HandlerContext);

/** The contexts of a host: those without services share one class. */
export function contextClassWith(services: readonly Service[]): ContextClass {
  if (services.length === 0) return HandlerContext;
  class ServiceContext extends HandlerContext {
    // Written out: V8 passes the arguments of an implicit constructor through the iterator of
    // arrays, and a patched one would see the step and the run.
    constructor(step: HandlerStep, run: AnyRun) {
      super(step, run);
    }
  }
  const { prototype } = ServiceContext;
  for (const service of services) {
    // A method, so that it has no prototype and cannot be made an instance of.
    const accessor = {
      [service.accessor](this: unknown) {
        return HandlerContext.handleFor(this, service);
      },
    }[service.accessor];
    Object.defineProperty(prototype, service.accessor, { value: Object.freeze(accessor) });
  }
  Reflect.deleteProperty(prototype, "constructor");
  Object.freeze(prototype);
  return Object.freeze(ServiceContext);
}
