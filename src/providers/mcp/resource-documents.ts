import { type ContentPart, messageOfPlain } from "../../core/messages/index.ts";
import {
  itemsOf,
  objectsIn,
  type Path,
  type Reading,
  readBlocks,
  writeBlocks,
} from "../rewrite/index.ts";
import { contentsBlocks } from "./blocks.ts";
import type { Onto, RequestOptions, ServerOptions } from "./call-options.ts";
import { documentReader, documentWriter } from "./converter.ts";
import type { JsonObject } from "./json.ts";
import { type McpSlot, mcpSlot } from "./mcp-slot.ts";
import { noMessage, type OnePart, reader, writer } from "./one-part.ts";
import { checkHead, lossReporter, mcpReading, readOf, reportRest, settingsOf } from "./report.ts";
import { resourceRequestSchema, resourceResultSchema } from "./schemas.ts";

/** MCP reads whole resources, by URI. */
const resourceRequest: OnePart<"resource_ref"> = {
  what: "resource request",
  schema: resourceRequestSchema,
  role: "user",
  type: "resource_ref",
  fixed: ({ id }) => ({
    resource_request_id: id,
    resource_type: "uri",
    name: undefined,
    range_start: undefined,
    range_end: undefined,
    selector: undefined,
  }),
  read(params, reading, at) {
    reportRest(reading, params, ["uri"], at, settingsOf.params);
    return { uri: params.uri };
  },
  write({ uri }, before, lost, at) {
    if (uri === "" && before?.uri !== "") lost.add([...at, "uri"], "A resource needs a URI.");
    return { ...before, uri };
  },
};

/**
 * Reads the params of `resources/read` as a message with one `resource_ref`.
 *
 * @throws GlassineError `options_invalid`, `document_invalid`
 * @see spec `mcp:resource-request`
 */
export const fromResourceRequest = reader<RequestOptions & ServerOptions, McpSlot>(
  "fromResourceRequest",
  resourceRequest,
  ({ uri }, options) => mcpSlot("resource", { uri: String(uri) }, options),
);

/**
 * Writes a message with one `resource_ref` as the params of `resources/read`. MCP reads whole
 * resources, so a range or a selector is reported.
 *
 * @throws GlassineError `options_invalid`, `message_invalid` without such a part
 * @throws GlassineError `document_invalid` for `onto`
 * @see spec `mcp:resource-request`, `mcp:onto`
 */
export const toResourceRequest = writer<RequestOptions & Onto, "resource_ref">(
  "toResourceRequest",
  resourceRequest,
);

const result = { what: "resource result", schema: resourceResultSchema };

/** The contents of a result. One that asks for input (2026-07-28) has none. */
function contentsIn(result: JsonObject, reading: Reading) {
  const from = { blocks: objectsIn(result.contents), pathOfBlock: itemsOf(["contents"]) };
  return { ...from, ...readBlocks(contentsBlocks, from, reading, "contents") };
}

/**
 * Reads the result of `resources/read` as a message with a `resource` for each of its contents.
 *
 * `blob` keeps MCP's base64 string.
 *
 * @throws GlassineError `options_invalid`; `document_invalid`, also for both a text and a blob
 * @see spec `mcp:resource-result`
 */
export const fromResourceResult = documentReader(
  "fromResourceResult",
  result,
  (document, reading) => {
    reportRest(reading, document, ["contents"], [], settingsOf.result);
    const message = messageOfPlain({ role: "tool", content: contentsIn(document, reading).parts });
    return readOf([message], {}, reading);
  },
);

/**
 * Writes a message with parts of type `resource` as the result of `resources/read`.
 *
 * @throws GlassineError `options_invalid`, `message_invalid` without a message
 * @throws GlassineError `document_invalid` for `onto`
 * @see spec `mcp:resource-result`, `mcp:onto`
 */
export const toResourceResult = documentWriter(
  "toResourceResult",
  result,
  (messages, before, lost, { id }) => {
    if (messages.length === 0) throw noMessage("with parts of type resource");
    const found: { readonly part: ContentPart; readonly at: Path }[] = [];
    for (const [m, message] of messages.entries()) {
      if (message.role !== "tool") lost.add([m, "role"], "The role must be tool here.");
      if (m > 0) lost.add([m], "MCP takes one message here; its parts are added to the first.");
      checkHead(message, lost, [m]);
      for (const [p, part] of message.content.entries()) {
        const at = [m, "content", p];
        if (part.content_type === "resource") found.push({ part, at });
        else lost.add(at, "An MCP result holds only parts of type resource here.");
      }
    }
    const reading = mcpReading({ id });
    const old = contentsIn(before ?? {}, reading);
    const { content: parts } = messageOfPlain({ role: "tool", content: old.parts });
    const contents = writeBlocks(
      { ...lossReporter(reading, lost), table: contentsBlocks, place: "contents" },
      found.map(({ part }) => part),
      { ...old, parts },
      (i) => found[i]?.at ?? [],
    );
    const isAsking = before !== undefined && before.contents === undefined && found.length === 0;
    return { ...before, contents: isAsking ? undefined : contents };
  },
);
