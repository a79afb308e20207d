/** What belongs to one request across several invocations. */
import { apply, create, dateNow, weakGet, weakSet } from "../../data/intrinsics.ts";

const MapAtLoad = Map;
const WeakMapAtLoad = WeakMap;
const { random } = Math;
const { toString: numberText } = Number.prototype;
const inBase36 = (value: number): string => apply(numberText, value, [36]);
let counter = 0;

/** A plugin, by the id of its definition. */
interface Owner {
  readonly id: number;
}

/** A fresh request id: sortable, unique in this process and, with good odds, beyond. */
function freshId(): string {
  counter += 1;
  const time = inBase36(dateNow());
  const chance = inBase36((random() * 0x1_0000_0000) >>> 0);
  return `req-${time}-${chance}-${inBase36(counter)}`;
}

/** By plugin id. Without a prototype: no patched map hands one plugin's state to another. */
interface States {
  [plugin: string]: Map<unknown, unknown>;
}

interface Facts {
  id: string | undefined;
  states: States;
  /**
   * The manager it is for, if it comes from a nested run and so gets into a plugin's hands. Otherwise
   * a plugin could make a manager with other settings and run another plugin there, on the state
   * that it has in the host's manager.
   */
  readonly home: object | undefined;
  /** The states that plugins have with each manager of the request. */
  byRuntime: WeakMap<object, States> | undefined;
}

function factsWith(id: string | undefined): Facts {
  const states = create(null) as States;
  return { id, states, home: undefined, byRuntime: undefined };
}

/**
 * Carries a request's id and each plugin's private state. Opaque: a host hands it from the
 * result of one `invoke` to the options of the next, and can read only the id.
 */
export class RequestScope {
  /** Made on demand: each result holds a scope, and most are never read. */
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

  /** The id of the request, whatever is found on the object. @internal */
  static requestOf(scope: RequestScope): string {
    const facts = RequestScope.#factsOf(scope);
    facts.id ??= freshId();
    return facts.id;
  }

  /** The private state of one plugin; only its own context asks for it. @internal */
  static stateOf(scope: RequestScope, plugin: Owner): Map<unknown, unknown> {
    const { states } = RequestScope.#factsOf(scope);
    // By the very definition: another plugin of the same name gets its own.
    const state = states[plugin.id] ?? new MapAtLoad();
    states[plugin.id] = state;
    return state;
  }

  /** The same private state under another request id. @internal */
  static renamedScope(scope: RequestScope, id: string): RequestScope {
    return RequestScope.#with({ ...RequestScope.#factsOf(scope), id });
  }

  /** The same request for a run that a handler of one manager has another run. @internal */
  static nestedScope(scope: RequestScope, id: string, from: object, to: object): RequestScope {
    const facts = RequestScope.#factsOf(scope);
    facts.byRuntime ??= new WeakMapAtLoad();
    const { byRuntime } = facts;
    weakSet(byRuntime, from, facts.states);
    const states = weakGet(byRuntime, to) ?? (create(null) as States);
    weakSet(byRuntime, to, states);
    return RequestScope.#with({ id, states, home: to, byRuntime });
  }

  /** The scope that a manager uses, given that of an earlier result. @internal */
  static scopeIn(scope: RequestScope, runtime: object): RequestScope {
    const home = scope.#facts?.home;
    return home === undefined || home === runtime
      ? scope
      : nestedScope(scope, requestOf(scope), home, runtime);
  }

  /** Whether `value` is a scope of this library. @internal */
  static isScope(value: unknown): value is RequestScope {
    return typeof value === "object" && value !== null && #facts in value;
  }
}
export const { requestOf, stateOf, renamedScope, nestedScope, scopeIn } = RequestScope;
export const isScope: (value: unknown) => value is RequestScope = RequestScope.isScope;
// A host may pass a scope on: nobody reaches another plugin's state from it.
Reflect.deleteProperty(RequestScope.prototype, "constructor");
Object.freeze(RequestScope.prototype);
Object.freeze(RequestScope);
