/** What a handler is handed as second argument. */
import { intrinsics } from "../../admit/index.ts";
import { GlassineError } from "../../errors/index.ts";
import type { Invocation } from "./invocation.ts";
import type { Step } from "./program.ts";
import { requestOf, stateOf } from "./scope.ts";

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

/** What a handler knows of its run. Its fields are read-only; only `state` is the plugin's own. */
export interface PluginContext {
  readonly plugin: { readonly name: string; readonly version: string };
  /** The hook that was invoked; for a covering hook, the point. */
  readonly hook: string;
  /** The capabilities in force, implied ones included, sorted. */
  readonly capabilities: readonly string[];
  /** The plugin's own configuration, frozen. */
  readonly config: unknown;
  /** Further facts of the operation, from the host. */
  readonly operation: Readonly<Record<string, unknown>> | undefined;
  /** The id of the request. */
  readonly request: string;
  /** Aborts at the handler's deadline and when the host aborts. */
  readonly signal: AbortSignal;
  /** Private to this plugin for this request. */
  readonly state: Map<unknown, unknown>;
}

/** A handler's turn in its run. */
export interface Origin {
  readonly run: Invocation;
  readonly step: Step;
  readonly context: HandlerContext;
}

/** Ends a handler's turn early: its signal aborts. @internal */
export let endTurn: (context: HandlerContext) => void;
/** Whose turn a context belongs to, or `undefined` for anything else. @internal */
export let originOf: (value: unknown) => Origin | undefined;
/** False once a handler's turn was ended early. @internal */
export let isOngoing: (context: HandlerContext) => boolean;
let assertLive: (context: HandlerContext) => void;

/**
 * One per call of a handler. Everything is private and read through the prototype, which is
 * frozen; so making one costs next to nothing.
 */
export class HandlerContext implements PluginContext {
  #step: Step;
  #run: Invocation;
  /** Made when the signal is asked for: making one costs as much as many handlers. */
  #controller: AbortController | undefined;
  /** Whether the turn was ended early. */
  #over = false;

  constructor(step: Step, run: Invocation) {
    this.#step = step;
    this.#run = run;
  }

  get plugin(): { readonly name: string; readonly version: string } {
    return this.#step.identity;
  }
  get hook(): string {
    return this.#run.program.hook;
  }
  get capabilities(): readonly string[] {
    return this.#step.plugin.capabilities;
  }
  get config(): unknown {
    return this.#step.plugin.config;
  }
  get operation(): Readonly<Record<string, unknown>> | undefined {
    return this.#run.wishes.operation;
  }
  get request(): string {
    return requestOf(this.#run.scope);
  }
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortControllerAtLoad();
      if (this.#over || this.#run.isOver(this.#step)) abortAtLoad(this.#controller);
    }
    return signalAtLoad(this.#controller);
  }
  get state(): Map<unknown, unknown> {
    assertLive(this);
    return stateOf(this.#run.scope, this.#step.plugin);
  }

  static {
    endTurn = (context) => {
      context.#over = true;
      if (context.#controller !== undefined) abortAtLoad(context.#controller);
    };
    originOf = (value) => {
      if (typeof value !== "object" || value === null || !(#run in value)) return undefined;
      const context = value as HandlerContext;
      assertLive(context);
      return { run: context.#run, step: context.#step, context };
    };
    isOngoing = (context) => !context.#over;
    assertLive = (context) => {
      if (!context.#over && !context.#run.isOver(context.#step)) return;
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
