/** Which classes were declared with `defineProcedure`, also by another copy of this library. */
import { intrinsics } from "../../../core/data/index.ts";

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
