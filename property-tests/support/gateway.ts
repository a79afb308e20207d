/** A gateway's MCP endpoint in this process: real fronts, guards and routers, scripted servers. */
import { addLabels, createPluginManager, definePlugin, deny } from "glassine";
import { memoryLabelStore } from "glassine/labels";
import { createGuard } from "glassine/mcp";
import { configSchema } from "../../src/gateway/config/index.ts";
import { Definitions } from "../../src/gateway/definitions/index.ts";
import { identityOf } from "../../src/gateway/identity/identity.ts";
import { RoutingMemory } from "../../src/gateway/router/index.ts";
import { GatewayEvents } from "../../src/gateway/run/gateway-events.ts";
import { type Caller, guardOptions } from "../../src/gateway/run/guarded-server.ts";
import { loadSdk } from "../../src/gateway/run/load-sdk.ts";
import { DirectEndpoint } from "../../src/gateway/run/mcp-endpoint.ts";
import type { Server } from "../../src/gateway/run/server.ts";
import { wireWith } from "../../src/gateway/run/wire.ts";
import { ByteBudget } from "../../src/gateway/transports/byte-budget.ts";
import type { ConnectFor, Message, Transport } from "../../src/gateway/transports/index.ts";
import { type SharedChild, sharedChild } from "../../src/gateway/transports/shared-child.ts";
import { watched } from "../../src/gateway/transports/watched.ts";
import { initialize } from "../../test/gateway/run/support/caller.ts";
import { unlimited } from "../../test/internal/gateway/support/unlimited.ts";

/** What a server does with a request. */
export const behaviours = [
  ...(["answer", "twice", "late", "hang", "stranger", "foreign", "garbage", "error"] as const),
  ...(["progress", "rejects", "dies"] as const),
];
export type Behaviour = (typeof behaviours)[number];
/** What it does with a tool call; `asks` sends the caller a request before the answer. */
export const callBehaviours = [...behaviours, "taint", "spill", "asks"] as const;
export type CallBehaviour = (typeof callBehaviours)[number];

/** How long a server may take, on a clock that the test moves. */
export const timeoutMs = 60_000;

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

/** What a request carries for the servers: what each does with it, and who asks. */
interface Said {
  readonly how: Readonly<Record<string, CallBehaviour>>;
  readonly said: string;
}
const saidKey = "test/said";

interface FakeBack {
  readonly back: Transport;
  release(): void;
  die(): void;
}

/** Whether new connections to a server work, are refused, or get no answer. */
export const states = ["up", "down", "mute"] as const;
export type State = (typeof states)[number];

interface FakeServer {
  readonly name: string;
  state: State;
  /** Records a connection as belonging to the client of this name. */
  join(client: string, own: FakeBack): void;
}

/** A connection to a server, which keeps late answers until they are released. */
function fakeBack(server: FakeServer): FakeBack {
  const late: Message[] = [];
  /** Its own requests and the calls that wait for them, by id. All servers use the same ids. */
  const asking = new Map<unknown, unknown>();
  let isDead = false;
  const say = (message: unknown) => {
    if (!isDead) back.onmessage?.(message, {});
  };
  const die = () => {
    if (isDead) return;
    isDead = true;
    back.onclose?.();
  };

  const act = (
    id: unknown,
    how: CallBehaviour,
    resultOf: (more: string) => object,
    said: string,
  ) => {
    const of = (more: string) => ({ jsonrpc: "2.0", id, result: resultOf(more) });
    const acts: Readonly<Record<CallBehaviour, () => unknown>> = {
      answer: () => say(of("")),
      taint: () => say(of("")),
      spill: () => say(of("")),
      twice: () => [of(""), of(" again")].map(say),
      late: () => void late.push(of("")),
      hang: () => {},
      stranger: () => [{ ...of(""), id: "never" }, { ...of(""), id: String(id) }, of("")].map(say),
      foreign: () => [{ ...of(" of another"), id: `s${Number(id) + 1}` }, of("")].map(say),
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
      asks: () => {
        const own = asking.size + 1;
        asking.set(own, id);
        const content = { type: "text", text: said };
        const params = { messages: [{ role: "user", content }], maxTokens: 1 };
        say({ jsonrpc: "2.0", id: own, method: "sampling/createMessage", params });
      },
    };
    acts[how]();
  };

  const back: Transport = {
    async start() {
      if (server.state === "down") throw new Error("The server is down.");
    },
    async send(message) {
      if (isDead) throw new Error("The server is gone.");
      const { id, method } = message;
      if (id === undefined) return;
      if (method === undefined) {
        const { result } = message as { result?: { content: { text: string } } };
        const text = result?.content.text ?? "no answer";
        const done = { content: [{ type: "text", text }], resultType: "complete" };
        say({ jsonrpc: "2.0", id: asking.get(id), result: done });
        return;
      }
      // All requests of these tests have params, as `begin` writes them.
      const params = message.params as Message & { readonly _meta: Message };
      if (method === "initialize") {
        const { protocolVersion, clientInfo } = params as unknown as typeof initialize.params;
        server.join(clientInfo.name, made);
        if (server.state === "mute") return;
        const result = {
          protocolVersion,
          capabilities: { tools: {}, resources: {} },
          serverInfo: { name: "f", version: "1" },
        };
        return say({ jsonrpc: "2.0", id, result });
      }
      const { how, said } = params._meta[saidKey] as Said;
      server.join(said.replace(/ \d+$/, ""), made);
      const own = how[server.name] ?? "answer";
      const common = { resultType: "complete", ttlMs: 0, cacheScope: "private" };
      const results: Readonly<Record<string, (more: string) => object>> = {
        "tools/call": (more) => ({
          content: [{ type: "text", text: said + more }],
          resultType: "complete",
        }),
        "tools/list": (more) => ({
          ...common,
          tools: [{ name: said + more, inputSchema: { type: "object" } }],
        }),
        "resources/read": (more) => ({
          ...common,
          contents: [{ uri: String(params.uri), text: said + more }],
        }),
      };
      const resultOf = results[String(method)];
      if (resultOf !== undefined) act(id, own, resultOf, said);
    },
    async close() {
      die();
    },
  };
  const made: FakeBack = { back, die, release: () => void late.splice(0).map(say) };
  return made;
}

interface Ended {
  readonly id: number;
  readonly text: string;
}

/** Lets the event loop turn `count` times, which may be too few for all that a step causes. */
export async function turns(count: number): Promise<void> {
  for (let at = 0; at < count; at += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Enough turns for all that a step causes, even if a server is reconnected first. */
export const settled = (): Promise<void> => turns(40);

const serverNames = ["aa", "bb"] as const;

export function gatewayOf(count: 1 | 2) {
  const names = serverNames.slice(0, count);
  const callers = new Map<string, Caller>();
  /** By client and server name. Reconnecting adds a connection; exchanges share one. */
  const backs = new Map<string, Set<FakeBack>>();
  const fakes = names.map(
    (name): FakeServer => ({
      name,
      state: "up",
      join(client, own) {
        const key = `${client} ${name}`;
        backs.set(key, (backs.get(key) ?? new Set()).add(own));
      },
    }),
  );
  const events = new GatewayEvents(quiet, undefined);
  const servers = fakes.map(serverOf);
  const memory = new RoutingMemory(names);

  function serverOf(fake: FakeServer): Server {
    const { name } = fake;
    const store = memoryLabelStore();
    const options = guardOptions(name, config.servers.fake as never, {
      callers,
      store,
      headersToShow: () => ({}),
      events,
      onHook() {},
      definitions: new Definitions(() => {}),
      parts: { config, audit: undefined, manager, log: quiet, generation: 1, secrets: String },
    });
    const guard = createGuard(manager, options);
    const shared = new Map<string, SharedChild>();
    const make = () =>
      watched(fakeBack(fake).back, { timeoutMs: () => timeoutMs, inFlight: 1000, onDropped() {} });
    return {
      name,
      guard,
      isRemoved: false,
      budget: new ByteBudget(1e9),
      makeRoom: () => true,
      // Nothing reloads here.
      terms: undefined as never,
      use: async () => {},
      connect({ key, isAnonymous = false, exchange }: ConnectFor) {
        if (exchange === undefined) return make();
        const child =
          shared.get(key) ??
          sharedChild(make(), {
            isAnonymous,
            onDropped() {},
            onIdle() {},
            onGone: () => void shared.delete(key),
          });
        shared.set(key, child);
        return child.connect();
      },
      retire: async () => {},
      close: async () => {},
    };
  }

  const endpoint = new DirectEndpoint({
    path: "/mcp",
    sdk,
    callers,
    log: quiet,
    events,
    limits: () => config.limits,
    servers: () => servers,
    wire: wireWith({ latest: () => servers, memory, log: quiet, events }),
    forgetLabels() {},
  });

  function post(
    method: string,
    body: unknown,
    headers: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ) {
    const request = new Request("http://gateway.test/mcp", {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal !== undefined && { signal }),
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        ...headers,
      },
    });
    const connection = { remote: undefined, onSent: () => undefined, held: unlimited };
    return endpoint.handle(request, identityOf("proxy", ["ada"]), connection, () => undefined);
  }

  /** Starts a client of the only subject, which records what its streams deliver. */
  async function begin(name: string, era: "session" | "exchanges") {
    const ended: Ended[] = [];
    const statuses: number[] = [];
    const reading: Promise<void>[] = [];
    const isSession = era === "session";
    /** Answers to requests from servers, until they are released. */
    const answers: object[] = [];
    /** Open exchanges, by id. */
    const open = new Map<number, AbortController>();
    let own: Readonly<Record<string, string>> = {};

    if (isSession) {
      const params = { ...initialize.params, clientInfo: { name, version: "1" } };
      const first = await post("POST", { ...initialize, params }, {});
      await first.text();
      own = {
        "mcp-session-id": first.headers.get("mcp-session-id") ?? "",
        "mcp-protocol-version": "2025-11-25",
      };
    }

    /** Follows a request to the end of its stream. */
    function follow(response: Promise<Response>): void {
      reading.push(
        response.then(async (came) => {
          statuses.push(came.status);
          await read(came).catch(() => {});
        }),
      );
    }

    /** Sends what is not a request, so that only a status comes back. */
    function tell(method: "POST" | "DELETE", body?: unknown): void {
      reading.push(
        post(method, body, own).then(async (came) => {
          statuses.push(came.status);
          await came.body?.cancel();
        }),
      );
    }

    async function read({ body }: Response): Promise<void> {
      const decoder = new TextDecoder();
      let rest = "";
      for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
        rest += decoder.decode(chunk, { stream: true });
        const events = rest.split("\n\n");
        if (!rest.startsWith("{")) rest = events.pop() ?? "";
        for (const event of events) hear(/^data: (.+)$/m.exec(event)?.[1]);
      }
      if (rest.startsWith("{")) hear(rest);
    }

    function hear(data: string | undefined): void {
      if (data === undefined) return;
      const message = JSON.parse(data);
      const { id, method, params, result, error } = message;
      if (method === "sampling/createMessage") {
        const { content } = params.messages[0];
        const answer = { role: "assistant", model: "m", content };
        answers.push({ jsonrpc: "2.0", id, result: answer });
      } else if (method === undefined) ended.push({ id, text: textOf(result) ?? codeOf(error) });
    }

    function ask(id: number, method: string, given: Message, said: Said, header?: string): void {
      const meta = { [saidKey]: said };
      if (isSession) {
        const params = { ...given, _meta: meta };
        follow(post("POST", { jsonrpc: "2.0", id, method, params }, own));
        return;
      }
      const modern = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
      };
      const abort = new AbortController();
      open.set(id, abort);
      const headers = {
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": method,
        ...(header !== undefined && { "mcp-name": header }),
      };
      const params = { ...given, _meta: { ...meta, ...modern } };
      follow(post("POST", { jsonrpc: "2.0", id, method, params }, headers, abort.signal));
    }

    const ofServer = (at: number) => names[at % names.length] as string;
    const backsOf = (server: string) => [...(backs.get(`${name} ${server}`) ?? [])];

    return {
      name,
      ended,
      statuses,
      /** Resolves when all streams have ended. */
      async settled() {
        // A stream that ends may lead to another request.
        for (let count = -1; count < reading.length; ) {
          count = reading.length;
          await Promise.allSettled(reading);
        }
      },
      call(id: number, server: number, how: CallBehaviour, said: string): void {
        const to = ofServer(server);
        const tool = names.length === 1 ? how : `${to}__${how}`;
        const given = { name: tool, arguments: {} };
        // In an exchange of MCP 2026-07-28, servers send no requests.
        const own = how === "asks" && !isSession ? "answer" : how;
        ask(id, "tools/call", given, { how: { [to]: own }, said }, tool);
      },
      list(id: number, how: readonly Behaviour[], said: string): void {
        ask(id, "tools/list", {}, { how: howOf(how), said });
      },
      /** Reads a URI that no server has listed. */
      read(id: number, how: readonly Behaviour[], said: string): void {
        const uri = `x:${id}`;
        ask(id, "resources/read", { uri }, { how: howOf(how), said }, uri);
      },
      cancel(requestId: number): void {
        open.get(requestId)?.abort();
        if (!isSession) return;
        const body = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId } };
        tell("POST", body);
      },
      leave(): void {
        for (const each of open.values()) each.abort();
        if (isSession) tell("DELETE");
      },
      release(): void {
        for (const answer of answers.splice(0)) tell("POST", answer);
        for (const server of names) for (const back of backsOf(server)) back.release();
      },
      die(server: number): void {
        for (const back of backsOf(ofServer(server))) back.die();
      },
      dieAll(): void {
        for (const server of names) for (const back of backsOf(server)) back.die();
      },
    };

    function howOf(how: readonly Behaviour[]): Said["how"] {
      return Object.fromEntries(names.map((server, at) => [server, how[at] ?? "answer"]));
    }
  }

  const counts = () => servers.map(({ guard }) => guard.counts());

  function become(server: number, state: State): void {
    const fake = fakes[server % fakes.length];
    if (fake !== undefined) fake.state = state;
  }

  return { begin, become, counts, close: () => endpoint.connected.closeAll() };
}

function textOf(result: Message | undefined): string | undefined {
  if (result === undefined) return undefined;
  const { content, tools, contents } = result as {
    readonly content?: readonly { readonly text: string }[];
    readonly tools?: readonly { readonly name: string }[];
    readonly contents?: readonly { readonly text: string }[];
  };
  return content?.[0]?.text ?? tools?.map(({ name }) => name).join() ?? contents?.[0]?.text;
}

function codeOf(error: { readonly data?: { readonly code?: string }; readonly message: string }) {
  return error.data?.code ?? error.message;
}

export type Client = Awaited<ReturnType<ReturnType<typeof gatewayOf>["begin"]>>;
