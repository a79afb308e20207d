/** Makes parts of messages: checked, defaults filled in, frozen. */

import { create } from "../data/intrinsics.ts";
import type { Compiled } from "../schema/index.ts";
import { compileMessage, readHost } from "./message.ts";
import type { PartInput } from "./message-types.generated.ts";
import type { Part, PartKind } from "./part-types.ts";
import { partSchemas } from "./schemas.ts";

/** What the function that makes a part accepts: fields with a default may be left out. */
export type PartContent<Kind extends PartKind> =
  Extract<PartInput, { readonly content_type: Kind }> extends { readonly content: infer Content }
    ? Content
    : never;

const readers: Readonly<Record<string, Compiled>> = Object.assign(
  create(null),
  Object.fromEntries(
    partSchemas.map((schema) => [
      schema.shape.content_type._zod.def.values[0],
      compileMessage(schema),
    ]),
  ),
);

function make<Kind extends PartKind>(kind: Kind, fields: object): Part<Kind> {
  const reader = readers[kind] as Compiled;
  const part = { content_type: kind, ...fields };
  return readHost(reader, part, "message_invalid", `${kind} part`) as Part<Kind>;
}

type MakePart<Kind extends PartKind> = (content: PartContent<Kind>) => Part<Kind>;
const maker =
  <Kind extends PartKind>(kind: Kind): MakePart<Kind> =>
  (content) =>
    make(kind, { content });

/**
 * A text part.
 *
 * @throws GlassineError `message_invalid` if it is not a string
 * @example
 * ```ts
 * import { createMessage, text } from "glassine/messages";
 *
 * const message = createMessage({ role: "user", content: [text("Ahoy")] });
 * console.log(message.content[0]); // { content_type: 'text', text: 'Ahoy' }
 * ```
 */
export function text(value: string): Part<"text"> {
  return make("text", { text: value });
}

/** Text that a model thought but did not say. @throws GlassineError `message_invalid` */
export function thinking(value: string): Part<"thinking"> {
  return make("thinking", { text: value });
}

/**
 * A tool call. `arguments` is an object, and empty by default.
 *
 * @throws GlassineError `message_invalid`, with every problem and its path in `data.problems`
 * @example
 * ```ts
 * import { toolCall } from "glassine/messages";
 *
 * const call = toolCall({ tool_call_id: "c-1", name: "add", arguments: { a: 1, b: 2 } });
 * console.log(call.content.arguments.a); // 1
 * ```
 */
export const toolCall: MakePart<"tool_call"> = maker("tool_call");

/** The result of a tool. `content` is any JSON. @throws GlassineError `message_invalid` */
export const toolResult: MakePart<"tool_result"> = maker("tool_result");

/**
 * A resource with its text in `content`, its bytes in `blob`, or neither; not both.
 *
 * @throws GlassineError `message_invalid`
 */
export const resource: MakePart<"resource"> = maker("resource");

/** A reference to a resource, or to a range of it. @throws GlassineError `message_invalid` */
export const resourceRef: MakePart<"resource_ref"> = maker("resource_ref");

/** A request for a prompt. @throws GlassineError `message_invalid` */
export const promptRequest: MakePart<"prompt_request"> = maker("prompt_request");

/** The result of a prompt: messages, or a string. @throws GlassineError `message_invalid` */
export const promptResult: MakePart<"prompt_result"> = maker("prompt_result");

/**
 * An image, at a URL or inline as base64.
 *
 * @throws GlassineError `message_invalid`
 * @example
 * ```ts
 * import { image } from "glassine/messages";
 *
 * const pier = image({ type: "url", data: "https://media.example/pier.png" });
 * console.log(pier.content.type); // url
 * ```
 */
export const image: MakePart<"image"> = maker("image");

/** A video; `duration_ms` in milliseconds. @throws GlassineError `message_invalid` */
export const video: MakePart<"video"> = maker("video");

/** Sound; `duration_ms` in milliseconds. @throws GlassineError `message_invalid` */
export const audio: MakePart<"audio"> = maker("audio");

/** A document, such as a PDF. @throws GlassineError `message_invalid` */
export const document: MakePart<"document"> = maker("document");
