/** The kinds of MCP documents: how each is made, read and written. */
import { specTypeSchemas as v2 } from "@modelcontextprotocol/client";
import * as v1 from "@modelcontextprotocol/sdk/types.js";
import fc from "fast-check";
import * as mcp from "glassine/mcp";
import type { Message } from "glassine/messages";
import type * as z from "zod";
import { isObject, type Level } from "./data.ts";
import { jsonData, providerValues } from "./provider-values.ts";
import { mapOf, texts } from "./schema-values.ts";

const id = "call-7";
const call = { id, name: "the tool" };

export interface Kind {
  readonly name: string;
  /** The SDKs' own schemas, of both eras. */
  readonly schemas: readonly z.ZodType[];
  readonly documents: fc.Arbitrary<Level>;
  readonly from: (document: object) => mcp.Read;
  readonly over: (messages: readonly Message[], onto: object) => mcp.Written<object>;
  /** Writes without `onto`; what a host has in slots or options is taken from the document. */
  readonly fresh: (messages: readonly Message[], document: Level) => mcp.Written<object>;
  /** Paths that no message holds, but that `fresh` receives or fills in itself. */
  readonly unshown?: readonly string[];
  /** A document as `fresh` writes it, with the defaults that the docs state. */
  readonly canonical: (document: Level) => Level;
}

/** Fields of the 2026-07-28 wire format, which SDKs strip before their types apply. */
const modernResult = fc.record(
  {
    resultType: fc.constant("complete"),
    ttlMs: fc.nat(),
    cacheScope: fc.constantFrom("public", "private"),
  },
  { requiredKeys: [] },
);
/** The answer of a tool that continues as a task, and other values in its place. */
const begun = fc.record({
  task: fc.oneof(
    fc.record(
      { taskId: texts, status: fc.constant("working"), statusMessage: texts, later: jsonData },
      { requiredKeys: ["taskId"] },
    ),
    jsonData,
  ),
});
const modernRequest = fc.record(
  { requestState: texts, inputResponses: mapOf(texts, jsonData, 1) },
  { requiredKeys: [] },
);

/** Fields that messages have no room for; `bare` drops them from many documents. */
const settings = [
  "_meta",
  "annotations",
  "title",
  "icons",
  "task",
  "modelPreferences",
  "includeContext",
  "temperature",
  "stopSequences",
  "metadata",
  "tools",
  "toolChoice",
  "resultType",
  "ttlMs",
  "cacheScope",
  "requestState",
  "inputResponses",
];

function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare);
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([key]) => !settings.includes(key));
  const nested = ["messages", "content", "contents", "resource"];
  return Object.fromEntries(
    kept.map(([key, item]) => [key, nested.includes(key) ? bare(item) : item]),
  );
}

const schema = (value: unknown) => value as z.ZodType;
const made = (schemas: readonly z.ZodType[], more: fc.Arbitrary<object>) =>
  fc
    .tuple(fc.oneof(...schemas.map(providerValues)), fc.oneof(fc.constant({}), more))
    .map(([document, fields]) => ({ ...fields, ...(document as object) }) as Level)
    .chain((document) => fc.constantFrom(document, bare(document) as Level));

const same = (document: Level) => document;
const withArguments = (document: Level) => ({ ...document, arguments: document.arguments ?? {} });

/** `isError: false` means the same as its absence. */
function withoutFalse(item: Level): Level {
  const { isError, ...rest } = item;
  return isError === false ? rest : item;
}

function turnWithoutFalse(turn: Level): Level {
  const { content } = turn;
  const clean = (block: unknown) => withoutFalse(block as Level);
  return { ...turn, content: Array.isArray(content) ? content.map(clean) : clean(content) };
}

const toolCall = [schema(v1.CallToolRequestParamsSchema), schema(v2.CallToolRequestParams)];
const toolResult = [schema(v1.CallToolResultSchema), schema(v2.CallToolResult)];
const promptRequest = [schema(v1.GetPromptRequestParamsSchema), schema(v2.GetPromptRequestParams)];
const promptResult = [schema(v1.GetPromptResultSchema), schema(v2.GetPromptResult)];
const resourceRequest = [
  schema(v1.ReadResourceRequestParamsSchema),
  schema(v2.ReadResourceRequestParams),
];
const resourceResult = [schema(v1.ReadResourceResultSchema), schema(v2.ReadResourceResult)];
const samplingRequest = [
  schema(v1.CreateMessageRequestParamsSchema),
  schema(v2.CreateMessageRequestParams),
];
const samplingResult = [
  schema(v1.CreateMessageResultSchema),
  schema(v1.CreateMessageResultWithToolsSchema),
  schema(v2.CreateMessageResultWithTools),
];
const elicitationRequest = [schema(v1.ElicitRequestParamsSchema), schema(v2.ElicitRequestParams)];
const elicitationResult = [schema(v1.ElicitResultSchema), schema(v2.ElicitResult)];

export const kinds: Kind[] = [
  {
    name: "the params of tools/call",
    schemas: toolCall,
    documents: made(toolCall, modernRequest),
    from: (document) => mcp.fromToolCall(document, { id }),
    over: (messages, onto) => mcp.toToolCall(messages, { id, onto }),
    fresh: (messages) => mcp.toToolCall(messages, { id }),
    canonical: withArguments,
  },
  {
    name: "the result of tools/call",
    schemas: toolResult,
    documents: made(toolResult, fc.oneof(modernResult, begun)),
    from: (document) => mcp.fromToolResult(document, call),
    over: (messages, onto) => mcp.toToolResult(messages, { ...call, onto }),
    fresh: (messages) => mcp.toToolResult(messages, call),
    canonical: withoutFalse,
  },
  {
    name: "the params of prompts/get",
    schemas: promptRequest,
    documents: made(promptRequest, modernRequest),
    from: (document) => mcp.fromPromptRequest(document, { id, serverId: "s" }),
    over: (messages, onto) => mcp.toPromptRequest(messages, { id, serverId: "s", onto }),
    fresh: (messages) => mcp.toPromptRequest(messages, { id, serverId: "s" }),
    canonical: withArguments,
  },
  {
    name: "the result of prompts/get",
    schemas: promptResult,
    documents: made(promptResult, modernResult),
    from: (document) => mcp.fromPromptResult(document, call),
    over: (messages, onto) => mcp.toPromptResult(messages, { ...call, onto }),
    fresh: (messages) => mcp.toPromptResult(messages, call),
    canonical: same,
  },
  {
    name: "the params of resources/read",
    schemas: resourceRequest,
    documents: made(resourceRequest, modernRequest),
    from: (document) => mcp.fromResourceRequest(document, { id }),
    over: (messages, onto) => mcp.toResourceRequest(messages, { id, onto }),
    fresh: (messages) => mcp.toResourceRequest(messages, { id }),
    canonical: same,
  },
  {
    name: "the result of resources/read",
    schemas: resourceResult,
    documents: made(resourceResult, modernResult),
    from: (document) => mcp.fromResourceResult(document, { id }),
    over: (messages, onto) => mcp.toResourceResult(messages, { id, onto }),
    fresh: (messages) => mcp.toResourceResult(messages, { id }),
    canonical: same,
  },
  {
    name: "the params of sampling/createMessage",
    unshown: ["maxTokens"],
    schemas: samplingRequest,
    documents: made(samplingRequest, fc.constant({})),
    from: (document) => mcp.fromSamplingRequest(document, { id }),
    over: (messages, onto) => mcp.toSamplingRequest(messages, { id, onto }),
    fresh: (messages, { maxTokens }) =>
      mcp.toSamplingRequest(messages, { id, maxTokens: Number(maxTokens ?? 1) }),
    canonical: (document) => ({
      ...document,
      messages: (document.messages as Level[]).map(turnWithoutFalse),
    }),
  },
  {
    name: "the result of sampling/createMessage",
    schemas: samplingResult,
    documents: made(samplingResult, fc.constant({})),
    from: (document) => mcp.fromSamplingResult(document, { id }),
    over: (messages, onto) => mcp.toSamplingResult(messages, { id, onto }),
    fresh: (messages, document) =>
      mcp.toSamplingResult(messages, {
        id,
        completion:
          document.model === undefined
            ? { model: "m" }
            : mcp.fromSamplingResult(document, { id }).extensions.completion,
      }),
    canonical: turnWithoutFalse,
  },
  {
    name: "the params of elicitation/create",
    schemas: elicitationRequest,
    documents: made(elicitationRequest, fc.constant({})),
    from: (document) => mcp.fromElicitationRequest(document, { id }),
    over: (messages, onto) => mcp.toElicitationRequest(messages, { id, onto }),
    fresh: (messages) => mcp.toElicitationRequest(messages, { id }),
    canonical: same,
  },
  {
    name: "the result of elicitation/create",
    schemas: elicitationResult,
    documents: made(elicitationResult, fc.constant({})),
    from: (document) => mcp.fromElicitationResult(document, { id }),
    over: (messages, onto) => mcp.toElicitationResult(messages, { id, onto }),
    fresh: (messages) => mcp.toElicitationResult(messages, { id }),
    canonical: same,
  },
];

/** The errors of answers, which have JSON-RPC's own type. */
const errorShape = fc.record(
  { code: fc.integer(), message: texts, data: jsonData, vendor: jsonData },
  { requiredKeys: ["code", "message"] },
);
const jsonRpcError = [schema(v1.JSONRPCErrorResponseSchema.shape.error)];
const errorKind = {
  schemas: jsonRpcError,
  documents: errorShape,
};
/** If the code is not shown, a fresh error has the code of an internal error. */
const withoutCode = {
  ...errorKind,
  unshown: ["code"],
  canonical: (document: Level) => ({ ...document, code: -32603 }),
};

kinds.push(
  {
    ...errorKind,
    canonical: same,
    name: "the error of tools/call",
    from: (error) => mcp.fromToolError(error, call),
    over: (messages, onto) => mcp.toToolError(messages, { ...call, onto }),
    fresh: (messages) => mcp.toToolError(messages, call),
  },
  {
    ...withoutCode,
    name: "the error of prompts/get",
    from: (error) => mcp.fromPromptError(error, call),
    over: (messages, onto) => mcp.toPromptError(messages, { ...call, onto }),
    fresh: (messages) => mcp.toPromptError(messages, call),
  },
  {
    ...withoutCode,
    name: "the error of resources/read",
    from: (error) => mcp.fromResourceError(error),
    over: (messages, onto) => mcp.toResourceError(messages, { onto }),
    fresh: (messages) => mcp.toResourceError(messages, {}),
  },
);

/** What a server can ask for in a result of 2026-07-28. */
const embedded = fc.oneof(
  fc.record({
    method: fc.constant("sampling/createMessage"),
    params: providerValues(schema(v2.CreateMessageRequestParams)),
  }),
  fc.record({
    method: fc.constant("elicitation/create"),
    params: providerValues(schema(v2.ElicitRequestParams)),
  }),
  fc.record(
    { method: fc.constant("roots/list"), params: mapOf(texts, jsonData, 1) },
    { requiredKeys: ["method"] },
  ),
  fc.record({ method: fc.constant("vendor/else"), params: mapOf(texts, jsonData, 1) }),
);

const answers: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  "sampling/createMessage": providerValues(schema(v2.CreateMessageResultWithTools)),
  "elicitation/create": providerValues(schema(v2.ElicitResult)),
  "roots/list": providerValues(schema(v2.ListRootsResult)),
};

const inputKeys = fc.oneof(texts, fc.constant("__proto__"));

/** A result that asks for input. */
export const askingResults: fc.Arbitrary<Level> = fc.record(
  {
    resultType: fc.constant("input_required"),
    inputRequests: mapOf(inputKeys, embedded, 3),
    requestState: texts,
    _meta: mapOf(texts, jsonData, 1),
  },
  { requiredKeys: ["resultType"] },
);

/** The same with params that answer it, perhaps with one answer that was not asked for. */
export const answeredResults = askingResults.chain((asked) => {
  const requests = Object.entries((asked.inputRequests ?? {}) as Record<string, Level>);
  const answered = requests.map(([key, { method }]) =>
    fc.tuple(fc.constant(key), answers[String(method)] ?? mapOf(texts, jsonData, 1)),
  );
  const stray = fc.tuple(fc.constant("not asked for"), mapOf(texts, jsonData, 1));
  const responses = fc
    .tuple(fc.option(stray, { nil: undefined }), ...answered)
    .map((entries) => Object.fromEntries(entries.filter((entry) => entry !== undefined)));
  return responses.map((inputResponses) => ({
    asked,
    params: { name: "t", inputResponses, requestState: "s" } as Level,
  }));
});
