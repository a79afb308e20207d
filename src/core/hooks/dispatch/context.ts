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
/** Runs listeners, and any `dispatchEvent` that a plugin put on its signal, which may throw. */
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
 * The context of one handler call. All fields are private and read through the frozen prototype, so
 * creating one costs next to nothing.
 */
class HandlerContext implements PluginContext {
  #step: HandlerStep;
  #run: AnyRun;
  /**
   * Created when the signal is read, or when the turn is ended early and the signal aborts.
   * Creating one costs as much as many calls of handlers.
   */
  #controller: AbortController | undefined;

  constructor(step: HandlerStep, run: AnyRun) {
    this.#step = step;
    this.#run = run;
  }

  get plugin(): PluginContext["plugin"] {
    return this.#step.plugin.identity;
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

  /** Returns the turn that a context belongs to; `undefined` for any other value. */
  static originOf(value: unknown): Origin | undefined {
    if (!HandlerContext.#is(value)) return undefined;
    HandlerContext.#assertLive(value);
    return { run: value.#run, step: value.#step, context: value };
  }

  /** Returns the run and the handler of a context, even after the turn has ended. */
  static partOf(context: PluginContext): Omit<Origin, "context"> | undefined {
    return #run in context ? { run: context.#run, step: context.#step } : undefined;
  }

  /** False once the handler's turn has been ended early. */
  static isOngoing(context: PluginContext): boolean {
    return #run in context && !HandlerContext.#isEnded(context);
  }

  /** Whether the context's handler may still act in its run. */
  static isLive(context: PluginContext): boolean {
    return (
      #run in context && !HandlerContext.#isEnded(context) && !context.#run.isOver(context.#step)
    );
  }

  static #isEnded(context: HandlerContext): boolean {
    const controller = context.#controller;
    return controller !== undefined && isAborted(signalAtLoad(controller));
  }

  /** Returns the host's handle for an accessor, if the plugin declared the capability. */
  static handleFor(value: unknown, { capability, accessor, spelling }: Service): unknown {
    if (!HandlerContext.#is(value)) {
      const text = `${spelling} works on the context of a handler only`;
      throw new CapabilityError(text, "unknown", capability, spelling);
    }
    const { plugin, handles } = value.#step;
    // Checked before the lookup, so that no plugin can find out what the host supplies.
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
// A handler has an instance, and must not reach the class through it.
Reflect.deleteProperty(HandlerContext.prototype, "constructor");
Object.freeze(HandlerContext.prototype);
Object.freeze(HandlerContext);

/** Returns the context class of a host. Hosts without services share one. */
export function contextClassWith(services: readonly Service[]): ContextClass {
  if (services.length === 0) return HandlerContext;
  class ServiceContext extends HandlerContext {
    // Explicit, because V8 passes the arguments of an implicit constructor through the array
    // iterator, and a patched iterator would see the step and the run.
    constructor(step: HandlerStep, run: AnyRun) {
      super(step, run);
    }
  }
  const { prototype } = ServiceContext;
  for (const service of services) {
    // A method, so that it has no `prototype` and cannot be called with `new`.
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
