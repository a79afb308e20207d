/** What callers import. A changed line here is a line in CHANGELOG.md. */
import { existsSync, readFileSync } from "node:fs";
import * as root from "glassine";
import { expect, it } from "vitest";
import { packageVersion } from "../../src/core/plugins/index.ts";

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
    "PluginDiscoveryError",
    "PluginExecutionError",
    "PluginSignatureError",
    "RejectError",
    "TierViolationError",
    "addLabels",
    "allow",
    "amend",
    "appendHop",
    "capabilities",
    "createExtensions",
    "createPluginManager",
    "declassify",
    "decodeExtensions",
    "definePlugin",
    "deny",
    "detectTampering",
    "encodeExtensions",
    "errorCodes",
    "filterExtensions",
    "getHeader",
    "hasLabel",
    "hookNames",
    "isGlassineError",
    "mergeExtensions",
    "removeHeader",
    "resolveCapabilities",
    "setCustom",
    "setHeader",
    "slotNames",
    "withSlots",
  ]);
});

it("the types of the root entry", () => {
  expect(typesOf("src/index.ts")).toEqual([
    "AgentSlot",
    "Allow",
    "Amend",
    "AnyInvokeResult",
    "AudioPart",
    "BackgroundCounts",
    "Capability",
    "CapabilityReport",
    "Changed",
    "CloseOptions",
    "CloseReport",
    "CompletionSlot",
    "Conditions",
    "ConfigSchema",
    "ContentPart",
    "CreateOptions",
    "CustomSlot",
    "Decision",
    "Declassification",
    "DeclassificationRecord",
    "DecodeOptions",
    "Decoded",
    "DeepReadonly",
    "DelegationSlot",
    "Denial",
    "Denied",
    "DenyInput",
    "DocumentPart",
    "EditableBy",
    "ErrorCode",
    "ExecutionRecord",
    "Extensions",
    "ExtensionsOf",
    "FrameworkSlot",
    "Granted",
    "HandlerInfo",
    "HookEntry",
    "HookHandler",
    "HookName",
    "HopInput",
    "HttpSlot",
    "ImagePart",
    "InputOf",
    "InvokeCounts",
    "InvokeError",
    "InvokeOptions",
    "InvokeResult",
    "Json",
    "Limits",
    "LlmSlot",
    "Logger",
    "Manager",
    "ManagerOptions",
    "ManifestProblem",
    "McpSlot",
    "MergeOptions",
    "Merged",
    "Message",
    "MessageInput",
    "MetaSlot",
    "Mode",
    "OnError",
    "OperationInputOf",
    "OutputOf",
    "PackageProblem",
    "Plugin",
    "PluginContext",
    "PluginItem",
    "PluginManager",
    "PluginManifest",
    "PluginRoute",
    "Problem",
    "PromptRequestPart",
    "PromptResultPart",
    "ProvenanceSlot",
    "RealmChange",
    "Rejection",
    "RequestSlot",
    "ResourcePart",
    "ResourceRefPart",
    "RunSettings",
    "SecuritySlot",
    "StandardHooks",
    "StandardSlots",
    "Status",
    "StreamMode",
    "StreamPlan",
    "StreamProgress",
    "TextPart",
    "ThinkingPart",
    "Tier",
    "ToolCallPart",
    "ToolResultPart",
    "Undeclared",
    "VideoPart",
    "View",
    "Violation",
  ]);
});

it("the messages entry", async () => {
  expect(Object.keys(await import("glassine/messages")).sort()).toEqual([
    "audio",
    "createMessage",
    "decodeMessage",
    "document",
    "encodeMessage",
    "freezePayload",
    "image",
    "matchesPattern",
    "messageSchema",
    "partsOf",
    "promptRequest",
    "promptResult",
    "resource",
    "resourceRef",
    "serializePart",
    "text",
    "thinking",
    "toPolicyInput",
    "toolCall",
    "toolResult",
    "video",
  ]);
  expect(typesOf("src/messages.ts")).toEqual([
    "AudioPart",
    "ContentPart",
    "DataPolicy",
    "DecodeMessageOptions",
    "DecodedMessage",
    "DocumentPart",
    "ImagePart",
    "Message",
    "MessageInput",
    "MessageSchema",
    "ObjectProfile",
    "Part",
    "PartAction",
    "PartContent",
    "PartExtensions",
    "PartInfo",
    "PartKind",
    "PartsOptions",
    "PolicyInput",
    "PolicyInputOptions",
    "PromptRequestPart",
    "PromptResultPart",
    "ResourcePart",
    "ResourceRefPart",
    "SerializeOptions",
    "SerializedContext",
    "SerializedPart",
    "TextPart",
    "ThinkingPart",
    "ToolCallPart",
    "ToolResultPart",
    "VideoPart",
  ]);
});

it("the audit entry", async () => {
  expect(Object.keys(await import("glassine/audit")).sort()).toEqual([
    "auditEventTypes",
    "health",
    "jsonLines",
    "openTelemetrySink",
    "pluginMetrics",
    "redactText",
  ]);
  expect(typesOf("src/audit.ts")).toEqual([
    "AuditEvent",
    "AuditEventInput",
    "AuditFailures",
    "AuditOptions",
    "AuditSink",
    "HealthOptions",
    "HealthReport",
    "HealthStatus",
    "MetricLabels",
    "MetricsSink",
    "OpenTelemetrySinkOptions",
    "PluginHealth",
  ]);
});

it("the labels entry", async () => {
  expect(Object.keys(await import("glassine/labels")).sort()).toEqual([
    "checkDataAction",
    "labelsFromAnnotations",
    "labelsFromIfc",
    "memoryLabelStore",
    "stampResult",
  ]);
  expect(typesOf("src/labels.ts")).toEqual([
    "AnnotationLabels",
    "DataEntity",
    "DataViolation",
    "IfcLabels",
    "LabelStore",
    "MemoryLabelStoreOptions",
  ]);
});

it("the remote entry", async () => {
  expect(Object.keys(await import("glassine/remote")).sort()).toEqual([
    "decodeError",
    "decodeResult",
    "decodeTask",
    "encodeError",
    "encodeInvokeResult",
    "encodeResult",
    "encodeTask",
  ]);
  expect(typesOf("src/remote.ts")).toEqual([
    "Answer",
    "DecodeResultOptions",
    "DecodeTaskOptions",
    "DecodeWireOptions",
    "DecodedResult",
    "EncodeErrorOptions",
    "EncodeInvokeResultOptions",
    "EncodeResultOptions",
    "Task",
    "Turn",
    "WireExecution",
  ]);
});

it("the host entry", async () => {
  expect(Object.keys(await import("glassine/host")).sort()).toEqual([
    "bands",
    "defineHook",
    "defineHooks",
    "defineHost",
    "defineServices",
    "defineSlots",
    "handleOf",
    "headerMap",
    "instant",
    "jsonObject",
    "jsonValue",
    "labelSet",
    "orderings",
    "semantics",
    "standardProfile",
    "stringSet",
    "wholeNumber",
    "withRule",
  ]);
  expect(typesOf("src/host.ts")).toEqual([
    "AccessorsOf",
    "Answer",
    "Band",
    "CapabilityIn",
    "CoreHandler",
    "CoreHandlerInput",
    "DecodeResultOptions",
    "DecodeTaskOptions",
    "DecodedResult",
    "Derive",
    "EncodeInvokeResultOptions",
    "EncodeResultOptions",
    "ExtensionsInputOf",
    "ExtensionsOf",
    "HandleType",
    "HookDefinition",
    "HookSpec",
    "HookTable",
    "Host",
    "HostDefinition",
    "HostProfile",
    "InputOf",
    "OperationHookOf",
    "OperationInputOf",
    "Ordering",
    "OutputOf",
    "PayloadOf",
    "Schema",
    "Semantic",
    "ServiceCapability",
    "ServiceSpec",
    "ServiceTable",
    "SlotSpec",
    "SlotTable",
    "StandardHooks",
    "StandardSlots",
    "Task",
    "Turn",
    "ViewOf",
    "WithImplied",
  ]);
});

const mcp = "src/providers/mcp/index.ts";

it.skipIf(!existsSync(new URL(`../../${mcp}`, import.meta.url)))("the mcp entry", async () => {
  expect(Object.keys(await import("glassine/mcp")).sort()).toEqual([
    "createGuard",
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
    "Bridge",
    "CompletionSlots",
    "Direction",
    "FetchLike",
    "Guard",
    "GuardCounts",
    "GuardEnd",
    "GuardEvent",
    "GuardLabels",
    "GuardOptions",
    "GuardOutcome",
    "GuardTimings",
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
    "LimitOptions",
    "Lost",
    "McpSlot",
    "Onto",
    "PassGroup",
    "Read",
    "RequestId",
    "RequestOptions",
    "SamplingRequestOptions",
    "SamplingResultOptions",
    "ServerFactory",
    "ServerOptions",
    "TransportLike",
    "TransportMaker",
    "WireLabels",
    "WrapOptions",
    "Written",
  ]);
});

it("the plugins entry", async () => {
  expect(Object.keys(await import("glassine/plugins")).sort()).toEqual([
    "allowList",
    "auditLog",
    "egressGuard",
    "headerWriter",
    "piiLabels",
    "rateLimit",
    "roleGuard",
    "secretScanner",
    "stockPlugins",
  ]);
  expect(typesOf("src/plugins/index.ts")).toEqual([
    "AllowListOptions",
    "AuditLine",
    "AuditLogOptions",
    "AuditLogServices",
    "EgressGuardOptions",
    "EgressTargets",
    "HeaderSource",
    "HeaderWriterOptions",
    "PiiKind",
    "PiiLabelsOptions",
    "RateLimitOptions",
    "RateLimitServices",
    "RoleGuardOptions",
    "ScannerAction",
    "SecretKind",
    "SecretScannerOptions",
    "StockPlugin",
    "StockPluginName",
    "StockServices",
    "TokenPattern",
    "ToolRule",
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
    "anthropic",
    "fromMessagesRequest",
    "fromMessagesResponse",
    "messagesStream",
    "notAllowed",
    "toMessagesEvents",
    "toMessagesRequest",
    "toMessagesResponse",
  ]);
  expect(typesOf("src/providers/anthropic/index.ts")).toEqual([
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

it("the google entry", async () => {
  expect(Object.keys(await import("glassine/google")).sort()).toEqual([
    "fromGenerateRequest",
    "fromGenerateResponse",
    "generateStream",
    "google",
    "notAllowed",
    "toGenerateEvents",
    "toGenerateRequest",
    "toGenerateResponse",
  ]);
  expect(typesOf("src/providers/google/index.ts")).toEqual([
    "AnswerFacts",
    "GenerateEvent",
    "GenerateRequest",
    "GenerateResponse",
    "LimitOptions",
    "ModelFacts",
    "Read",
    "StreamLimits",
    "TableProvider",
    "TableStream",
    "WriteAnswerOptions",
    "WriteRequestOptions",
    "Written",
  ]);
});

it("the bedrock entry", async () => {
  expect(Object.keys(await import("glassine/bedrock")).sort()).toEqual([
    "bedrock",
    "converseStream",
    "fromConverseRequest",
    "fromConverseResponse",
    "guardBedrock",
    "notAllowed",
    "toConverseEvents",
    "toConverseRequest",
    "toConverseResponse",
  ]);
  expect(typesOf("src/providers/bedrock/index.ts")).toEqual([
    "AnswerFacts",
    "BedrockGuardOptions",
    "BedrockPlugin",
    "LimitOptions",
    "ModelFacts",
    "Read",
    "StreamLimits",
    "TableProvider",
    "TableStream",
    "WriteAnswerOptions",
    "WriteRequestOptions",
    "Written",
  ]);
});

it("the http entry", async () => {
  expect(Object.keys(await import("glassine/http")).sort()).toEqual([
    "clientFromClaims",
    "guardExpress",
    "guardFastify",
    "guardFetch",
    "guardHono",
    "guardModel",
    "subjectFromClaims",
  ]);
  expect(typesOf("src/providers/http/index.ts")).toEqual([
    "AnyHookManager",
    "BeginOptions",
    "ClaimPath",
    "Client",
    "ClientMapping",
    "ExpressMiddleware",
    "ExpressRequest",
    "FastifyGuardOptions",
    "FastifyLike",
    "FastifyReplyLike",
    "FastifyRequestLike",
    "GuardFetchOptions",
    "HonoContext",
    "HonoMiddleware",
    "HookManager",
    "HookResult",
    "HookViolation",
    "HttpGuardOptions",
    "HttpLimits",
    "Judged",
    "JudgedEvent",
    "ModelCall",
    "ModelEnd",
    "ModelEvent",
    "ModelExchange",
    "ModelFetch",
    "ModelGuard",
    "ModelGuardOptions",
    "ModelHttpRequest",
    "ModelLabels",
    "ModelOutcome",
    "ModelProvider",
    "ModelRefusal",
    "ModelTimings",
    "NodeHeaders",
    "NodeRequest",
    "NodeResponse",
    "ServerGuardOptions",
    "Subject",
    "SubjectMapping",
  ]);
});

it("the openai entry", async () => {
  expect(Object.keys(await import("glassine/openai")).sort()).toEqual([
    "chatCompletions",
    "chatStream",
    "fromChatRequest",
    "fromChatResponse",
    "fromEmbeddingsRequest",
    "fromResponsesRequest",
    "fromResponsesResponse",
    "fromUsage",
    "notAllowed",
    "openai",
    "responses",
    "responsesStream",
    "toChatEvents",
    "toChatRequest",
    "toChatResponse",
    "toEmbeddingsRequest",
    "toResponsesEvents",
    "toResponsesRequest",
    "toResponsesResponse",
  ]);
  expect(typesOf("src/providers/openai/index.ts")).toEqual([
    "ChatStreamOptions",
    "JsonObject",
    "Left",
    "LeftKind",
    "LimitOptions",
    "Lost",
    "MessageStream",
    "ModelExtensions",
    "ModelProvider",
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
    "aiMiddleware",
    "contentStream",
    "fromContent",
    "fromModelMessages",
    "fromPrompt",
    "guardTools",
    "notAllowed",
    "toContent",
    "toModelMessages",
    "toPrompt",
    "toStreamParts",
  ]);
  expect(typesOf("src/providers/ai-sdk/index.ts")).toEqual([
    "AiCall",
    "AiMiddleware",
    "AiMiddlewareOptions",
    "ContentOptions",
    "ContentStream",
    "GuardedToolCall",
    "ModelMessagesOptions",
    "PromptLike",
    "PromptOptions",
    "ResultExtensions",
    "ResultLike",
    "SpecificationVersion",
    "StreamPartLike",
    "ToolEnd",
    "ToolEvent",
    "ToolGuardOptions",
    "ToolLabels",
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
    "isInPep440Range",
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
    "createCommand",
    "defineKind",
    "defineProcedure",
    "describePermissions",
    "discoverPlugins",
    "ed25519Verifier",
    "fileAuditSink",
    "hashPackage",
    "highImpact",
    "procedureKind",
    "readLockfile",
    "readPluginMode",
    "readPublisherKeys",
    "readTrustJournal",
    "readTrustSettings",
    "rejectionCodes",
    "revokePlugins",
    "signPackage",
    "sigstoreVerifier",
    "standardTables",
    "streamAuditSink",
    "trustPlugins",
  ]);
  expect(typesOf("src/node/index.ts")).toEqual([
    "AuditEvent",
    "AuditSink",
    "CatalogEntry",
    "CommandHost",
    "CommandIo",
    "DiscoverOptions",
    "DiscoveredPlugin",
    "Discovery",
    "Drift",
    "Ed25519VerifierOptions",
    "Evidence",
    "FileAuditSink",
    "FileAuditSinkOptions",
    "Grant",
    "HashPackageOptions",
    "HostCommand",
    "JournalLine",
    "JournalProblem",
    "Kind",
    "LockEntry",
    "Lockfile",
    "PackageHash",
    "PermissionTables",
    "PermissionWords",
    "PluginMode",
    "Procedure",
    "ProcedureClass",
    "PublisherKeys",
    "Rejection",
    "RejectionCode",
    "Revoked",
    "SignPackageOptions",
    "SignatureVerifier",
    "SignedEvidence",
    "SignedPackage",
    "SigstoreVerifierOptions",
    "TrustJournal",
    "TrustOptions",
    "TrustSettings",
    "Trusted",
    "TrustedPlugin",
    "WritableLike",
  ]);
});

it("the testing entry", async () => {
  expect(Object.keys(await import("glassine/testing")).sort()).toEqual([
    "Watch",
    "adapterLaws",
    "arbitrariesFor",
    "hostileValues",
    "installFixturePackage",
    "pluginLaws",
    "slotLaws",
    "withPlugins",
  ]);
  expect(typesOf("src/testing/index.ts")).toEqual([
    "AccessHolder",
    "AdapterDocuments",
    "AdapterFixtures",
    "AdapterUnderTest",
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
    "./messages": {
      types: "./dist/messages.d.ts",
      default: "./dist/messages.js",
    },
    "./audit": {
      types: "./dist/audit.d.ts",
      default: "./dist/audit.js",
    },
    "./labels": {
      types: "./dist/labels.d.ts",
      default: "./dist/labels.js",
    },
    "./remote": {
      types: "./dist/remote.d.ts",
      default: "./dist/remote.js",
    },
    "./host": {
      types: "./dist/host.d.ts",
      default: "./dist/host.js",
    },
    "./anthropic": {
      types: "./dist/providers/anthropic/index.d.ts",
      default: "./dist/providers/anthropic/index.js",
    },
    "./bedrock": {
      types: "./dist/providers/bedrock/index.d.ts",
      default: "./dist/providers/bedrock/index.js",
    },
    "./google": {
      types: "./dist/providers/google/index.d.ts",
      default: "./dist/providers/google/index.js",
    },
    "./ai-sdk": {
      types: "./dist/providers/ai-sdk/index.d.ts",
      default: "./dist/providers/ai-sdk/index.js",
    },
    "./mcp": {
      types: "./dist/providers/mcp/index.d.ts",
      default: "./dist/providers/mcp/index.js",
    },
    "./http": {
      types: "./dist/providers/http/index.d.ts",
      default: "./dist/providers/http/index.js",
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
      types: "./dist/providers/openai/index.d.ts",
      default: "./dist/providers/openai/index.js",
    },
    "./plugins": {
      types: "./dist/plugins/index.d.ts",
      default: "./dist/plugins/index.js",
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
  expect(manifest.bin).toEqual({ glassine: "./dist/operate/cli/main.js" });
  expect(Object.keys(manifest.dependencies as object)).toEqual([
    "@humanwhocodes/momoa",
    "commander",
    "eventsource-parser",
    "fast-deep-equal",
    "picocolors",
    "semver",
    "smol-toml",
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

it("the version that requiresHost is compared with is the package's", () => {
  expect(packageVersion).toBe(JSON.parse(read("package.json")).version);
});
