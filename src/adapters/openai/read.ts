/** Reads a document of OpenAI, as it is on the wire or as the SDK hands it out. */
import type * as z from "zod";
import { intrinsics } from "../../admit/index.ts";
import { readDocument } from "../../documents/index.ts";
import type { JsonObject } from "./json.ts";

/** @throws GlassineError `document_invalid` */
export function read(schema: z.ZodType, document: unknown, what: string): JsonObject {
  return readDocument(schema, withoutComputed(document), what) as JsonObject;
}

/** Where the SDK parses an answer, it works this out when it is asked. It is not on the wire. */
const computed = "output_parsed";

function withoutComputed(document: unknown): unknown {
  if (typeof document !== "object" || document === null || intrinsics.isProxy(document)) {
    return document;
  }
  const { [computed]: found, ...own } = Object.getOwnPropertyDescriptors(document) as Readonly<
    Record<string, PropertyDescriptor>
  >;
  if (found?.get === undefined) return document;
  return Object.defineProperties({}, own);
}
