/** What callers import. A changed line here is a line in CHANGELOG.md. */
import { existsSync, readFileSync } from "node:fs";
import * as root from "glassine";
import { expect, it } from "vitest";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

/** The names of the types that an entry exports. */
function typesOf(path: string): readonly string[] {
  const blocks = [...read(path).matchAll(/^export (type )?\{([^}]*)\}/gm)];
  const names = blocks.flatMap(([, all, list = ""]) =>
    list
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "" && (all !== undefined || name.startsWith("type ")))
      .map((name) => name.replace(/^type /, "")),
  );
  return names.sort();
}

it("the root entry", () => {
  expect(Object.keys(root).sort()).toEqual([
    "GlassineError",
    "ManifestError",
    "TierViolationError",
    "addLabels",
    "allow",
    "amend",
    "appendHop",
    "audio",
    "capabilities",
    "checkDataAction",
    "createExtensions",
    "createMessage",
    "createPluginManager",
    "declassify",
    "decodeError",
    "decodeExtensions",
    "decodeMessage",
    "decodeResult",
    "decodeTask",
    "defineHook",
    "defineHost",
    "definePlugin",
    "defineSlots",
    "deny",
    "detectTampering",
    "document",
    "encodeError",
    "encodeExtensions",
    "encodeInvokeResult",
    "encodeMessage",
    "encodeResult",
    "encodeTask",
    "errorCodes",
    "filterExtensions",
    "freezePayload",
    "getHeader",
    "hasLabel",
    "headerMap",
    "hookNames",
    "image",
    "instant",
    "isGlassineError",
    "jsonObject",
    "jsonValue",
    "labelSet",
    "labelsFromAnnotations",
    "labelsFromIfc",
    "matchesPattern",
    "memoryLabelStore",
    "mergeExtensions",
    "messageSchema",
    "promptRequest",
    "promptResult",
    "removeHeader",
    "resolveCapabilities",
    "resource",
    "resourceRef",
    "serializeView",
    "setCustom",
    "setHeader",
    "slotNames",
    "stampResult",
    "stringSet",
    "text",
    "thinking",
    "toPolicyInput",
    "toolCall",
    "toolResult",
    "video",
    "viewsOf",
    "wholeNumber",
    "withSlots",
  ]);
});

it("the types of the root entry", () => {
  expect(typesOf("src/index.ts")).toEqual([
    "Allow",
    "AnnotationLabels",
    "Answer",
    "BackgroundCounts",
    "Capability",
    "Changed",
    "CloseOptions",
    "CloseReport",
    "Conditions",
    "ContentPart",
    "CreateOptions",
    "DataEntity",
    "DataPolicy",
    "DataViolation",
    "Declassification",
    "DeclassificationRecord",
    "DecodeMessageOptions",
    "DecodeOptions",
    "DecodeResultOptions",
    "DecodeTaskOptions",
    "DecodeWireOptions",
    "Decoded",
    "DecodedMessage",
    "DecodedResult",
    "Denial",
    "DenyInput",
    "EncodeErrorOptions",
    "EncodeInvokeResultOptions",
    "EncodeResultOptions",
    "ErrorCode",
    "ExecutionRecord",
    "Extensions",
    "HookEntry",
    "HookHandler",
    "HookName",
    "HookSpec",
    "HookTable",
    "HopInput",
    "Host",
    "HostDefinition",
    "IfcLabels",
    "InvokeError",
    "InvokeOptions",
    "InvokeResult",
    "Json",
    "LabelStore",
    "Limits",
    "Manager",
    "ManagerOptions",
    "ManifestProblem",
    "MemoryLabelStoreOptions",
    "MergeOptions",
    "Merged",
    "Message",
    "MessageInput",
    "Mode",
    "ObjectProfile",
    "OnError",
    "Part",
    "PartContent",
    "PartKind",
    "PartView",
    "Plugin",
    "PluginContext",
    "PluginItem",
    "PluginManager",
    "PluginManifest",
    "PolicyInput",
    "PolicyInputOptions",
    "Problem",
    "RealmChange",
    "Rejection",
    "RunSettings",
    "SerializeOptions",
    "SerializedContext",
    "SerializedView",
    "SlotSpec",
    "SlotTable",
    "Status",
    "Task",
    "Tier",
    "Turn",
    "View",
    "ViewAction",
    "ViewKind",
    "ViewedExtensions",
    "ViewsOptions",
    "Violation",
    "WireExecution",
  ]);
});

const mcp = "src/adapters/mcp/index.ts";

it.skipIf(!existsSync(new URL(`../../${mcp}`, import.meta.url)))("the mcp entry", async () => {
  expect(Object.keys(await import("glassine/mcp")).sort()).toEqual([
    "fromElicitationRequest",
    "fromElicitationResult",
    "fromInputRequests",
    "fromInputResponses",
    "fromPromptError",
    "fromPromptRequest",
    "fromPromptResult",
    "fromResourceError",
    "fromResourceRequest",
    "fromResourceResult",
    "fromSamplingRequest",
    "fromSamplingResult",
    "fromTask",
    "fromToolCall",
    "fromToolError",
    "fromToolResult",
    "guardErrorCodes",
    "guardTransport",
    "toElicitationRequest",
    "toElicitationResult",
    "toInputRequests",
    "toInputResponses",
    "toPromptError",
    "toPromptRequest",
    "toPromptResult",
    "toResourceError",
    "toResourceRequest",
    "toResourceResult",
    "toSamplingRequest",
    "toSamplingResult",
    "toTask",
    "toToolCall",
    "toToolError",
    "toToolResult",
  ]);
  expect(typesOf(mcp)).toEqual([
    "AnswerOptions",
    "AnyHookManager",
    "CompletionSlots",
    "Direction",
    "GuardEvent",
    "GuardLabels",
    "GuardOptions",
    "GuardedRequest",
    "HookManager",
    "HookOptions",
    "HookResult",
    "HookViolation",
    "Input",
    "InputMessages",
    "InputResponseOptions",
    "Inputs",
    "Left",
    "Lost",
    "McpSlot",
    "Onto",
    "Read",
    "RequestId",
    "RequestOptions",
    "SamplingRequestOptions",
    "SamplingResultOptions",
    "ServerOptions",
    "TransportLike",
    "WireLabels",
    "Written",
  ]);
});

it("the redis entry", async () => {
  expect(Object.keys(await import("glassine/redis"))).toEqual(["redisLabelStore"]);
  expect(typesOf("src/redis/index.ts")).toEqual([
    "LabelStore",
    "RedisClientLike",
    "RedisLabelStoreOptions",
  ]);
});

it("the anthropic entry", async () => {
  expect(Object.keys(await import("glassine/anthropic")).sort()).toEqual([
    "fromMessagesRequest",
    "fromMessagesResponse",
    "messagesStream",
    "toMessagesEvents",
    "toMessagesRequest",
    "toMessagesResponse",
  ]);
  expect(typesOf("src/adapters/anthropic/index.ts")).toEqual([
    "MessagesEvent",
    "MessagesRequest",
    "MessagesResponse",
    "RequestExtensions",
    "RequestOptions",
    "ResponseExtensions",
    "ResponseOptions",
    "ResponseStream",
  ]);
});

it("the openai entry", async () => {
  expect(Object.keys(await import("glassine/openai")).sort()).toEqual([
    "chatStream",
    "fromChatRequest",
    "fromChatResponse",
    "fromResponsesRequest",
    "fromResponsesResponse",
    "fromUsage",
    "responsesStream",
    "toChatEvents",
    "toChatRequest",
    "toChatResponse",
    "toResponsesEvents",
    "toResponsesRequest",
    "toResponsesResponse",
  ]);
  expect(typesOf("src/adapters/openai/index.ts")).toEqual([
    "ChatStreamOptions",
    "JsonObject",
    "Left",
    "Lost",
    "MessageStream",
    "ModelExtensions",
    "Read",
    "StopReason",
    "StreamLimits",
    "TokenUsage",
    "WriteOptions",
    "Written",
  ]);
});

it("the ai-sdk entry", async () => {
  expect(Object.keys(await import("glassine/ai-sdk")).sort()).toEqual([
    "contentStream",
    "fromContent",
    "fromModelMessages",
    "fromPrompt",
    "toContent",
    "toModelMessages",
    "toPrompt",
    "toStreamParts",
  ]);
  expect(typesOf("src/adapters/ai-sdk/index.ts")).toEqual([
    "ContentOptions",
    "ContentStream",
    "ModelMessagesOptions",
    "PromptLike",
    "PromptOptions",
    "ResultExtensions",
    "ResultLike",
    "SpecificationVersion",
    "StreamPartLike",
  ]);
});

it("the export map", () => {
  const manifest = JSON.parse(read("package.json")) as Readonly<Record<string, unknown>>;
  expect(manifest.exports).toEqual({
    ".": { types: "./dist/index.d.ts", default: "./dist/index.js" },
    "./anthropic": {
      types: "./dist/adapters/anthropic/index.d.ts",
      default: "./dist/adapters/anthropic/index.js",
    },
    "./ai-sdk": {
      types: "./dist/adapters/ai-sdk/index.d.ts",
      default: "./dist/adapters/ai-sdk/index.js",
    },
    "./mcp": { types: "./dist/adapters/mcp/index.d.ts", default: "./dist/adapters/mcp/index.js" },
    "./openai": {
      types: "./dist/adapters/openai/index.d.ts",
      default: "./dist/adapters/openai/index.js",
    },
    "./redis": { types: "./dist/redis/index.d.ts", default: "./dist/redis/index.js" },
    "./package.json": "./package.json",
  });
  expect(manifest).toMatchObject({
    name: "glassine",
    type: "module",
    license: "Apache-2.0",
    sideEffects: false,
    engines: { node: ">=20.19" },
  });
  expect(manifest).not.toHaveProperty("bin");
  expect(Object.keys(manifest.dependencies as object)).toEqual([
    "fast-deep-equal",
    "immer",
    "ts-pattern",
    "zod",
  ]);
});

it("nothing of an entry can be written", () => {
  for (const names of [root.slotNames, root.capabilities, root.hookNames]) {
    expect(Object.isFrozen(names)).toBe(true);
  }
  expect(root.allow()).toBe(root.allow());
  expect(Object.isFrozen(root.allow())).toBe(true);
});
