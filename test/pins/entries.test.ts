/** What callers import. A changed line here is a line in CHANGELOG.md. */
import { existsSync, readFileSync } from "node:fs";
import * as root from "glassine";
import { expect, it } from "vitest";
import { packageVersion } from "../../src/plugins/index.ts";

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
    "CapabilityError",
    "GlassineError",
    "ManifestError",
    "PluginDependencyError",
    "PluginExecutionError",
    "RejectError",
    "TierViolationError",
    "addLabels",
    "allow",
    "amend",
    "appendHop",
    "audio",
    "auditEventTypes",
    "bands",
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
    "defineHooks",
    "defineHost",
    "definePlugin",
    "defineServices",
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
    "handleOf",
    "hasLabel",
    "headerMap",
    "health",
    "hookNames",
    "image",
    "instant",
    "isGlassineError",
    "jsonLines",
    "jsonObject",
    "jsonValue",
    "labelSet",
    "labelsFromAnnotations",
    "labelsFromIfc",
    "matchesPattern",
    "memoryLabelStore",
    "mergeExtensions",
    "messageSchema",
    "openTelemetrySink",
    "orderings",
    "promptRequest",
    "promptResult",
    "redactText",
    "removeHeader",
    "resolveCapabilities",
    "resource",
    "resourceRef",
    "semantics",
    "serializeView",
    "setCustom",
    "setHeader",
    "slotNames",
    "stampResult",
    "standardProfile",
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
    "AccessorsOf",
    "Allow",
    "AnnotationLabels",
    "Answer",
    "AuditEvent",
    "AuditEventInput",
    "AuditFailures",
    "AuditOptions",
    "AuditSink",
    "BackgroundCounts",
    "Band",
    "Capability",
    "CapabilityReport",
    "Changed",
    "CloseOptions",
    "CloseReport",
    "Conditions",
    "ConfigSchema",
    "ContentPart",
    "CoreHandler",
    "CreateOptions",
    "DataEntity",
    "DataPolicy",
    "DataViolation",
    "Decision",
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
    "Denied",
    "DenyInput",
    "EncodeErrorOptions",
    "EncodeInvokeResultOptions",
    "EncodeResultOptions",
    "ErrorCode",
    "ExecutionRecord",
    "Extensions",
    "HandlerInfo",
    "HealthOptions",
    "HealthReport",
    "HealthStatus",
    "HookDefinition",
    "HookEntry",
    "HookHandler",
    "HookName",
    "HookSpec",
    "HookTable",
    "HopInput",
    "Host",
    "HostDefinition",
    "HostProfile",
    "IfcLabels",
    "InvokeCounts",
    "InvokeError",
    "InvokeOptions",
    "InvokeResult",
    "Json",
    "LabelStore",
    "Limits",
    "Logger",
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
    "OpenTelemetrySinkOptions",
    "Ordering",
    "Part",
    "PartContent",
    "PartKind",
    "PartView",
    "Plugin",
    "PluginContext",
    "PluginHealth",
    "PluginItem",
    "PluginManager",
    "PluginManifest",
    "PluginRoute",
    "PolicyInput",
    "PolicyInputOptions",
    "Problem",
    "RealmChange",
    "Rejection",
    "RunSettings",
    "Semantic",
    "SerializeOptions",
    "SerializedContext",
    "SerializedView",
    "ServiceSpec",
    "ServiceTable",
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

it("the memory-node entry", async () => {
  expect(Object.keys(await import("glassine/memory-node")).sort()).toEqual([
    "applyScores",
    "capabilities",
    "createExtensions",
    "createPluginManager",
    "defineCoreHandler",
    "definePlugin",
    "hookNames",
    "memoryNode",
    "memoryNodeHooks",
    "memoryNodeProfile",
    "memoryNodeServices",
    "tenantIdFault",
  ]);
  expect(typesOf("src/memory-node/index.ts")).toEqual([
    "ApplyScoresOptions",
    "AssertRequest",
    "AuditEmitter",
    "AuditReader",
    "ConfigReader",
    "Fact",
    "FactsReader",
    "FactsWriter",
    "FederationReader",
    "FederationWriter",
    "Identity",
    "IdentityReader",
    "MemoryNodeEvent",
    "MemoryNodeHooks",
    "MemoryNodeServices",
    "Migration",
    "NetworkOutbound",
    "Outcome",
    "Peer",
    "RecallQuery",
    "RecallReader",
    "RecallWriter",
    "Scored",
    "ScoredResult",
    "Tenant",
    "TenantReader",
    "TenantWriter",
  ]);
});

it("the node entry", async () => {
  expect(Object.keys(await import("glassine/node")).sort()).toEqual([
    "fileAuditSink",
    "streamAuditSink",
  ]);
  expect(typesOf("src/node/index.ts")).toEqual([
    "AuditEvent",
    "AuditSink",
    "FileAuditSink",
    "FileAuditSinkOptions",
    "WritableLike",
  ]);
});

it("the testing entry", async () => {
  expect(Object.keys(await import("glassine/testing")).sort()).toEqual([
    "Watch",
    "arbitrariesFor",
    "hostileValues",
    "installFixturePackage",
    "pluginLaws",
    "slotLaws",
    "withPlugins",
  ]);
  expect(typesOf("src/testing/index.ts")).toEqual([
    "AccessHolder",
    "AnyHost",
    "FixturePackage",
    "Holder",
    "HostArbitraries",
    "HostTables",
    "HostileProposal",
    "HostileValue",
    "InstalledFixture",
    "Law",
    "LawOptions",
    "PluginUnderTest",
    "PropertyHolder",
    "WithPluginsOptions",
  ]);
});

it("the export map", () => {
  const manifest = JSON.parse(read("package.json")) as Readonly<Record<string, unknown>>;
  expect(manifest.exports).toEqual({
    ".": {
      types: "./dist/index.d.ts",
      default: "./dist/index.js",
    },
    "./anthropic": {
      types: "./dist/adapters/anthropic/index.d.ts",
      default: "./dist/adapters/anthropic/index.js",
    },
    "./ai-sdk": {
      types: "./dist/adapters/ai-sdk/index.d.ts",
      default: "./dist/adapters/ai-sdk/index.js",
    },
    "./mcp": {
      types: "./dist/adapters/mcp/index.d.ts",
      default: "./dist/adapters/mcp/index.js",
    },
    "./memory-node": {
      types: "./dist/memory-node/index.d.ts",
      default: "./dist/memory-node/index.js",
    },
    "./node": {
      types: "./dist/node/index.d.ts",
      default: "./dist/node/index.js",
    },
    "./openai": {
      types: "./dist/adapters/openai/index.d.ts",
      default: "./dist/adapters/openai/index.js",
    },
    "./redis": {
      types: "./dist/redis/index.d.ts",
      default: "./dist/redis/index.js",
    },
    "./testing": {
      types: "./dist/testing/index.d.ts",
      default: "./dist/testing/index.js",
    },
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
    "semver",
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

it("the version that plugins are held to is the package's", () => {
  expect(packageVersion).toBe(JSON.parse(read("package.json")).version);
});
