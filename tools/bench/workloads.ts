/** The shared workloads: a realistic envelope, a grant, a payload, and plugins. */
import assert from "node:assert/strict";
import {
  type Capability,
  createExtensions,
  createPluginManager,
  definePlugin,
  type Extensions,
  type Manager,
  type Mode,
  withSlots,
} from "glassine";
import { freezePayload, type MessageInput } from "glassine/messages";
import { type Handler, type Handler3, hook, type Payload } from "./lane.ts";

export function numbered(count: number, name: string): string[] {
  return Array.from({ length: count }, (_, i) => `${name}${i}`);
}

export function entries(count: number, key: string): Record<string, string> {
  return Object.fromEntries(numbered(count, "").map((i) => [`${key}-${i}`, `value-${i}`]));
}

export function hop(from: string, audience: string) {
  return {
    subject_id: from,
    subject_type: "user",
    audience,
    scopes_granted: ["tools:read", "tools:call"],
    timestamp: "2026-01-01T00:00:00Z",
    ttl_seconds: 300,
    strategy: "token_exchange",
    from_cache: false,
  };
}

/** An envelope with every slot filled, as a gateway would do it. */
export const realisticEnvelope: Extensions = createExtensions({
  request: {
    environment: "production",
    request_id: "request-1",
    timestamp: "2026-01-01T00:00:00Z",
    trace_id: "trace-1",
    span_id: "span-1",
  },
  agent: {
    input: "What is the weather?",
    session_id: "session-1",
    conversation_id: "conversation-1",
    agent_id: "agent-1",
    turn: 3,
  },
  http: { headers: entries(10, "x-header") },
  security: {
    labels: numbered(4, "LABEL_"),
    classification: "internal",
    subject: {
      id: "user-1",
      type: "user",
      roles: numbered(5, "role-"),
      teams: numbered(2, "team-"),
      claims: entries(8, "claim"),
      permissions: numbered(6, "permission-"),
    },
    objects: {
      weather: { managed_by: "host", permissions: ["read"], trust_domain: "internal" },
    },
    data: { forecast: { apply_labels: ["PUBLIC"], denied_actions: ["export"] } },
  },
  delegation: { chain: [hop("user-1", "agent-1"), hop("agent-1", "agent-2")] },
  mcp: { tool: { name: "get_weather", description: "The weather.", server_id: "server-1" } },
  completion: {
    stop_reason: "end",
    tokens: { input_tokens: 100, output_tokens: 50, total_tokens: 150 },
    model: "model-1",
    raw_format: "chat",
    created_at: "2026-01-01T00:00:00Z",
    latency_ms: 120,
  },
  provenance: { source: "user", message_id: "message-1", parent_id: "message-0" },
  llm: { model_id: "model-1", provider: "provider-1", capabilities: ["chat", "tools"] },
  framework: {
    framework: "framework-1",
    framework_version: "1.0.0",
    node_id: "node-1",
    graph_id: "graph-1",
    metadata: { step: 1 },
  },
  meta: { tags: ["a", "b"], scope: "tool", properties: { owner: "team-0" } },
  custom: { first: 1, second: { nested: true } },
});

/** A grant of three capabilities. */
export const threeCapabilities = [
  "read_roles",
  "read_headers",
  "append_labels",
] as const satisfies readonly Capability[];

/** Returns a new envelope over shared slots, as a host has at the start of each request. */
export function freshEnvelope(): Extensions {
  return withSlots(realisticEnvelope, {});
}

export const payload: Payload = freezePayload({ name: "get_weather", args: { id: 1 } });

/** How the plugins of a manager run. */
export interface ManagerSettings {
  /** Default: 30 s, never reached. */
  readonly timeoutMs?: null;
  /** Default: one after the other. */
  readonly mode?: Mode;
  /** Capabilities of plugins that take extensions, used in turn. Default: three capabilities. */
  readonly grants?: readonly (readonly Capability[])[];
}

/** Makes a manager with one plugin for each handler. */
export function managerOf(
  handlers: readonly (Handler | Handler3)[],
  { mode = "sequential", grants = [threeCapabilities], ...options }: ManagerSettings = {},
): Promise<Manager> {
  const plugins = handlers.map((handler, i) =>
    definePlugin({
      name: `plugin-${i}`,
      version: "1.0.0",
      // A plugin that takes no extensions declares no capabilities.
      capabilities: handler.length > 2 ? (grants[i % grants.length] ?? []) : [],
      hooks: { [hook]: { handler: handler as Handler3, mode } },
    }),
  );
  return createPluginManager({ plugins, ...options });
}

/** Throws unless a fresh envelope is a new object with the same slot objects. */
export function checkFreshEnvelope(): void {
  const fresh = freshEnvelope();
  assert.notEqual(fresh, realisticEnvelope);
  for (const [slot, value] of Object.entries(fresh)) {
    assert.equal(value, realisticEnvelope[slot as keyof Extensions], slot);
  }
}

type PartInput = NonNullable<MessageInput["content"]>[number];

/** Returns one of five kinds of part, in turn. All text is ASCII. */
export function partAt(i: number, text: string): PartInput {
  const kinds: readonly (() => PartInput)[] = [
    () => ({ content_type: "text", text }),
    () => ({
      content_type: "tool_call",
      content: {
        tool_call_id: `call-${i}`,
        name: `tool-${i}`,
        namespace: "bench",
        arguments: { id: i, q: text, flag: true },
      },
    }),
    () => ({
      content_type: "tool_result",
      content: {
        tool_call_id: `call-${i}`,
        tool_name: `tool-${i}`,
        content: { rows: [i, i + 1], text },
        is_error: false,
      },
    }),
    () => ({
      content_type: "resource",
      content: {
        resource_request_id: `resource-${i}`,
        uri: `file:///bench/${i}`,
        name: `resource ${i}`,
        resource_type: "file",
        content: text,
        mime_type: "text/plain",
      },
    }),
    () => ({
      content_type: "prompt_request",
      content: {
        prompt_request_id: `prompt-${i}`,
        name: `prompt-${i}`,
        server_id: "server-1",
        arguments: { text },
      },
    }),
  ];
  return (kinds[i % kinds.length] as () => PartInput)();
}
