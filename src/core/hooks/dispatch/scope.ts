/** What one request carries from one invocation to the next. */
import { apply, create, dateNow, weakGet, weakSet } from "../../data/intrinsics.ts";

const MapAtLoad = Map;
const WeakMapAtLoad = WeakMap;
const { random } = Math;
const { toString: numberText } = Number.prototype;
const inBase36 = (value: number): string => apply(numberText, value, [36]);
let counter = 0;

/** A plugin, identified by the id of its definition. */
interface Owner {
  readonly id: number;
}

/** Makes a request id: sortable, unique in this process and, with good odds, beyond it. */
function freshId(): string {
  counter += 1;
  const time = inBase36(dateNow());
  const chance = inBase36((random() * 0x1_0000_0000) >>> 0);
  return `req-${time}-${chance}-${inBase36(counter)}`;
}

/** Keyed by plugin id. No prototype: a patched map could hand one plugin's state to another. */
interface States {
  [plugin: string]: Map<unknown, unknown>;
}

interface Facts {
  id: string | undefined;
  states: States;
  /**
   * The manager that the scope is for, if it is a nested run's, because then a plugin gets hold of
   * it. Without this, the plugin could make a manager with other settings, and run another plugin
   * there with the state that it has in the host's manager.
   */
  readonly madeFor: object | undefined;
  /** The states of the plugins, for each manager that takes part in the request. */
  byRuntime: WeakMap<object, States> | undefined;
}

function factsWith(id: string | undefined): Facts {
  const states = create(null) as States;
  return { id, states, madeFor: undefined, byRuntime: undefined };
}

/**
 * Carries a request's id and each plugin's private state. Opaque: a host passes it from the result
 * of one `invoke` to the options of the next, and can read only the id.
 */
export class RequestScope {
  /** Created on demand: each result has a scope, and most are never read. */
  #facts: Facts | undefined;

  constructor(id: string | undefined) {
    this.#facts = id === undefined ? undefined : factsWith(id);
  }

  /** The id of the request: the host's, or a fresh one. */
  get request(): string {
    return requestOf(this);
  }

  static #factsOf(scope: RequestScope): Facts {
    scope.#facts ??= factsWith(undefined);
    return scope.#facts;
  }

  static #with(facts: Facts): RequestScope {
    const scope = new RequestScope(undefined);
    scope.#facts = facts;
    return scope;
  }

  /** Returns the request's id, whatever the object's own properties say. @internal */
  static requestOf(scope: RequestScope): string {
    const facts = RequestScope.#factsOf(scope);
    facts.id ??= freshId();
    return facts.id;
  }

  /** Returns the private state of one plugin. Only its own context asks for it. @internal */
  static stateOf(scope: RequestScope, plugin: Owner): Map<unknown, unknown> {
    const { states } = RequestScope.#factsOf(scope);
    // Keyed by definition: another plugin with the same name gets its own.
    const state = states[plugin.id] ?? new MapAtLoad();
    states[plugin.id] = state;
    return state;
  }

  /** Returns a scope with the same private state and another request id. @internal */
  static renamedScope(scope: RequestScope, id: string): RequestScope {
    return RequestScope.#with({ ...RequestScope.#factsOf(scope), id });
  }

  /** Returns the scope for a run on manager `to` that a handler of `from` starts. @internal */
  static nestedScope(scope: RequestScope, id: string, from: object, to: object): RequestScope {
    const facts = RequestScope.#factsOf(scope);
    facts.byRuntime ??= new WeakMapAtLoad();
    const { byRuntime } = facts;
    weakSet(byRuntime, from, facts.states);
    const states = weakGet(byRuntime, to) ?? (create(null) as States);
    weakSet(byRuntime, to, states);
    return RequestScope.#with({ id, states, madeFor: to, byRuntime });
  }

  /** Returns the scope that a manager uses, given the one of an earlier result. @internal */
  static scopeIn(scope: RequestScope, runtime: object): RequestScope {
    const madeFor = scope.#facts?.madeFor;
    return madeFor === undefined || madeFor === runtime
      ? scope
      : nestedScope(scope, requestOf(scope), madeFor, runtime);
  }

  /** Whether `value` is a scope of this library. @internal */
  static isScope(value: unknown): value is RequestScope {
    return typeof value === "object" && value !== null && #facts in value;
  }
}
export const { requestOf, stateOf, renamedScope, nestedScope, scopeIn } = RequestScope;
export const isScope: (value: unknown) => value is RequestScope = RequestScope.isScope;
// A host may pass a scope on. Nobody must reach a plugin's state through it.
Reflect.deleteProperty(RequestScope.prototype, "constructor");
Object.freeze(RequestScope.prototype);
Object.freeze(RequestScope);
