/**
 * Finds out where a guard shows each string that an MCP message can hold. It is measured: each
 * string goes through a guard whose manager records what every hook receives.
 */

import type { HookManager } from "../../src/providers/guard/index.ts";
import { createGuard, type HookResult, type PassGroup } from "../../src/providers/mcp/index.ts";
import { type MessagePart, type Revision, textPlaces } from "./mcp-schema-paths.ts";

/** The path of a string in the messages of a method, and where a guard shows it. */
export interface McpPath {
  readonly method: string;
  readonly part: MessagePart;
  readonly path: string;
  readonly revisions: readonly Revision[];
  /** The hooks that see it, in order, or the group of the `pass` option that lets it through. */
  readonly seenAt: readonly string[];
}

type Send = (message: object) => void;

/** What happened to one string. */
interface Fate {
  readonly hooks: readonly string[];
  readonly arrived: boolean;
}

const needle = "needle";
/** An execution record, as if a handler had run. */
const ran = { plugin: "all", status: "completed" } as HookResult["executions"][number];
const time = "2026-01-02T03:04:05.678Z";

/** All paths. `seenAt` is `unseen` if no hook sees the string, `refused` if it never passes. */
export async function mcpPaths(): Promise<readonly McpPath[]> {
  const found = new Map<string, McpPath>();
  for (const place of textPlaces()) {
    const { revision, method, part, path, params } = place;
    const seenAt = await whereShown((text) => messagesOf(method, part, params, place.make(text)));
    const key = JSON.stringify([method, part, path, seenAt]);
    const revisions = [...(found.get(key)?.revisions ?? []), revision];
    found.set(key, { method, part, path, revisions, seenAt });
  }
  return [...found.values()];
}

/** Returns the paths as data, grouped by what they have in common. */
export function mcpPathData(paths: readonly McpPath[]): object {
  const groups = new Map<string, McpPath[]>();
  for (const path of paths) {
    const { method, part, revisions, seenAt } = path;
    const key = JSON.stringify([method, part, revisions, seenAt]);
    groups.set(key, [...(groups.get(key) ?? []), path]);
  }
  return [...groups.values()].map((group) => {
    const [{ method, part, revisions, seenAt }] = group as [McpPath];
    const list = group.map(({ path }) => path);
    return { method, part, revisions, seen_at: seenAt, paths: list };
  });
}

type Messages = readonly { readonly from: "own" | "peer"; readonly message: object }[];

function messagesOf(method: string, part: MessagePart, params: unknown, value: unknown): Messages {
  if (method.startsWith("notifications/")) {
    return [{ from: "peer", message: { jsonrpc: "2.0", method, params: value } }];
  }
  const given = part === "params" ? value : params;
  const request = { jsonrpc: "2.0", id: 1, method, ...(given !== undefined && { params: given }) };
  if (part === "params") return [{ from: "own", message: request }];
  return [
    { from: "own", message: request },
    { from: "peer", message: { jsonrpc: "2.0", id: 1, [part]: value } },
  ];
}

async function whereShown(messages: (text: string) => Messages): Promise<readonly string[]> {
  for (const text of [needle, time]) {
    const { hooks, arrived } = await fateOf(text, messages(text), ["tokens"]);
    if (hooks.length > 0) return hooks;
    if (!arrived) continue;
    const shown = await fateOf(text, messages(text), []);
    if (shown.hooks.length > 0) return ["tokens"];
    return ["unseen"];
  }
  return ["refused"];
}

async function fateOf(text: string, messages: Messages, pass: readonly PassGroup[]): Promise<Fate> {
  const hooks: string[] = [];
  const out: unknown[] = [];
  const manager: HookManager = {
    plugins: [],
    payloadLimits: {} as HookManager["payloadLimits"],
    strictDelegation: false,
    isAudited: false,
    handles: (hook) => hook.startsWith("cmf."),
    handlersFor: () => [],
    streamPlan: () => ({ mode: "buffer", window: 0, sentence: false }),
    audit: async () => true,
    auditFailures: () => ({ total: 0, byType: {} }),
    async invoke(hook, payload, options = {}) {
      if (JSON.stringify(payload).includes(text) && !hooks.includes(hook)) hooks.push(hook);
      const { extensions, context } = options;
      const records = { rejections: [], errors: [], executions: [ran], metadata: {} };
      return { continueProcessing: true, payload, extensions, context, ...records };
    },
  };
  const transport: {
    onmessage?: Send;
    start(): Promise<void>;
    send(m: object): Promise<void>;
    close(): Promise<void>;
  } = {
    start: async () => {},
    send: async (message) => void out.push(message),
    close: async () => {},
  };
  const guard = createGuard(manager, { pass }).wrap(transport as never) as typeof transport;
  guard.onmessage = (message) => out.push(message);
  await guard.start();
  for (const { from, message } of messages) {
    if (from === "own") await guard.send(message);
    else transport.onmessage?.(message);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { hooks, arrived: JSON.stringify(out).includes(text) };
}
