/**
 * Reads what an author, an operator or a host wrote: each property once, running no getter and no
 * trap.
 */
import { attempt, typeName } from "../data/index.ts";
import {
  arrayPrototype,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  hasOwn,
  isArray,
  isNativePromise,
  isProxy,
} from "../data/intrinsics.ts";
import { quoteName } from "../errors/index.ts";

/** Receives each problem: the field it is about, and a sentence. */
type Report = (field: string, message: string) => void;

/** Reads the own data properties of a plain object onto a record without a prototype. */
export function readPlainObject(
  value: unknown,
  field: string,
  report: Report,
): Record<string, unknown> | undefined {
  const properties = propertiesOf(value);
  if (properties === undefined) {
    const type = typeName(value);
    // Asking what a revoked proxy is would throw.
    const isPromise = type === "object" && !isProxy(value) && isNativePromise(value);
    const got = isPromise ? "a promise" : type === "object" ? "an object of a class" : type;
    report(field, `${field} must be a plain object, got ${got}`);
    return undefined;
  }
  const values: Record<string, unknown> = Object.create(null);
  if (Object.getOwnPropertySymbols(properties).length > 0)
    report(field, `${field} has a symbol as key`);
  // Not by entries: a patched iterator of arrays would get hold of the host's services.
  for (const key of Object.keys(properties)) {
    const property = properties[key] as PropertyDescriptor;
    if (hasOwn(property, "value")) values[key] = property.value;
    else report(key, `${quoteName(key)} must be a value, not a getter`);
  }
  return values;
}

/** Returns `undefined` for anything else, such as an object that throws when it is read. */
function propertiesOf(value: unknown): Record<string, PropertyDescriptor> | undefined {
  if (isProxy(value)) return undefined;
  return attempt(() => {
    const prototype = Object.getPrototypeOf(value);
    const isPlain = prototype === Object.prototype || prototype === null;
    return isPlain ? Object.getOwnPropertyDescriptors(value as object) : undefined;
  });
}

/** How long a plain array may be, unless its reader says otherwise. Messages name it. */
export const maxItems = 1000;

/** Reads the elements of a plain array, each once; `undefined` for anything else, or too many. */
export function readPlainArray(value: unknown, max = maxItems): readonly unknown[] | undefined {
  if (isProxy(value) || !isArray(value)) return undefined;
  if (value.length > max || getPrototypeOf(value) !== arrayPrototype) return undefined;
  const items: unknown[] = [];
  for (let i = 0; i < value.length; i++) {
    const descriptor = getOwnPropertyDescriptor(value, i);
    if (descriptor === undefined || !hasOwn(descriptor, "value")) return undefined;
    items.push(descriptor.value);
  }
  return items;
}
