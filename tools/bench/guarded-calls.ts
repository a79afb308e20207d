/** G: tool calls between an SDK client and server, with and without a guard on one end. */
import assert from "node:assert/strict";
import { Client as ClientV2, InMemoryTransport as MemoryV2 } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport as MemoryV1 } from "@modelcontextprotocol/sdk/inMemory.js";
import { McpServer as ServerV1 } from "@modelcontextprotocol/sdk/server/mcp.js";
import { McpServer as ServerV2 } from "@modelcontextprotocol/server";
import { amend, createPluginManager, definePlugin, withSlots } from "glassine";
import { createGuard } from "glassine/mcp";
import type { Message } from "glassine/messages";
import * as z from "zod";
import type { Comparison, Side } from "./harness.ts";
import type { Holder, SizedComparison } from "./memory-harness.ts";
import { args, type Row, type Seen, type Size, session, sixPlugins, sizes } from "./six-plugins.ts";

type Sdk = "v1" | "v2";
type End = "client" | "server";

/** The replacement for a name that is rewritten. */
const redacted = "[redacted]";

type Rewrite = "by hand" | "by amend";

interface Structured {
  readonly structuredContent: { readonly rows: readonly Row[] };
}

/** A plugin that replaces the name in one row. */
function rewriter(how: Rewrite) {
  const byHand = (message: Message): Message => {
    const [part] = message.content;
    assert.ok(part?.content_type === "tool_result");
    const result = part.content.content as unknown as Structured;
    const { rows } = result.structuredContent;
    const changed = { ...(rows[0] as Row), name: redacted };
    const structuredContent = { ...result.structuredContent, rows: rows.with(0, changed) };
    const content = { ...part.content, content: { ...result, structuredContent } };
    return { ...message, content: [{ ...part, content: content as never }] };
  };
  const byAmend = (message: Message): Message =>
    amend(message, (draft) => {
      const [part] = draft.content;
      assert.ok(part?.content_type === "tool_result");
      const { rows } = (part.content.content as unknown as Structured).structuredContent;
      (rows[0] as { name: string }).name = redacted;
    });
  const rewrite = how === "by hand" ? byHand : byAmend;
  return definePlugin({
    name: "rewriter",
    version: "1.0.0",
    hooks: {
      "cmf.tool_post_invoke": {
        priority: 0,
        handler: (message, _context) => ({ modifiedPayload: rewrite(message) }),
      },
    },
  });
}

interface Case {
  readonly sdk: Sdk;
  /** The guarded end; absent for a direct call. */
  readonly end?: End;
  readonly size: Size;
  readonly plugins: 0 | 6;
  readonly rewrite?: Rewrite;
}

const info = { name: "bench", version: "1.0.0" };

/** Connects a client and a server, and returns a function that calls the tool once. */
async function connected({ sdk, end, size, plugins, rewrite }: Case) {
  const seen: Seen = { count: 0, found: 0, labels: [] };
  const manager = await createPluginManager({
    plugins: [
      ...(rewrite === undefined ? [] : [rewriter(rewrite)]),
      ...(plugins === 0 ? [] : sixPlugins(seen)),
    ],
  });
  const guard = createGuard(manager, {
    envelope: ({ mcp }) => withSlots(session, { mcp }),
    onWarning: () => {},
  });
  const text = JSON.stringify({ rows: sizes[size] });
  // Both SDKs register tools in the same way.
  const server = sdk === "v1" ? new ServerV1(info) : (new ServerV2(info) as unknown as ServerV1);
  server.registerTool(
    "list",
    { inputSchema: z.object({ rows: z.array(z.record(z.string(), z.unknown())) }) },
    () => ({ content: [{ type: "text", text }], structuredContent: JSON.parse(text) }),
  );
  const client = sdk === "v1" ? new ClientV1(info) : new ClientV2(info);
  const memory = sdk === "v1" ? MemoryV1 : MemoryV2;
  const [clientEnd, serverEnd] = memory.createLinkedPair();
  await server.connect((end === "server" ? guard.wrap(serverEnd) : serverEnd) as never);
  await client.connect((end === "client" ? guard.wrap(clientEnd) : clientEnd) as never);
  const call = () => client.callTool({ name: "list", arguments: args });
  return { call, seen, text };
}

/** One side. Checked once: all rows arrived, the plugins ran, and their labels stayed. */
async function sideOf(given: Case): Promise<Side> {
  const { call, seen, text } = await connected(given);
  let isChecked = false;
  return {
    run: async (times) => {
      let last: unknown;
      for (let i = 0; i < times; i += 1) last = await call();
      return last;
    },
    check(last) {
      if (isChecked) return;
      isChecked = true;
      const { content, structuredContent } = last as {
        readonly content: readonly { readonly text: string }[];
        readonly structuredContent: { readonly rows: readonly Row[] };
      };
      assert.equal(content[0]?.text, text);
      const expected = JSON.parse(text) as { rows: { name: string }[] };
      if (given.rewrite !== undefined) (expected.rows[0] as { name: string }).name = redacted;
      assert.deepEqual(structuredContent, expected);
      if (given.end === undefined || given.plugins === 0) return;
      assert.ok(seen.count > 0);
      assert.equal(seen.found, 0);
      const labels = ["first-after", "first-before", "second-after", "second-before"];
      for (const label of ["INTERNAL", ...labels]) assert.ok(seen.labels.includes(label), label);
    },
  };
}

/** Parses the answer's text and writes it again. */
function copySide(size: Size): Side {
  const structuredContent = { rows: sizes[size] };
  const content = [{ type: "text", text: JSON.stringify(structuredContent) }];
  const answer = JSON.stringify({ jsonrpc: "2.0", id: 1, result: { content, structuredContent } });
  return {
    run: (times) => {
      let last = "";
      for (let i = 0; i < times; i += 1) last = JSON.stringify(JSON.parse(answer));
      return last;
    },
    check: (last) => assert.equal(last, answer),
  };
}

const stands = (["v1", "v2"] as const).flatMap((sdk) =>
  (["server", "client"] as const).map((end) => ({ sdk, end })),
);

interface Goal {
  readonly id: string;
  readonly what: string;
  readonly goal: number;
  readonly given: Pick<Case, "size" | "plugins" | "rewrite">;
  readonly isAdded?: true;
}

const goals: readonly Goal[] = [
  { id: "G1", what: "1 KB, no plugin", goal: 1.5, given: { size: "1 KB", plugins: 0 } },
  { id: "G2", what: "1 KB, six plugins", goal: 3, given: { size: "1 KB", plugins: 6 } },
  { id: "G3", what: "100 KB, no plugin", goal: 1.2, given: { size: "100 KB", plugins: 0 } },
  {
    id: "G4",
    what: "100 KB, six plugins",
    goal: 1.2,
    given: { size: "100 KB", plugins: 6 },
    isAdded: true,
  },
  {
    id: "G7",
    what: "100 KB, six plugins, a string rewritten by hand",
    goal: 2,
    given: { size: "100 KB", plugins: 6, rewrite: "by hand" },
    isAdded: true,
  },
  {
    id: "G7",
    what: "100 KB, six plugins, a string rewritten by amend",
    goal: 2.3,
    given: { size: "100 KB", plugins: 6, rewrite: "by amend" },
    isAdded: true,
  },
];

export const guardedCallComparisons: readonly Comparison[] = goals.flatMap(
  ({ id, what, goal, given, isAdded }) =>
    stands.map(({ sdk, end }) => ({
      id,
      workload: `${what}, guard on the ${end} of ${sdk}, ${isAdded ? "added, vs parse and stringify" : "vs direct"}`,
      goal,
      sides: async () => [
        await sideOf({ ...given, sdk, end }),
        await sideOf({ sdk, size: given.size, plugins: 0 }),
      ],
      ...(isAdded && { unit: () => copySide(given.size) }),
    })),
);

/** How many objects one run makes and keeps in memory. */
const thousand = 1000;

/** Makes a thousand objects and holds them until the next run. */
function heldSide(make: () => unknown): Side {
  let held: unknown[] = [];
  return {
    per: thousand,
    run: (times) => {
      for (let i = 0; i < times; i += 1) held = Array.from({ length: thousand }, make);
      return held;
    },
    check: (last) => assert.equal(new Set(last as unknown[]).size, thousand),
  };
}

const madeClient = () => new ClientV1(info);

/** Makes guards for different servers, so that each keeps its own state. */
async function guardMaker(): Promise<() => unknown> {
  let manager = await createPluginManager({ plugins: [] });
  let made = 0;
  const next = await Promise.all(
    Array.from({ length: 200 }, () => createPluginManager({ plugins: [] })),
  );
  return () => {
    made += 1;
    // Change managers from time to time, because each keeps the state of its guards.
    if (made % 10_000 === 0) manager = next.pop() ?? manager;
    return createGuard(manager, { serverId: `server-${made}`, envelope: () => session });
  };
}

export const guardMakingComparisons: readonly Comparison[] = [
  {
    id: "G5",
    workload: "guards made and held by the thousand, vs SDK clients",
    goal: 0.02,
    sides: async () => [heldSide(await guardMaker()), heldSide(madeClient)],
  },
];

const holder =
  (make: () => unknown): Holder =>
  async (count) => {
    const kept = Array.from({ length: count }, make);
    return {
      check: () => assert.equal(new Set(kept).size, count),
      // The engine may keep this closure alive during the next measurement.
      release: () => {
        kept.length = 0;
      },
    };
  };

export const guardSizes: readonly SizedComparison[] = [
  {
    id: "G5",
    workload: "bytes of one guard, vs one SDK client",
    goal: 0.1,
    figure: "held",
    sides: async () => [holder(await guardMaker()), holder(madeClient)],
  },
];
