/** The MCP endpoint of a gateway in this process: real fronts and guards, servers that do as a test says. */
import { addLabels, createPluginManager, definePlugin, deny } from "glassine";
import { memoryLabelStore } from "glassine/labels";
import { configSchema } from "../../src/gateway/config/index.ts";
import type { End, Message } from "../../src/gateway/ends/index.ts";
import { watched } from "../../src/gateway/ends/watched.ts";
import { identityOf } from "../../src/gateway/identity/identity.ts";
import { Homes } from "../../src/gateway/router/index.ts";
import { type Caller, guardOf } from "../../src/gateway/run/guarded-server.ts";
import { loadSdk } from "../../src/gateway/run/load-sdk.ts";
import { mcpEndpoint } from "../../src/gateway/run/mcp-endpoint.ts";
import type { Server } from "../../src/gateway/run/server.ts";
import { initialize } from "../../test/internal/gateway/run/support/caller.ts";

/** What a server does with a call; its caller names it as the tool. */
export const behaviours = [
  ...(["answer", "twice", "late", "hang", "stranger", "foreign", "garbage", "error"] as const),
  ...(["progress", "rejects", "dies", "taint", "spill"] as const),
];
export type Behaviour = (typeof behaviours)[number];

const labels = definePlugin({
  name: "labels",
  version: "1.0.0",
  capabilities: ["append_labels", "read_labels"],
  hooks: {
    "cmf.tool_post_invoke": {
      conditions: { tools: ["taint"] },
      handler: (_message, _context, extensions) => ({
        modifiedExtensions: addLabels(extensions, ["TAINTED"]),
      }),
    },
    "cmf.tool_pre_invoke": {
      conditions: { tools: ["spill"] },
      handler: (_message, _context, extensions) =>
        extensions.security.labels.includes("TAINTED") ? deny("tainted") : undefined,
    },
  },
});
const manager = await createPluginManager({ plugins: [labels] });
const sdk = await loadSdk();
const config = configSchema.parse({ servers: { fake: { url: "http://fake.test" } } });
const quiet = { info() {}, warn() {}, error() {} };

/** A server, with the answers that it keeps for later. */
function fakeBack(): { readonly back: End; release(): void; die(): void } {
  const late: Message[] = [];
  let isDead = false;
  const say = (message: unknown) => {
    if (!isDead) back.onmessage?.(message, {});
  };
  const die = () => {
    if (isDead) return;
    isDead = true;
    back.onclose?.();
  };
  const back: End = {
    start: async () => {},
    async send({ id, method, params }) {
      if (isDead) throw new Error("The server is gone.");
      if (id === undefined || method === undefined) return;
      // Messages of these tests have params, as `bodyOf` and `initialize` write them.
      const given = params as {
        name: Behaviour;
        arguments: { said: string };
        protocolVersion: string;
      };
      const { protocolVersion } = given;
      if (method === "initialize") {
        const result = {
          protocolVersion,
          capabilities: { tools: {} },
          serverInfo: { name: "f", version: "1" },
        };
        return say({ jsonrpc: "2.0", id, result });
      }
      const { said } = given.arguments;
      const of = (more: string) => ({
        ...{ jsonrpc: "2.0", id },
        result: { content: [{ type: "text", text: said + more }], resultType: "complete" },
      });
      const other = { ...of(" of another"), id: Number(id) + 1 };
      const acts: Readonly<Record<Behaviour, () => unknown>> = {
        answer: () => say(of("")),
        taint: () => say(of("")),
        spill: () => say(of("")),
        twice: () => [of(""), of(" again")].map(say),
        late: () => void late.push(of("")),
        hang: () => {},
        stranger: () =>
          [{ ...of(""), id: "never" }, { ...of(""), id: String(id) }, of("")].map(say),
        foreign: () => [{ ...other, id: `s${other.id}` }, of("")].map(say),
        garbage: () => [5, null, [], "x", {}, { jsonrpc: "2.0" }, { id }, of("")].map(say),
        error: () => say({ jsonrpc: "2.0", id, error: { code: -32000, message: said } }),
        progress: () => {
          const params = { progressToken: "nobody's", progress: 1 };
          say({ jsonrpc: "2.0", method: "notifications/progress", params });
          say(of(""));
        },
        rejects: () => {
          throw new Error("The server does not read.");
        },
        dies: die,
      };
      acts[given.name]();
    },
    async close() {
      die();
    },
  };
  return { back, die, release: () => void late.splice(0).map(say) };
}

interface Ended {
  readonly id: number;
  readonly text: string;
}

/** Turns of the event loop: enough for everything that follows from a step, or fewer. */
export async function turns(count: number): Promise<void> {
  for (let at = 0; at < count; at += 1) await new Promise((resolve) => setImmediate(resolve));
}

export function gatewayWithSessions() {
  const callers = new Map<string, Caller>();
  const guard = guardOf("fake", config.servers.fake as never, {
    ...{
      callers,
      store: memoryLabelStore(),
      headersToShow: () => ({}),
      onEnd() {},
      onHook() {},
      isChanged: () => false,
    },
    parts: { config, manager, log: quiet, secrets: String },
  });
  /** The newest last: a session that begins has that one. */
  const backs: ReturnType<typeof fakeBack>[] = [];
  const server: Server = {
    ...{ name: "fake", guard },
    connect() {
      const made = fakeBack();
      backs.push(made);
      return watched(made.back, { timeoutMs: 60_000, inFlight: 1000, onDropped() {} });
    },
    retire() {},
    close: async () => {},
  };
  const endpoint = mcpEndpoint({
    ...{ sdk, callers, log: quiet, limits: () => config.limits },
    ...{ servers: () => [server], homes: () => new Homes(["fake"]) },
  });

  /** A client of a subject, which keeps what its streams said. */
  async function begin(subject: string) {
    const identity = identityOf("proxy", [subject]);
    const ended: Ended[] = [];
    const statuses: number[] = [];
    const reading: Promise<void>[] = [];
    const ask = (method: string, body: unknown, headers: Readonly<Record<string, string>>) =>
      endpoint.handle(
        new Request("http://gateway.test/mcp", {
          ...{ method, ...(body !== undefined && { body: JSON.stringify(body) }) },
          headers: {
            "content-type": "application/json",
            accept: "application/json, text/event-stream",
            ...headers,
          },
        }),
        identity,
      );
    const first = await ask("POST", initialize, {});
    await first.text();
    const back = backs.at(-1) as (typeof backs)[number];
    const session = first.headers.get("mcp-session-id") ?? "";
    const own = { "mcp-session-id": session, "mcp-protocol-version": "2025-11-25" };

    async function read(response: Response): Promise<void> {
      statuses.push(response.status);
      const text = await response.text().catch(() => "");
      const documents = text.startsWith("{")
        ? [text]
        : [...text.matchAll(/^data: (.+)$/gm)].map(([, data = ""]) => data);
      for (const document of documents) {
        const { id, result, error } = JSON.parse(document);
        ended.push({ id, text: result?.content[0].text ?? error.data?.code ?? error.message });
      }
    }

    return {
      ...{ session, ended, statuses, release: back.release, die: back.die },
      /** All streams have ended. */
      settled: () => Promise.allSettled(reading),
      call(id: number, name: Behaviour, said: string): void {
        const params = { name, arguments: { said } };
        const body = { jsonrpc: "2.0", id, method: "tools/call", params };
        reading.push(ask("POST", body, own).then(read));
      },
      cancel(requestId: number): void {
        const body = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId } };
        reading.push(
          ask("POST", body, own).then((response) => void statuses.push(response.status)),
        );
      },
      leave(): void {
        reading.push(
          ask("DELETE", undefined, own).then((response) => void statuses.push(response.status)),
        );
      },
    };
  }

  return { begin, guard, close: () => endpoint.close() };
}

export type Client = Awaited<ReturnType<ReturnType<typeof gatewayWithSessions>["begin"]>>;
