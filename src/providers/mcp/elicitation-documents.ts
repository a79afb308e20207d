import { answeredDocument, askedDocument } from "./asked.ts";
import type { Onto, RequestOptions } from "./call-options.ts";
import { reader, writer } from "./one-part.ts";
import { elicitationRequestSchema, elicitationResultSchema } from "./schemas.ts";

const method = "elicitation/create";
const asked = /* @__PURE__ */ askedDocument(
  method,
  elicitationRequestSchema,
  "elicitation request",
);
const answered = /* @__PURE__ */ answeredDocument(
  method,
  elicitationResultSchema,
  "elicitation result",
);

/**
 * Reads the params of `elicitation/create` as a message with one `tool_call` of that name.
 *
 * A server's question to a person is shown as a call. Its `arguments` are the params: `message`,
 * `mode`, and the form's `requestedSchema` or the page's `url`. `_meta` and `task` are in `left`.
 *
 * @throws GlassineError `options_invalid`, `document_invalid`
 * @see spec `mcp:elicitation-request`
 */
export const fromElicitationRequest = reader<RequestOptions>("fromElicitationRequest", asked);

/**
 * Writes a message with one `tool_call` of that name as the params of `elicitation/create`.
 *
 * @throws GlassineError `options_invalid`, `message_invalid` without such a part
 * @throws GlassineError `document_invalid` for `onto`, and
 * for arguments that are neither a form nor a page
 * @see spec `mcp:elicitation-request`, `mcp:onto`
 */
export const toElicitationRequest = writer<RequestOptions & Onto, "tool_call">(
  "toElicitationRequest",
  asked,
);

/**
 * Reads the result of `elicitation/create` as a message with one `tool_result`. Its `content` is
 * the result: `action` and, if a person accepted, the `content` that they entered.
 *
 * @throws GlassineError `options_invalid`, `document_invalid`
 * @see spec `mcp:elicitation-result`
 * @example
 * ```ts
 * import { fromElicitationResult } from "glassine/mcp";
 *
 * const { messages } = fromElicitationResult(
 *   { action: "accept", content: { email: "ada@example.com" } },
 *   { id: "7" },
 * );
 * const [part] = messages[0]?.content ?? [];
 * if (part?.content_type === "tool_result") console.log(part.content.tool_name); // elicitation/create
 * ```
 */
export const fromElicitationResult = reader<RequestOptions>("fromElicitationResult", answered);

/**
 * Writes a message with one `tool_result` of that name as the result of `elicitation/create`.
 *
 * @throws GlassineError `options_invalid`, `message_invalid` without such a part
 * @throws GlassineError `document_invalid` for `onto`, and
 * for a content without an action
 * @see spec `mcp:elicitation-result`, `mcp:onto`
 */
export const toElicitationResult = writer<RequestOptions & Onto, "tool_result">(
  "toElicitationResult",
  answered,
);
