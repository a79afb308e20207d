/** Reads what somebody else put together: by descriptors, each property once, no getter run. */
import { intrinsics } from "../data/index.ts";
import { quoteName } from "../hooks/index.ts";

export { quoteName };

const {
  arrayPrototype,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  hasOwn,
  isArray,
  isProxy,
  objectPrototype,
  ownKeys,
} = intrinsics;

/** Told of each problem: the field it is about, and a sentence. */
export type Report = (field: string, message: string) => void;

/** A name without quotes where it is a clean one, else quoted and escaped. */
export function nameOrQuoted(name: string): string {
  return /^[A-Za-z0-9_.-]{1,64}$/.test(name) ? name : quoteName(name);
}

/** The own data properties of a plain object; anything else is a problem, and no getter runs. */
export function readPlainObject(
  value: unknown,
  field: string,
  report: Report,
): Record<string, unknown> | undefined {
  if (typeof value !== "object" || value === null || isProxy(value) || isArray(value)) {
    report(field, `${field} must be a plain object`);
    return undefined;
  }
  const prototype = getPrototypeOf(value);
  if (prototype !== objectPrototype && prototype !== null) {
    report(field, `${field} must be a plain object, not an instance of a class`);
    return undefined;
  }
  const properties = ownProperties(value);
  if (properties === undefined) {
    report(field, `${field} must be a plain object, not one that throws when it is read`);
    return undefined;
  }
  const values: Record<string, unknown> = Object.create(null);
  for (const [key, descriptor] of properties) {
    if (typeof key !== "string") report(field, `${field} has a symbol as key`);
    else if (descriptor === undefined || !hasOwn(descriptor, "value")) {
      report(key, `${quoteName(key)} must be a value, not a getter`);
    } else values[key] = descriptor.value;
  }
  return values;
}

/** A global of another context can pass for a plain object; reading it runs code, which can throw. */
function ownProperties(value: object) {
  try {
    return ownKeys(value).map((key) => [key, getOwnPropertyDescriptor(value, key)] as const);
  } catch {
    return undefined;
  }
}

/** The elements of a plain array, each read once; `undefined` for anything else, or too many. */
export function readPlainArray(value: unknown, max = 1000): readonly unknown[] | undefined {
  if (typeof value !== "object" || value === null || isProxy(value) || !isArray(value))
    return undefined;
  if (value.length > max || getPrototypeOf(value) !== arrayPrototype) return undefined;
  const items: unknown[] = [];
  for (let i = 0; i < value.length; i++) {
    const descriptor = getOwnPropertyDescriptor(value, i);
    if (descriptor === undefined || !hasOwn(descriptor, "value")) return undefined;
    items.push(descriptor.value);
  }
  return items;
}
