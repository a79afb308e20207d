/**
 * Finds which request an overlong line answers, or is, from its beginning and end alone.
 *
 * Peers write the protocol's members together, before or after the others. Text at either end of
 * a JSON object belongs to the object itself: nothing nested or quoted can be there.
 */
import { attempt } from "../../core/data/index.ts";
import type { RequestId } from "./transport.ts";

/** Enough for the longest id. */
export const edgeLength = 8192;

const version = String.raw`"jsonrpc"\s*:\s*"2\.0"`;
const id = String.raw`"id"\s*:\s*(-?\d+|"[^"\\]*")`;
const after = new RegExp(
  String.raw`,\s*(?:${version}\s*,\s*)?${id}\s*(?:,\s*${version}\s*)?\}\s*$`,
);

/** Makes a function that finds the id of a message with one of these members. */
function idBeside(members: string) {
  const content = String.raw`"(?:${members})"\s*:`;
  const before = new RegExp(String.raw`^\s*\{\s*${version}\s*,\s*${id}\s*,\s*${content}`);
  const begins = new RegExp(String.raw`^\s*\{\s*(?:${version}\s*,\s*)?${content}`);
  return (head: string, tail: string): RequestId | undefined => {
    const found = before.exec(head) ?? (begins.test(head) ? after.exec(tail) : null);
    const written = found?.[1];
    if (written === undefined) return undefined;
    // A match may not be valid JSON, for example `007`.
    return attempt(() => JSON.parse(written) as RequestId);
  };
}

/** Returns undefined if the line is not an answer, or is written in another way. */
export const answeredId = idBeside("result|error");
/** Returns undefined if the line is not a request, or is written in another way. */
export const askedId = idBeside("method|params");
