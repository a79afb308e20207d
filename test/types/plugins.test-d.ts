/** The types of a plugin: its view, its payloads, its results. */
import {
  addLabels,
  allow,
  amend,
  type createExtensions,
  createPluginManager,
  definePlugin,
  deny,
  type HookHandler,
  type Json,
  type Plugin,
  type PluginContext,
  type View,
} from "glassine";
import { type AuditEvent, health, type KnownAuditEvent } from "glassine/audit";
import type { ContentPart, Message } from "glassine/messages";
import { expectTypeOf, it } from "vitest";

declare function mentionsSsn(message: Message): boolean;
declare const oldLogger: Plugin;
declare const message: Message;
declare const extensions: ReturnType<typeof createExtensions>;

// biome-ignore-start lint/correctness/noUnusedFunctionParameters: The example of the design, as it stands there.
const piiTagger = definePlugin({
  name: "pii-tagger",
  version: "1.0.0",
  capabilities: ["append_labels"],
  hooks: {
    message_pre_invoke(message, context, extensions) {
      if (!mentionsSsn(message)) return;
      return {
        modifiedExtensions: amend(extensions, (draft) => {
          draft.security.labels.push("PII");
        }),
      };
    },
  },
});

const egressGuard = definePlugin({
  name: "egress-guard",
  version: "1.0.0",
  capabilities: ["read_labels", "read_roles"],
  hooks: {
    message_pre_invoke(message, context, extensions) {
      const { labels, subject } = extensions.security ?? {};
      if (labels?.includes("PII") && !subject?.roles.includes("privacy-officer"))
        return deny({ code: "pii_egress", reason: "PII may not leave" });
    },
  },
});

const manager = await createPluginManager({ plugins: [piiTagger, egressGuard, oldLogger] });
const result = await manager.invoke("message_pre_invoke", message, { extensions });
// biome-ignore-end lint/correctness/noUnusedFunctionParameters: See above.

it("compiles the example of the design", () => {
  expectTypeOf(piiTagger).toEqualTypeOf<Plugin<"append_labels">>();
  expectTypeOf(piiTagger).toExtend<Plugin>();
  expectTypeOf(result.payload).toEqualTypeOf<Message>();
  expectTypeOf(result.extensions.security?.labels).toEqualTypeOf<readonly string[] | undefined>();
});

const identity = { name: "plugin", version: "1.0.0" } as const;

it("cuts the view to the capabilities, without an annotation", () => {
  definePlugin({
    ...identity,
    capabilities: ["read_labels", "read_roles", "read_headers"],
    hooks: {
      message_pre_invoke(_message, context, extensions) {
        expectTypeOf(context).toEqualTypeOf<PluginContext>();
        expectTypeOf(extensions).toEqualTypeOf<
          View<"read_labels" | "read_roles" | "read_headers">
        >();
        expectTypeOf(extensions.security.labels).toEqualTypeOf<readonly string[]>();
        expectTypeOf(extensions.security.subject?.id).toEqualTypeOf<string | undefined>();
        expectTypeOf(extensions.security.subject?.roles).toEqualTypeOf<
          readonly string[] | undefined
        >();
        expectTypeOf(extensions.security.classification).toEqualTypeOf<string | undefined>();
        expectTypeOf(extensions.http?.headers).toEqualTypeOf<
          { readonly [name: string]: string } | undefined
        >();
        expectTypeOf(extensions.request?.request_id).toEqualTypeOf<string | undefined>();
        expectTypeOf(extensions.custom).toEqualTypeOf<
          { readonly [key: string]: Json } | undefined
        >();
        // @ts-expect-error: no capability here opens the slot.
        extensions.agent;
        // @ts-expect-error: no capability here opens the slot.
        extensions.delegation;
        // @ts-expect-error: read_roles opens the roles of the subject, not the claims.
        extensions.security.subject?.claims;
        // @ts-expect-error: no capability here opens the field.
        extensions.security.client;
      },
    },
  });
});

it("shows a plugin without capabilities only ungated parts", () => {
  definePlugin({
    ...identity,
    hooks: {
      tool_pre_invoke(_payload, _context, extensions) {
        expectTypeOf(extensions).toEqualTypeOf<View>();
        expectTypeOf<Exclude<keyof typeof extensions, symbol>>().toEqualTypeOf<
          | "request"
          | "security"
          | "mcp"
          | "completion"
          | "provenance"
          | "llm"
          | "framework"
          | "meta"
          | "custom"
        >();
        // @ts-expect-error: labels need read_labels.
        extensions.security?.labels;
        // @ts-expect-error: the subject needs one of its capabilities.
        extensions.security?.subject;
        // @ts-expect-error: a view is read-only.
        extensions.custom = {};
      },
    },
  });
});

it("derives read from write capabilities, and a parent's from a field's", () => {
  definePlugin({
    ...identity,
    capabilities: ["append_labels", "write_headers", "append_delegation", "read_claims"],
    hooks: {
      evaluate(_message, _context, extensions) {
        expectTypeOf(extensions.security.labels).toEqualTypeOf<readonly string[]>();
        expectTypeOf(extensions.http?.method).toEqualTypeOf<string | undefined>();
        expectTypeOf(extensions.delegation?.depth).toEqualTypeOf<number | undefined>();
        expectTypeOf(extensions.security.subject?.id).toEqualTypeOf<string | undefined>();
        // @ts-expect-error: read_claims does not open the roles.
        extensions.security.subject?.roles;
      },
    },
  });
});

it("knows the payloads of the older hooks", () => {
  type Data = { readonly [key: string]: Json };
  definePlugin({
    ...identity,
    hooks: {
      tool_pre_invoke(payload) {
        expectTypeOf(payload.name).toEqualTypeOf<string>();
        expectTypeOf(payload.args).toEqualTypeOf<Data>();
        expectTypeOf(payload.headers).toEqualTypeOf<
          { readonly [name: string]: string } | undefined
        >();
        // @ts-expect-error: a payload is read-only.
        payload.name = "other";
      },
      tool_post_invoke({ name, result }) {
        expectTypeOf(name).toEqualTypeOf<string>();
        expectTypeOf(result).toEqualTypeOf<Json>();
      },
      prompt_pre_fetch({ prompt_id, args }) {
        expectTypeOf(prompt_id).toEqualTypeOf<string>();
        expectTypeOf(args).toEqualTypeOf<{ readonly [name: string]: string }>();
      },
      prompt_post_fetch: ({ prompt_id, result }) => {
        expectTypeOf(prompt_id).toEqualTypeOf<string>();
        expectTypeOf(result).toEqualTypeOf<Json>();
      },
      resource_pre_fetch: async ({ uri, metadata }) => {
        expectTypeOf(uri).toEqualTypeOf<string>();
        expectTypeOf(metadata).toEqualTypeOf<Data>();
      },
      resource_post_fetch: {
        handler({ uri, content }) {
          expectTypeOf(uri).toEqualTypeOf<string>();
          expectTypeOf(content).toEqualTypeOf<Json>();
        },
        mode: "audit",
      },
      agent_pre_invoke(payload) {
        expectTypeOf(payload.messages).toEqualTypeOf<readonly Data[]>();
        expectTypeOf(payload.tools).toEqualTypeOf<readonly string[] | undefined>();
        expectTypeOf(payload.parameters).toEqualTypeOf<Data>();
        // @ts-expect-error: an agent's payload has no name.
        payload.name;
      },
      agent_post_invoke({ agent_id, tool_calls }) {
        expectTypeOf(agent_id).toEqualTypeOf<string>();
        expectTypeOf(tool_calls).toEqualTypeOf<readonly Data[] | undefined>();
      },
      message_post_invoke(message) {
        expectTypeOf(message).toEqualTypeOf<Message>();
        expectTypeOf(message.content[0]).toEqualTypeOf<ContentPart | undefined>();
      },
    },
  });
});

it("lets a handler return nothing, allow, deny, or a change", () => {
  definePlugin({
    ...identity,
    hooks: {
      tool_pre_invoke: ({ name }) => (name === "rm" ? deny("no") : undefined),
      tool_post_invoke: () => null,
      prompt_pre_fetch: () => allow(),
      prompt_post_fetch: async () => ({ metadata: { seen: true } }),
      resource_pre_fetch: (payload) => ({ modifiedPayload: { ...payload, uri: "file:///b" } }),
      resource_post_fetch: () => {},
      agent_pre_invoke: () => Promise.resolve({ modifiedPayload: { agent_id: "a", messages: [] } }),
      agent_post_invoke: (_payload, _context, extensions) => ({ modifiedExtensions: extensions }),
      evaluate: (message) => ({ modifiedPayload: message }),
    },
  });
});

it("denies with what may be undefined, also under exactOptionalPropertyTypes", () => {
  const more = {} as { readonly text: string | undefined; readonly found: object | undefined };
  const details = more.found && { found: more.found };
  deny({ code: more.text, reason: "no", description: more.text, details });
  // @ts-expect-error: a denial has a reason.
  deny({ reason: more.text });
});

it("calls a handler without this", () => {
  definePlugin({
    ...identity,
    hooks: {
      evaluate() {
        expectTypeOf(this).toEqualTypeOf<void>();
      },
      tool_pre_invoke: {
        priority: 7,
        handler() {
          // @ts-expect-error: not the entry that it is in.
          this.priority;
        },
      },
    },
    healthCheck() {
      expectTypeOf(this).toEqualTypeOf<void>();
      return health("healthy");
    },
  });
});

it("accepts no other result", () => {
  definePlugin({
    ...identity,
    hooks: {
      // @ts-expect-error: a misspelt key.
      tool_pre_invoke: () => ({ modifiedPaylod: { name: "add" } }),
      // @ts-expect-error: the spelling of the wire.
      tool_post_invoke: () => ({ modified_payload: { name: "add", result: 1 } }),
      // @ts-expect-error: no result of a handler is a boolean.
      prompt_pre_fetch: () => false,
      // @ts-expect-error: a look-alike is not a denial.
      prompt_post_fetch: () => ({ code: "denied", reason: "no" }),
      // @ts-expect-error: a promise of a misspelt key.
      evaluate: async () => ({ modifiedExtension: {} }),
    },
  });
  definePlugin({
    ...identity,
    hooks: {
      // @ts-expect-error: the name of a tool is a string.
      tool_pre_invoke: () => ({ modifiedPayload: { name: 3 } }),
      // @ts-expect-error: the name is missing.
      tool_post_invoke: () => ({ modifiedPayload: { result: 3 } }),
      // @ts-expect-error: no part has this content type.
      evaluate: () => ({ modifiedPayload: { role: "user", content: [{ content_type: "poem" }] } }),
      // @ts-expect-error: a plugin without capabilities is shown no headers.
      agent_pre_invoke: () => ({ modifiedExtensions: { http: { headers: {} } } }),
      // @ts-expect-error: without a capability there are no labels to hand back.
      agent_post_invoke() {
        const security = { labels: ["PII"] };
        return { modifiedExtensions: { security } };
      },
    },
  });
});

it("types an entry that states its extensions", () => {
  definePlugin({
    ...identity,
    capabilities: ["read_labels"],
    hooks: {
      evaluate: {
        extensions: true,
        handler(message, context, extensions) {
          expectTypeOf(message).toEqualTypeOf<Message>();
          expectTypeOf(context.config).toEqualTypeOf<unknown>();
          expectTypeOf(extensions.security.labels).toEqualTypeOf<readonly string[]>();
          // @ts-expect-error: read_labels does not open headers.
          extensions.http;
        },
      },
      tool_pre_invoke: {
        extensions: true,
        handler: (...args) => {
          expectTypeOf(args[0].name).toEqualTypeOf<string>();
          expectTypeOf(args[2].security.labels).toEqualTypeOf<readonly string[]>();
        },
      },
      tool_post_invoke: { extensions: false, handler: async ({ name }) => void name },
    },
  });
});

it("passes a view to a function that needs less of it, and to no other", () => {
  const isSecret = (view: View<"read_labels">) => view.security.labels.includes("SECRET");
  const tag = (view: View<"append_labels">) => ({ modifiedExtensions: addLabels(view, "PII") });
  const plugin = { name: "helped", version: "1.0.0" } as const;
  definePlugin({
    ...plugin,
    capabilities: ["read_labels", "read_roles"],
    hooks: {
      message_pre_invoke(_message, _context, extensions) {
        // @ts-expect-error It may not add labels.
        tag(extensions);
        return isSecret(extensions) ? deny("Secret") : undefined;
      },
    },
  });
  definePlugin({
    ...plugin,
    capabilities: ["append_labels", "read_labels"],
    hooks: {
      message_pre_invoke: (_message, _context, extensions) =>
        isSecret(extensions) ? undefined : tag(extensions),
    },
  });
  definePlugin({
    ...plugin,
    capabilities: ["read_roles"],
    hooks: {
      message_pre_invoke(_message, _context, extensions) {
        // @ts-expect-error It does not see labels.
        isSecret(extensions);
      },
    },
  });
});

it("passes a view to a function that needs what its capabilities imply", () => {
  const labelsOf = (view: View<"read_labels">) => view.security.labels.length;
  const subjectOf = (view: View<"read_subject">) => view.security?.subject?.id;
  const headersOf = (view: View<"read_headers">) => view.http?.headers;
  const chainOf = (view: View<"read_delegation">) => view.delegation?.chain;
  const log: HookHandler<"cmf.llm_input", "read_labels"> = (_message, _context, view) =>
    void view.security.labels;
  const plugin = { name: "implied", version: "1.0.0" } as const;
  definePlugin({
    ...plugin,
    capabilities: ["append_labels"],
    hooks: {
      "cmf.llm_input": log,
      message_pre_invoke(_message, _context, extensions) {
        labelsOf(extensions);
        // @ts-expect-error append_labels implies read_labels, not read_headers.
        headersOf(extensions);
      },
    },
  });
  definePlugin({
    ...plugin,
    capabilities: ["read_roles", "write_headers", "append_delegation"],
    hooks: {
      message_pre_invoke(_message, _context, extensions) {
        subjectOf(extensions);
        headersOf(extensions);
        chainOf(extensions);
      },
    },
  });
  const tag = (view: View<"append_labels">) => addLabels(view, "PII");
  definePlugin({
    ...plugin,
    capabilities: ["read_labels"],
    hooks: {
      message_pre_invoke(_message, _context, extensions) {
        // @ts-expect-error read_labels does not imply append_labels.
        tag(extensions);
      },
    },
  });
});

it("knows the facts of an audit record by its type", () => {
  const factOf = (event: AuditEvent) => {
    const known = event as KnownAuditEvent;
    switch (known.eventType) {
      case "plugin.handler_denied":
        expectTypeOf(known.metadata.code).toEqualTypeOf<string>();
        expectTypeOf(known.metadata.tool).toEqualTypeOf<string | null>();
        // @ts-expect-error A denial has no labels.
        return known.metadata.labels;
      case "plugin.registration_failed":
        expectTypeOf(known.metadata.hooks).toEqualTypeOf<readonly string[] | undefined>();
        // @ts-expect-error The key depends on the host.
        return known.metadata.requires;
      default:
        return known.timestamp;
    }
  };
  expectTypeOf(factOf).parameter(0).toEqualTypeOf<AuditEvent>();
});
