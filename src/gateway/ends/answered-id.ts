/**
 * Whose answer a line was that is too long to be read, by how it begins and ends.
 *
 * Servers write the members of the protocol together, before the result or after it. What is at the
 * ends of a JSON object is a member of it: nothing that it quotes or holds can stand there.
 */
import { attempt } from "../../core/data/index.ts";
import type { RequestId } from "./end.ts";

/** More than the longest id takes. */
export const edgeLength = 8192;

const version = String.raw`"jsonrpc"\s*:\s*"2\.0"`;
const id = String.raw`"id"\s*:\s*(-?\d+|"[^"\\]*")`;
const content = String.raw`"(?:result|error)"\s*:`;
const before = new RegExp(String.raw`^\s*\{\s*${version}\s*,\s*${id}\s*,\s*${content}`);
const begins = new RegExp(String.raw`^\s*\{\s*(?:${version}\s*,\s*)?${content}`);
const after = new RegExp(
  String.raw`,\s*(?:${version}\s*,\s*)?${id}\s*(?:,\s*${version}\s*)?\}\s*$`,
);

/** Undefined for what is no answer, or written in another way. */
export function answeredId(head: string, tail: string): RequestId | undefined {
  const found = before.exec(head) ?? (begins.test(head) ? after.exec(tail) : null);
  const written = found?.[1];
  if (written === undefined) return undefined;
  // What looks like an id may be no JSON, such as `007`.
  return attempt(() => JSON.parse(written) as RequestId);
}
