/** Reads a document of OpenAI, as it is on the wire or as the SDK hands it out. */
import type * as z from "zod";
import { readDocument } from "../../documents/index.ts";
import type { JsonObject } from "./json.ts";

/** @throws GlassineError `document_invalid` */
export function read(schema: z.ZodType, document: unknown, what: string): JsonObject {
  return readDocument(schema, wireForm(document), what) as JsonObject;
}

/** The SDK hides the id of the HTTP request on what it returns. It is no part of the document. */
const hidden = "_request_id";

function wireForm(document: unknown): unknown {
  if (typeof document !== "object" || document === null) return document;
  const found = Object.getOwnPropertyDescriptor(document, hidden);
  if (found === undefined || found.enumerable) return document;
  const { [hidden]: _, ...own } = Object.getOwnPropertyDescriptors(document) as Readonly<
    Record<string, PropertyDescriptor>
  >;
  return Object.defineProperties({}, own);
}
