/** Reads what an author or operator wrote: each property once, without running a getter or a trap. */
import * as z from "zod/mini";
import { intrinsics } from "../data/index.ts";
import { quoteName } from "../hooks/index.ts";

export { quoteName };

const { arrayPrototype, getOwnPropertyDescriptor, getPrototypeOf, hasOwn, isArray, isProxy } =
  intrinsics;

/** Receives each problem: the field it is about, and a sentence. */
export type Report = (field: string, message: string) => void;

/** A name without quotes where it is a clean one, else quoted and escaped. */
export function nameOrQuoted(name: string): string {
  return /^[A-Za-z0-9_.-]{1,64}$/.test(name) ? name : quoteName(name);
}

/** The own data properties of a plain object, on a record without a prototype. */
export function readPlainObject(
  value: unknown,
  field: string,
  report: Report,
): Record<string, unknown> | undefined {
  const properties = propertiesOf(value);
  if (properties === undefined) {
    report(field, `${field} must be a plain object`);
    return undefined;
  }
  const values: Record<string, unknown> = Object.create(null);
  if (Object.getOwnPropertySymbols(properties).length > 0)
    report(field, `${field} has a symbol as key`);
  for (const [key, property] of Object.entries(properties)) {
    if (hasOwn(property, "value")) values[key] = property.value;
    else report(key, `${quoteName(key)} must be a value, not a getter`);
  }
  return values;
}

/** `undefined` for a proxy, an instance of a class, and what throws when it is read. */
function propertiesOf(value: unknown): Record<string, PropertyDescriptor> | undefined {
  if (typeof value !== "object" || value === null || isProxy(value)) return undefined;
  try {
    const prototype = Object.getPrototypeOf(value);
    const isPlain = prototype === Object.prototype || prototype === null;
    return isPlain ? Object.getOwnPropertyDescriptors(value) : undefined;
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

/** A plain array of `item`, copied and frozen. `text` says what is expected. */
export function plainList<Item extends z.core.$ZodType>(item: Item, text: string, max?: number) {
  const plain = z.transform((value: unknown): unknown => readPlainArray(value, max));
  return z.pipe(plain, z.readonly(z.array(item, text)));
}

/** A plain object as `schema` has it, copied and frozen. */
export function plainObject<Fields extends z.core.$ZodType>(schema: Fields) {
  const plain = z.transform((value: unknown): unknown => {
    let isPlain = true;
    const values = readPlainObject(value, "", () => {
      isPlain = false;
    });
    return isPlain ? values : undefined;
  });
  return z.pipe(plain, z.readonly(schema));
}

/** The own values that are not `undefined`. */
export function withoutMissing(fields: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
