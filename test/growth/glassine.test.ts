// Only in test:all: it measures every function at four or more sizes.
import * as root from "glassine";
import * as audit from "glassine/audit";
import * as host from "glassine/host";
import * as labels from "glassine/labels";
import * as messages from "glassine/messages";
import * as remote from "glassine/remote";
import { contextOf } from "../remote/support.ts";
import { type Subject, tryGrowth } from "./subjects.ts";

/** The functions of the entries that the core has, in one table. */
const glassine = { ...root, ...audit, ...host, ...labels, ...messages, ...remote };

const parts = [
  { content_type: "text", text: "a" },
  { content_type: "tool_call", content: { tool_call_id: "1", name: "a", arguments: { a: "b" } } },
  { content_type: "tool_result", content: { tool_call_id: "1", tool_name: "a", content: ["b"] } },
  {
    content_type: "resource",
    content: { resource_request_id: "1", uri: "file:///a", resource_type: "file", content: "a" },
  },
  {
    content_type: "prompt_result",
    content: { prompt_request_id: "1", prompt_name: "a", messages: [{ role: "user" }] },
  },
];
const message = { role: "user", content: parts };
const hop = {
  subject_id: "a",
  subject_type: "user",
  timestamp: "2026-01-02T03:04:05Z",
  scopes_granted: ["a"],
  authorization_details: [{ type: "a", actions: ["a"] }],
};
const envelope = {
  request: { request_id: "a" },
  agent: { input: "a", conversation: { history: ["a"], topics: ["a"] } },
  http: { headers: { "X-A": "a" } },
  security: {
    labels: ["A"],
    subject: { id: "a", type: "user", roles: ["a"], claims: { a: "b" } },
    data: { a: { apply_labels: ["B"], denied_actions: ["export"] } },
  },
  delegation: { chain: [hop] },
  custom: { a: { b: ["c"] } },
};
const capabilities = Object.keys(glassine.capabilities) as root.Capability[];
const extensions = glassine.createExtensions(envelope as never);
const view = glassine.filterExtensions(extensions, capabilities);
const turn = { payload: message, context: contextOf(capabilities), extensions: view };
const task = JSON.parse(glassine.encodeTask(turn as never)) as object;
const execution = {
  plugin_id: "1",
  plugin_name: "a",
  plugin_kind: "b",
  hook_name: "c",
  mode: "sequential",
  status: "completed",
  reason: "a",
  config_keys: ["a"],
};
const going = {
  modified_payload: message,
  modified_extensions: envelope,
  metadata: { a: ["b"] },
  http_headers: { "X-A": "a" },
  executions: [execution],
};
const stopped = {
  continue_processing: false,
  violation: { code: "a", reason: "b", description: "c", details: { a: ["b"] } },
};
const failure = { message: "a", plugin_name: "b", code: "c", details: { a: ["b"] } };

const scanning = await glassine.createPluginManager({
  plugins: [
    glassine.definePlugin({
      name: "scanner",
      version: "1.0.0",
      hooks: {
        "cmf.tool_pre_invoke": (payload: object) => ({ modifiedPayload: { ...payload } }) as never,
        tool_pre_invoke: (payload: object) => ({ modifiedPayload: { ...payload } }) as never,
      },
    }),
  ],
});

/** A manager with some plugins whose handlers do this. */
const managerOf = (count: number, handler: () => unknown) =>
  glassine.createPluginManager({
    plugins: Array.from({ length: count }, (_, at) =>
      glassine.definePlugin({
        name: `odd-${at}`,
        version: "1.0.0",
        hooks: { evaluate: { handler: handler as never, onError: "ignore" } },
      }),
    ),
    logger: {},
    onHandlerError: () => {},
  });
const failing = await managerOf(4, () => {
  throw new Error("a");
});
let returned: object | undefined;
const returning = await managerOf(1, () => returned);
const recordOf = (count: number, value: unknown) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`a${at}`, value]));

/** A part as returned by the function that creates parts of its kind. */
const part = (seed: unknown, make: (content: never) => object): Subject => ({
  seed: { content: seed },
  run: ({ content }: { readonly content: never }) => make(content),
});
const media = { type: "base64", data: "aGk=", media_type: "a/b" };
const contentOf = (kind: string) => {
  const found = parts.find(({ content_type }) => content_type === kind);
  return (found as { readonly content: object }).content;
};

const schema = "Makes a schema; what it reads is tried with createExtensions.";
const error = "Makes an error of what the library hands it, on one line and cut.";
const declared = "Reads what the host's own code declares.";

tryGrowth(glassine, {
  CapabilityError: error,
  GlassineError: error,
  ManifestError: error,
  PluginDependencyError: error,
  PluginDiscoveryError: error,
  PluginExecutionError: error,
  PluginSignatureError: error,
  RejectError: error,
  TierViolationError: error,
  isGlassineError: "Looks at the class of what it is given.",
  isTextType: "Looks for one of a few words in a media type.",
  headerMap: schema,
  instant: schema,
  jsonObject: schema,
  jsonValue: schema,
  labelSet: schema,
  stringSet: schema,
  wholeNumber: schema,
  withRule: schema,
  defineHook: declared,
  defineHooks: declared,
  defineHost: declared,
  defineServices: declared,
  defineSlots: declared,
  handleOf: declared,
  allow: "Takes nothing.",
  detectTampering: "Takes nothing.",
  health: "Counts what a manager counted.",
  memoryLabelStore: "Takes options of the host; what it keeps is tried with guards.",
  openTelemetrySink: "Makes a sink of what jsonLines writes.",

  jsonLines: {
    seed: { metadata: { a: "b", c: ["d"] } },
    run: (facts: object) =>
      glassine.jsonLines({
        eventType: "a",
        actorUri: "b",
        targetUri: "c",
        tenantId: "d",
        timestamp: "2026-01-02T03:04:05.000Z",
        outcome: "success",
        ...(facts as { metadata: never }),
      }),
  },
  redactText: {
    seed: { text: "Bearer a password=b", secrets: ["abcdefgh"] },
    run: ({ text, secrets }: { readonly text: string; readonly secrets: string[] }) =>
      glassine.redactText(text, secrets),
  },
  matchesPattern: ["a", "*a*b", "**/a"].map((pattern) => ({
    seed: { text: "a/b" },
    run: ({ text }: { readonly text: string }) => glassine.matchesPattern(pattern, text),
  })),
  deny: { seed: { reason: "a", description: "b", details: { a: ["b"] } }, run: glassine.deny },

  createExtensions: { seed: envelope, run: glassine.createExtensions },
  decodeExtensions: [
    { seed: envelope, run: (document: object) => glassine.decodeExtensions(document) },
    {
      seed: envelope,
      run: (document: object) => glassine.decodeExtensions(JSON.stringify(document)),
    },
  ],
  encodeExtensions: {
    seed: envelope,
    run: (document: never) => glassine.encodeExtensions(glassine.createExtensions(document)),
  },
  withSlots: {
    seed: envelope,
    run: (changes: never) => glassine.withSlots(extensions, changes),
  },
  filterExtensions: {
    seed: envelope,
    run: (document: never) =>
      glassine.filterExtensions(glassine.createExtensions(document), capabilities),
  },
  mergeExtensions: [
    {
      seed: envelope,
      run: (returned: object) => glassine.mergeExtensions(extensions, returned, capabilities),
    },
    {
      seed: envelope,
      run(document: never) {
        const current = glassine.createExtensions(document);
        return glassine.mergeExtensions(current, { custom: { b: 1 } }, capabilities);
      },
    },
  ],
  resolveCapabilities: {
    seed: { names: ["read_labels"] },
    run: ({ names }: { readonly names: never }) => glassine.resolveCapabilities(names),
  },
  declassify: {
    seed: { labels: ["A"], reason: "b", authority: "c" },
    run: (declassification: never) => glassine.declassify(extensions, declassification),
  },
  amend: {
    seed: { a: { b: ["c"] } },
    run: (custom: object) => glassine.amend(view, (draft) => void Object.assign(draft, { custom })),
  },
  addLabels: {
    seed: { labels: ["B"] },
    run: ({ labels }: { readonly labels: string[] }) => glassine.addLabels(view, labels),
  },
  appendHop: { seed: hop, run: (next: never) => glassine.appendHop(view, next) },
  setHeader: {
    seed: { name: "X-B", value: "b" },
    run: ({ name, value }: { readonly name: string; readonly value: string }) =>
      glassine.setHeader(view, name, value),
  },
  removeHeader: {
    seed: { name: "X-A" },
    run: ({ name }: { readonly name: string }) => glassine.removeHeader(view, name),
  },
  getHeader: {
    seed: { name: "X-A" },
    run: ({ name }: { readonly name: string }) => glassine.getHeader(view, name),
  },
  setCustom: {
    seed: { a: { b: ["c"] } },
    run: (value: object) => glassine.setCustom(view, "a", value),
  },
  hasLabel: {
    seed: { label: "A" },
    run: ({ label }: { readonly label: string }) => glassine.hasLabel(view, label),
  },

  labelsFromAnnotations: { seed: { a: "b" }, run: glassine.labelsFromAnnotations },
  labelsFromIfc: {
    seed: { ifc: { integrity: "a", confidentiality: "b" } },
    run: glassine.labelsFromIfc,
  },
  checkDataAction: {
    seed: { kind: "resource", name: "a", uri: "file:///a" },
    run: (entity: never) => glassine.checkDataAction(extensions, entity),
  },
  stampResult: [
    {
      seed: { kind: "resource", name: "a", uri: "file:///a" },
      run: (entity: never) => glassine.stampResult(extensions, entity),
    },
    {
      seed: { security: envelope.security },
      run: (document: never) =>
        glassine.stampResult(glassine.createExtensions(document), { kind: "tool", name: "a" }),
    },
  ],

  text: part("a", glassine.text),
  thinking: part("a", glassine.thinking),
  toolCall: part(contentOf("tool_call"), glassine.toolCall),
  toolResult: part(contentOf("tool_result"), glassine.toolResult),
  resource: part(contentOf("resource"), glassine.resource),
  resourceRef: part(
    { resource_request_id: "1", uri: "file:///a", resource_type: "file" },
    glassine.resourceRef,
  ),
  promptRequest: part({ prompt_request_id: "1", name: "a", arguments: {} }, glassine.promptRequest),
  promptResult: part(contentOf("prompt_result"), glassine.promptResult),
  image: part(media, glassine.image),
  audio: part(media, glassine.audio),
  video: part(media, glassine.video),
  document: part(media, glassine.document),
  createMessage: { seed: message, run: glassine.createMessage },
  decodeMessage: [
    { seed: message, run: (document: object) => glassine.decodeMessage(document) },
    { seed: message, run: (document: object) => glassine.decodeMessage(JSON.stringify(document)) },
  ],
  encodeMessage: { seed: message, run: glassine.encodeMessage },
  freezePayload: { seed: { a: { b: ["c"] } }, run: glassine.freezePayload },
  partsOf: {
    seed: message,
    run: (document: never) =>
      glassine.partsOf(glassine.createMessage(document), { extensions }).map(({ kind }) => kind),
  },
  serializePart: {
    seed: message,
    run: (document: never) =>
      glassine
        .partsOf(glassine.createMessage(document))
        .map((each) => glassine.serializePart(each)),
  },
  toPolicyInput: {
    seed: message,
    run: (document: never) =>
      glassine
        .partsOf(glassine.createMessage(document))
        .map((each) => glassine.toPolicyInput(each)),
  },

  definePlugin: {
    seed: { description: "a", capabilities: ["read_labels"] },
    run: (manifest: object) =>
      glassine.definePlugin({
        name: "grown",
        version: "1.0.0",
        ...manifest,
        hooks: {
          tool_pre_invoke: (_payload: object, _context: object, _view: object) => undefined,
        },
      } as never),
  },
  createPluginManager: [
    {
      seed: { name: "a", args: { a: "b" } },
      run: async (payload: never) => (await scanning.invoke("tool_pre_invoke", payload)).payload,
    },
    {
      seed: message,
      run: async (payload: never) =>
        (await scanning.invoke("cmf.tool_pre_invoke", payload)).payload,
    },
    {
      seed: "a",
      families: [
        { name: "a secret and a separator", input: (count) => `${"a".repeat(count - 1)};` },
      ],
      run: async (cookie: string) => {
        const extensions = glassine.createExtensions({ http: { headers: { cookie } } });
        return (await failing.invoke("evaluate", message as never, { extensions })).errors;
      },
    },
    {
      seed: {},
      families: [
        {
          name: "one large value under many unknown keys",
          input: (count) => recordOf(count, recordOf(4 * count, 1)),
        },
      ],
      run: async (result: object) => {
        returned = result;
        return (await returning.invoke("evaluate", message as never)).errors;
      },
    },
  ],
  encodeTask: {
    seed: message,
    run: (payload: never) => glassine.encodeTask({ ...turn, payload } as never),
  },
  decodeTask: { seed: task, run: (document: object) => glassine.decodeTask(document) },
  encodeResult: {
    seed: { modifiedPayload: message, modifiedExtensions: envelope, metadata: { a: ["b"] } },
    run: (returned: object) => glassine.encodeResult(returned, turn as never),
  },
  encodeInvokeResult: {
    seed: message,
    run: async (payload: never) =>
      glassine.encodeInvokeResult(await scanning.invoke("cmf.tool_pre_invoke", payload)),
  },
  decodeResult: [going, stopped].map((seed) => ({
    seed,
    run: (document: object) => glassine.decodeResult(document, turn as never),
  })),
  encodeError: {
    seed: { message: "a", details: { a: ["b"] } },
    run: ({ message: text, details }: { readonly message: string; readonly details: object }) =>
      glassine.encodeError(new Error(text), { plugin: "a", details: details as never }),
  },
  decodeError: { seed: failure, run: (document: object) => glassine.decodeError(document) },
});
