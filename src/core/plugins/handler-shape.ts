/** Whether a function can be a handler, and whether it takes extensions. Decided once. */
import { match } from "ts-pattern";
import { intrinsics } from "../data/index.ts";
import { oneLine } from "../hooks/index.ts";
import { quoteName } from "./read-plain.ts";

const { apply, getOwnPropertyDescriptor, getPrototypeOf, isProxy } = intrinsics;
const { isExtensible } = Object;
const { toString: sourceText } = Function.prototype;

/** Why a function is no handler. */
export interface HandlerFault {
  readonly fault: "proxy" | "class" | "generator";
}

const generators = [
  Object.getPrototypeOf(function* () {}),
  Object.getPrototypeOf(async function* () {}),
] as const;

/**
 * A class shows by its fixed `prototype`, a generator by its own; the arity is the function's
 * own `length`, where that is plain data. One that takes no parameter is a handler like any other.
 */
export function handlerFault(
  handler: unknown,
  declared: boolean | undefined,
): HandlerFault | { readonly extensions: boolean } {
  if (isProxy(handler)) return { fault: "proxy" };
  const fn = handler as object;
  if (generators.includes(getPrototypeOf(fn))) return { fault: "generator" };
  if (isClass(fn)) return { fault: "class" };
  if (declared !== undefined) return { extensions: declared };
  const length: unknown = getOwnPropertyDescriptor(fn, "length")?.value;
  return { extensions: typeof length === "number" && length >= 3 };
}

/** Freezing a function fixes its `prototype`, too. Then the engine's own record of it decides. */
function isClass(fn: object): boolean {
  if (getOwnPropertyDescriptor(fn, "prototype")?.writable !== false) return false;
  return isExtensible(fn) || !/^(?:async\s+)?function\b/.test(apply(sourceText, fn, []));
}

/** Why a function is no handler of a hook, as a sentence. */
export function handlerFaultText(hook: string, { fault }: HandlerFault): string {
  const handler = `handler for hook ${quoteName(hook)}`;
  return match(fault)
    .with("class", () => `${handler} is a class; it must be a function that can be called`)
    .with(
      "generator",
      () => `${handler} is a generator; it must be a function that returns a result`,
    )
    .with("proxy", () => `${handler} is a proxy; wrap it in a function`)
    .exhaustive();
}

const maxName = 64;

/** The function's own name where that is plain data, on one line; `handler` where it has none. */
export function nameOfHandler(handler: object): string {
  // It is refused, and until then no trap of it runs.
  if (isProxy(handler)) return "handler";
  const given: unknown = getOwnPropertyDescriptor(handler, "name")?.value;
  const line = typeof given === "string" ? oneLine(given, maxName) : "";
  return line === "" ? "handler" : line;
}
