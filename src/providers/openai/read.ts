/** Reads a document of OpenAI, as it is on the wire or as the SDK hands it out. */
import type * as z from "zod";
import { intrinsics } from "../../core/data/index.ts";
import { GlassineError } from "../../core/errors/index.ts";
import { readDocument } from "../rewrite/index.ts";
import type { JsonObject } from "./json.ts";

/** What a function reads: the field that such a document has, and the functions for it. */
interface Format {
  readonly what: string;
  readonly field: string;
  readonly functions: string;
}

export const chatRequest: Format = {
  what: "chat completion request",
  field: "messages",
  functions: "fromChatRequest and toChatRequest",
};
export const chatResponse: Format = {
  what: "chat completion",
  field: "choices",
  functions: "fromChatResponse and toChatResponse",
};
export const responsesRequest: Format = {
  what: "responses request",
  field: "input",
  functions: "fromResponsesRequest and toResponsesRequest",
};
export const responsesResponse: Format = {
  what: "response",
  field: "output",
  functions: "fromResponsesResponse and toResponsesResponse",
};
const formats = [chatRequest, chatResponse, responsesRequest, responsesResponse];

/** @throws GlassineError `document_invalid` */
export function read(schema: z.ZodType, document: unknown, format: Format): JsonObject {
  refuseOther(document, format);
  return readDocument(schema, withoutComputed(document), format.what) as JsonObject;
}

/** A document of another format may have all that this one needs, and would show nothing. */
function refuseOther(document: unknown, { what, field }: Format): void {
  if (!isReadable(document) || Object.hasOwn(document, field)) return;
  const other = formats.find((format) => Object.hasOwn(document, format.field));
  if (other === undefined) return;
  const came = `The ${what} is not readable. It has ${other.field} and no ${field}, as a ${other.what} has.`;
  const problem = { path: [field], expected: `the ${field} of a ${what}`, received: "nothing" };
  throw new GlassineError("document_invalid", `${came} For that there are ${other.functions}.`, {
    problems: [{ ...problem, code: "document_invalid" }],
  });
}

/** Where the SDK parses an answer, it works this out when it is asked. It is not on the wire. */
const computed = "output_parsed";

function withoutComputed(document: unknown): unknown {
  if (!isReadable(document)) return document;
  const { [computed]: found, ...own } = Object.getOwnPropertyDescriptors(document) as Readonly<
    Record<string, PropertyDescriptor>
  >;
  if (found?.get === undefined) return document;
  return Object.defineProperties({}, own);
}

/** Whether its own properties can be looked at without running code of it. */
function isReadable(document: unknown): document is object {
  return typeof document === "object" && document !== null && !intrinsics.isProxy(document);
}
