import { type ErrorCode, GlassineError } from "../errors/index.ts";
import { otherThanPlain } from "./type-name.ts";

/**
 * Refuses what is not a table: definitions by name.
 *
 * @throws GlassineError with `code`, that of an invalid definition in such a table
 */
export function expectTable(table: unknown, code: ErrorCode, call: string): void {
  const other = otherThanPlain(table);
  if (other === undefined) return;
  const text = `${call} expects an object with a definition for each name, got ${other}.`;
  throw new GlassineError(code, text);
}
