/** Reads what a class has by descriptors, so that no getter, trap or method of it runs. */
import { intrinsics } from "../../../core/data/index.ts";

const { getOwnPropertyDescriptor, getPrototypeOf, isProxy } = intrinsics;
const { toString: sourceText } = Function.prototype;

/** Whether a value was written as a class. */
export function isClass(value: unknown): value is object {
  if (typeof value !== "function" || isProxy(value)) return false;
  return /^class\b/.test(sourceText.call(value));
}

/** The word for what was loaded in place of a class. */
export function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (isProxy(value)) return "proxy";
  return Array.isArray(value) ? "array" : typeof value;
}

/**
 * A property of an object or of what it inherits from, not read. Behind a proxy nothing is looked
 * for: to ask it would run its traps.
 *
 * Every class has a `name`, which is no statement of its author: that one cannot be enumerated.
 */
export function propertyOf(holder: object, key: string): PropertyDescriptor | undefined {
  for (let at: object | null = holder; at !== null; at = getPrototypeOf(at)) {
    if (isProxy(at)) return undefined;
    const found = getOwnPropertyDescriptor(at, key);
    const isImplied = key === "name" && found?.enumerable === false;
    if (found !== undefined && !isImplied) return found;
  }
  return undefined;
}

/** The texts of a plain array; `undefined` for anything else. */
export function textsOf(value: unknown): readonly string[] | undefined {
  if (isProxy(value) || !Array.isArray(value) || value.length > maxTexts) return undefined;
  const texts: string[] = [];
  for (let at = 0; at < value.length; at++) {
    const text: unknown = getOwnPropertyDescriptor(value, at)?.value;
    if (typeof text !== "string") return undefined;
    texts.push(text);
  }
  return texts;
}

const maxTexts = 1000;

const mark: unique symbol = Symbol.for("glassine.procedure") as never;

/** Whether it worked: a frozen class takes no mark. */
export function markProcedure(procedureClass: object): boolean {
  return Reflect.defineProperty(procedureClass, mark, { value: true });
}

/**
 * The mark is a class's own: what extends it was looked at by nobody. Anybody can set it, and says
 * no more by it than that the methods give promises, which a host awaits anyway.
 */
export function isDefinedProcedure(value: unknown): boolean {
  if (typeof value !== "function" || intrinsics.isProxy(value)) return false;
  return intrinsics.getOwnPropertyDescriptor(value, mark)?.value === true;
}
