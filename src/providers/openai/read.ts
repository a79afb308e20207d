/** Reads an OpenAI document, as on the wire or as the SDK returns it. */
import type * as z from "zod/mini";
import { isProxy } from "../../core/data/intrinsics.ts";
import { GlassineError } from "../../core/errors/index.ts";
import { readDocumentAgain } from "../rewrite/index.ts";
import type { JsonObject } from "./json.ts";

/** A document format: its name, the field that identifies it, and the name of its functions. */
interface Format {
  readonly what: string;
  readonly field: string;
  readonly name: string;
}

export const formats = {
  chatRequest: { what: "chat completion request", field: "messages", name: "ChatRequest" },
  chatResponse: { what: "chat completion", field: "choices", name: "ChatResponse" },
  responsesRequest: { what: "responses request", field: "input", name: "ResponsesRequest" },
  responsesResponse: { what: "response", field: "output", name: "ResponsesResponse" },
  embeddingsRequest: { what: "embeddings request", field: "input", name: "EmbeddingsRequest" },
} as const satisfies { readonly [format: string]: Format };

/**
 * Returns a function that reads a document of this format.
 *
 * @throws GlassineError `document_invalid`
 */
/* @__NO_SIDE_EFFECTS__ */
export function reader(schema: z.ZodMiniType, format: Format) {
  return (document: unknown, previous?: object): JsonObject => {
    refuseOther(document, format);
    const own = withoutComputed(document);
    return readDocumentAgain(schema, own, format.what, previous) as JsonObject;
  };
}

/** Refuses a document of another format, which might pass the schema and show nothing. */
function refuseOther(document: unknown, { what, field }: Format): void {
  if (!isReadable(document) || Object.hasOwn(document, field)) return;
  const other = Object.values(formats).find((format) => Object.hasOwn(document, format.field));
  if (other === undefined) return;
  const found = `It has ${other.field} but no ${field}, so it looks like a ${other.what}.`;
  const advice = `Use from${other.name} and to${other.name} for that.`;
  const problem = { path: [field], expected: `the field ${field}`, received: "nothing" };
  throw new GlassineError("document_invalid", `The ${what} is not readable. ${found} ${advice}`, {
    problems: [{ ...problem, code: "document_invalid" }],
  });
}

/** The SDK computes this getter for parsed answers. It is not on the wire. */
const computed = "output_parsed";

function withoutComputed(document: unknown): unknown {
  if (!isReadable(document)) return document;
  if (Object.getOwnPropertyDescriptor(document, computed)?.get === undefined) return document;
  const { [computed]: _, ...own } = Object.getOwnPropertyDescriptors(document);
  return Object.defineProperties({}, own);
}

/** Whether its own properties can be inspected without running its code. */
function isReadable(document: unknown): document is object {
  return typeof document === "object" && document !== null && !isProxy(document);
}
