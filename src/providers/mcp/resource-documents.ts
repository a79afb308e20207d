import { type Message, messageOfPlain } from "../../core/messages/index.ts";
import { type Read, readDocument, type Written, withLimits } from "../rewrite/index.ts";
import { align, placesGone } from "./align.ts";
import {
  type Onto,
  type RequestOptions,
  readRequestOptions,
  type ServerOptions,
} from "./call-options.ts";
import type { JsonObject } from "./json.ts";
import { type McpSlot, resourceSlot } from "./mcp-slot.ts";
import { checkCall, noMessage, onlyPartOf } from "./only-part.ts";
import {
  checkHead,
  leftReports,
  lostReports,
  readMessages,
  readOf,
  readOnto,
  removedReporterIn,
  reportRest,
  settingsOf,
  written,
} from "./report.ts";
import {
  checkResource,
  contentsFields,
  type Resource,
  readResource,
  reportResource,
  writeResource,
} from "./resource-fields.ts";
import { resourceRequestSchema, resourceResultSchema } from "./schemas.ts";

/**
 * The params of `resources/read` as a message: one `resource_ref`.
 *
 * @throws GlassineError `options_invalid`, `document_invalid`
 * @see spec `mcp:resource-request`
 */
export const fromResourceRequest = withLimits(
  "fromResourceRequest",
  (params: object, given: RequestOptions & ServerOptions): Read<McpSlot> => {
    const options = readRequestOptions(given, "fromResourceRequest");
    const document = readDocument(resourceRequestSchema, params, "resource request");
    const left = leftReports();
    reportRest(document, ["uri"], left, [], settingsOf.params);
    const { uri } = document;
    const content = { resource_request_id: options.id, uri, resource_type: "uri" } as const;
    const message = messageOfPlain({
      role: "user",
      content: [{ content_type: "resource_ref", content }],
    });
    return readOf([message], resourceSlot(uri, options), left.list());
  },
);

/**
 * The params of `resources/read` for a message with one `resource_ref`. MCP reads whole resources:
 * a range or a selector is reported.
 *
 * @throws GlassineError `options_invalid`, `message_invalid` without such a part
 * @throws GlassineError `document_invalid` for `onto`
 * @see spec `mcp:resource-request`, `mcp:onto`
 */
export const toResourceRequest = withLimits(
  "toResourceRequest",
  (messages: readonly Message[], options: RequestOptions & Onto): Written<object> => {
    const { id, onto } = readRequestOptions(options, "toResourceRequest");
    const lost = lostReports();
    const found = onlyPartOf(messages, "user", "resource_ref", lost);
    const { content, at } = found;
    checkCall(found, "resource_request_id", content.resource_request_id, id, lost);
    checkCall(found, "resource_type", content.resource_type, "uri", lost);
    for (const key of ["name", "range_start", "range_end", "selector"] as const) {
      if (content[key] !== undefined) lost.add([...at, key], "MCP reads whole resources, by URI.");
    }
    const before = readOnto(resourceRequestSchema, onto, "resource request");
    if (content.uri === "" && before?.uri !== "")
      lost.add([...at, "uri"], "A resource needs a URI.");
    return written({ ...before, uri: content.uri }, "resource request", lost);
  },
);

/**
 * The result of `resources/read` as a message: a `resource` for each of its contents.
 *
 * `blob` keeps the base64 text of MCP.
 *
 * @throws GlassineError `options_invalid`; `document_invalid`, also for both a text and a blob
 * @see spec `mcp:resource-result`
 */
export const fromResourceResult = withLimits(
  "fromResourceResult",
  (result: object, options: RequestOptions): Read => {
    const { id } = readRequestOptions(options, "fromResourceResult");
    const document = readDocument(resourceResultSchema, result, "resource result");
    const left = leftReports();
    reportRest(document, ["contents"], left, [], settingsOf.result);
    const content = contentsOf(document).map((item, place) => {
      reportResource(item, contentsFields, [], left, ["contents", place], settingsOf.contents);
      const resource = readResource(item, contentsFields, id, undefined);
      return { content_type: "resource", content: resource } as const;
    });
    return readOf([messageOfPlain({ role: "tool", content })], {}, left.list());
  },
);

/**
 * The result of `resources/read` for a message with parts of type `resource`.
 *
 * @throws GlassineError `options_invalid`, `message_invalid` without a message
 * @throws GlassineError `document_invalid` for `onto`
 * @see spec `mcp:resource-result`, `mcp:onto`
 */
export const toResourceResult = withLimits(
  "toResourceResult",
  (messages: readonly Message[], options: RequestOptions & Onto): Written<object> => {
    const { id, onto } = readRequestOptions(options, "toResourceResult");
    const read = readMessages(messages);
    if (read.length === 0) throw noMessage("with parts of type resource");
    const lost = lostReports();
    const resources: Resource[] = [];
    const paths: (string | number)[][] = [];
    for (const [m, message] of read.entries()) {
      if (message.role !== "tool") lost.add([m, "role"], "The role must be tool here.");
      if (m > 0) lost.add([m], "MCP takes one message here; its parts are added to the first.");
      checkHead(message, lost, [m]);
      for (const [p, part] of message.content.entries()) {
        if (part.content_type === "resource") {
          resources.push(part.content);
          paths.push([m, "content", p, "content"]);
        } else lost.add([m, "content", p], "An MCP result holds only parts of type resource here.");
      }
    }
    const before = readOnto(resourceResultSchema, onto, "resource result");
    const originals = before === undefined ? [] : contentsOf(before);
    const { shown, left } = before === undefined ? nothing : shownResources(before, id);
    const pairs = align(shown, resources);
    const removed = removedReporterIn(left, lost);
    for (const place of placesGone(shown, pairs)) removed(["contents", place]);
    const contents = resources.map((resource, place) => {
      const { at, isSame } = pairs[place] ?? { at: undefined, isSame: false };
      const original = at === undefined ? undefined : originals[at];
      if (isSame && original !== undefined) return original;
      const path = paths[place] ?? [];
      checkResource(resource, contentsFields, id, lost, path);
      if (Object.keys(resource.annotations).length > 0) {
        lost.add([...path, "annotations"], "MCP contents have no annotations.");
      }
      if (resource.content === undefined && resource.blob === undefined) {
        lost.add(path, "MCP contents hold text or a blob.");
      }
      const known = at === undefined ? undefined : shown[at];
      return writeResource(resource, contentsFields, original ?? {}, known);
    });
    const isAsking =
      before !== undefined && before.contents === undefined && resources.length === 0;
    return written({ ...before, ...(!isAsking && { contents }) }, "resource result", lost);
  },
);

/** One that asks for input (2026-07-28) has none. */
function contentsOf({ contents = [] }: { readonly contents?: readonly JsonObject[] | undefined }) {
  return contents;
}

const nothing = { shown: [], left: [] } as const;

/** The contents as `fromResourceResult` showed them. */
function shownResources(document: object, id: string) {
  const { messages, left } = fromResourceResult(document, { id });
  const shown = (messages[0]?.content ?? []).flatMap((part) =>
    part.content_type === "resource" ? [part.content] : [],
  );
  return { shown, left };
}
