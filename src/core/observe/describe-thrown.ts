/**
 * Describes in words what was thrown, without running any of its code.
 *
 * Own data properties are read through descriptors, and the class through the prototype chain. No
 * getter is called and no proxy is touched. If the runtime cannot recognize a proxy, its traps run;
 * whatever they throw is caught.
 */
import {
  apply,
  execPattern,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  includes,
  isProxy,
  ownData,
  some,
  symbolDescription,
} from "../data/intrinsics.ts";
import { violationOf } from "../hooks/index.ts";

/** What was thrown, for a record. Neither field is redacted or cut. */
export interface Described {
  /** The name of a class or type: letters, digits, `_`, `$` and dots, at most 64 of them. */
  readonly type: string;
  readonly text: string;
}

/** The library's own names for failures. A plugin's error cannot use them. */
export const ownErrorTypes: readonly string[] = ["timeout", "ContractViolation", "crash"];

const thrownDenial = "What deny returned was thrown: return it, or throw a RejectError.";
const noText = "What was thrown has no readable message.";
const cleanName = /^[A-Za-z_$][A-Za-z0-9_$.]{0,63}$/;
const maxClasses = 32;

/** Other types that everybody knows: of what `fetch` throws, and of what is not an error. */
const commonTypes = ["AbortError", "TimeoutError", "Object", "string", "number"];

/** The classes of errors by prototype, with the names they had when the library loaded. */
const known: readonly { readonly prototype: object; readonly name: string }[] = [
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
  AggregateError,
].map(({ prototype, name }) => ({ prototype, name }));

/** Whether a type is one that everybody knows. No secret needs to be removed from its name. */
export function isStandardType(type: string): boolean {
  return includes(commonTypes, type) || some(known, ({ name }) => name === type);
}

/** The name and message of a `DOMException` are getters of the runtime, and safe to call. */
const domPrototype: object = DOMException.prototype;
const domName = getOwnPropertyDescriptor(domPrototype, "name")?.get;
const domMessage = getOwnPropertyDescriptor(domPrototype, "message")?.get;

/** Describes anything that was thrown or that a promise was rejected with. Never throws. */
export function describeThrown(thrown: unknown): Described {
  try {
    return described(thrown);
  } catch {
    return { type: "Object", text: noText };
  }
}

function described(thrown: unknown): Described {
  switch (typeof thrown) {
    case "string":
      return { type: "string", text: thrown };
    case "symbol":
      return { type: "symbol", text: `Symbol(${symbolDescription(thrown) ?? ""})` };
    case "function":
      return { type: "function", text: "A function was thrown." };
    case "object":
      break;
    default:
      return { type: typeof thrown, text: `${thrown as number}` };
  }
  if (thrown === null) return { type: "null", text: "null" };
  if (isProxy(thrown)) return { type: "Proxy", text: "A proxy was thrown." };
  if (violationOf(thrown) !== undefined) return { type: "Denial", text: thrownDenial };
  return { type: typeOf(thrown), text: textOf(thrown) };
}

function textOf(thrown: object): string {
  const message =
    ofDomException(thrown, domMessage) ?? find(thrown, (holder) => ownData(holder, "message"));
  return message === undefined || message === "" ? noText : message;
}

function typeOf(thrown: object): string {
  const given = ofDomException(thrown, domName) ?? find(thrown, nameAt);
  if (given === undefined || execPattern(cleanName, given) === null) return "Object";
  return includes(ownErrorTypes, given) ? "Error" : given;
}

/** Returns the name of an object or a prototype: its own, or its class's. */
function nameAt(holder: object): unknown {
  for (let i = 0; i < known.length; i++) {
    const each = known[i] as (typeof known)[number];
    if (holder === each.prototype) return each.name;
  }
  const name = ownData(holder, "name");
  if (typeof name === "string") return name;
  const ofClass = ownData(holder, "constructor");
  return typeof ofClass === "function" && !isProxy(ofClass) ? ownData(ofClass, "name") : undefined;
}

/** Returns the first string found on the object or along its prototype chain. */
function find(thrown: object, at: (holder: object) => unknown): string | undefined {
  let holder: object | null = thrown;
  for (let i = 0; i < maxClasses && holder !== null && !isProxy(holder); i++) {
    const found = at(holder);
    if (typeof found === "string") return found;
    holder = getPrototypeOf(holder);
  }
  return undefined;
}

/** Calls a getter of `DOMException`, which throws for an object that the runtime did not make. */
function ofDomException(thrown: object, getter: (() => unknown) | undefined): string | undefined {
  if (getter === undefined || getPrototypeOf(thrown) !== domPrototype) return undefined;
  const found: unknown = apply(getter, thrown, []);
  return typeof found === "string" ? found : undefined;
}
