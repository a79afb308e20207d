/** Headers that plugins write go out with the request that they wrote them for. */
import {
  Client as ClientV2,
  InMemoryTransport as MemoryV2,
  StreamableHTTPClientTransport as NearV2,
} from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport as NearV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { InMemoryTransport as MemoryV1 } from "@modelcontextprotocol/sdk/inMemory.js";
import * as fc from "fast-check";
import {
  createExtensions,
  createPluginManager,
  definePlugin,
  removeHeader,
  setHeader,
} from "glassine";
import { createGuard, type FetchLike, type GuardEvent, type GuardOptions } from "glassine/mcp";
import { describe, expect, it } from "vitest";
import { share } from "../../../property-tests/support/runs.ts";
import { afterTest } from "../../support/cleanup.ts";
import { verifies } from "../../support/verifies.ts";
import { fakeManager, settle } from "./support/fake-manager.ts";
import { type Answering, httpServer, json, resultFor } from "./support/http-server.ts";
import { type Json, RawTransport, result, toolCall } from "./support/raw.ts";

const info = { name: "test", version: "1.0.0" };

type Edit = (extensions: object, args: Json) => object;

/** A plugin that edits the headers of tool calls, as its arguments say. */
async function writer(edit: Edit, capabilities: readonly string[] = ["write_headers"]) {
  const plugin = definePlugin({
    name: "writer",
    version: "1.0.0",
    capabilities,
    hooks: {
      "cmf.tool_pre_invoke": (
        message: {
          readonly content: readonly [{ readonly content: { readonly arguments: Json } }];
        },
        _context: unknown,
        extensions: object,
      ) => {
        const [part] = message.content;
        return { modifiedExtensions: edit(extensions, part.content.arguments) };
      },
    },
  } as never);
  return createPluginManager({ plugins: [plugin] });
}

type Manager = Awaited<ReturnType<typeof writer>>;

const set = (name: string, value: string) => (extensions: object) =>
  setHeader(extensions as never, name, value);
const withTag: Edit = (extensions, { tag }) =>
  setHeader(extensions as never, "x-tag", String(tag ?? "none"));

const headersOf = (headers: object, more: object = {}) =>
  createExtensions({ http: { headers, ...more } } as never);

interface Making {
  readonly answering?: Answering;
  readonly options?: GuardOptions;
  /** Options of the transport. */
  readonly own?: object;
}

/** An SDK's client behind a guard, connected to a server over HTTP. */
async function connect(sdk: "v1" | "v2", manager: Manager, making: Making = {}) {
  const server = await httpServer(making.answering);
  afterTest(server.close);
  const warnings: string[] = [];
  const events: GuardEvent[] = [];
  const guard = createGuard(manager, {
    onWarning: (text) => void warnings.push(text),
    onResult: (event) => void events.push(event),
    ...making.options,
  });
  let given: FetchLike | undefined;
  const options = (fetch: FetchLike) => {
    given = fetch;
    return { fetch, ...making.own } as object;
  };
  const client = sdk === "v1" ? new ClientV1(info) : new ClientV2(info);
  const near =
    sdk === "v1"
      ? guard.wrap((fetch) => new NearV1(server.url, options(fetch)))
      : guard.wrap((fetch) => new NearV2(server.url, options(fetch)));
  await client.connect(near as never);
  afterTest(() => client.close());
  const call = (args: Json = {}) => client.callTool({ name: "echo", arguments: args } as never);
  return { server, warnings, events, call, fetch: given as FetchLike };
}

describe.each(["v1", "v2"] as const)("headers that plugins write, SDK %s", (sdk) => {
  it("are sent with their request, and with no other", async () => {
    verifies("mcp:guard-headers");
    const manager = await writer((extensions) =>
      setHeader(set("authorization", "Bearer exchanged")(extensions) as never, "X-Tenant", "acme"),
    );
    const { server, call, warnings } = await connect(sdk, manager, {
      own: { requestInit: { headers: { "x-own": "1" } } },
    });
    expect(await call()).toMatchObject({ content: [{ text: "done" }] });
    const [arrived] = server.of("tools/call");
    expect(arrived?.headers).toMatchObject({
      authorization: "Bearer exchanged",
      "x-tenant": "acme",
      "x-own": "1",
      "content-type": "application/json",
    });
    const others = server.arrived.filter((each) => each !== arrived);
    expect(others.length).toBeGreaterThan(1);
    for (const { headers } of others) {
      expect(headers).not.toHaveProperty("x-tenant");
      expect(headers).not.toHaveProperty("authorization");
    }
    expect(warnings).toEqual([]);
  });

  it("are only those: headers of the envelope are not sent", async () => {
    verifies("mcp:guard-headers");
    const envelope = () =>
      headersOf(
        { Authorization: "Bearer caller", "X-Old": "1", "x-kept": "k" },
        { request_headers: { cookie: "sid=1", "x-old": "1", "x-new": "2" } },
      );
    const edit: Edit = (extensions) => set("x-old", "2")(set("x-added", "a")(extensions));
    const { server, call } = await connect(sdk, await writer(edit), { options: { envelope } });
    await call();
    const { headers } = server.of("tools/call")[0] ?? {};
    expect(headers).toMatchObject({ "x-added": "a", "x-old": "2" });
    for (const name of ["authorization", "cookie", "x-kept", "x-new"]) {
      expect(headers).not.toHaveProperty(name);
    }
  });

  it("are none if no plugin wrote any", async () => {
    const proposed: Edit = () => ({ http: { headers: { authorization: "other", "x-tag": "1" } } });
    const plugins = [
      writer((extensions) => extensions),
      // Setting the same value is not a change.
      writer(set("authorization", "Bearer caller")),
      // A change that the plugin may not make is not sent.
      writer(proposed, ["read_headers"]),
      writer(proposed, []),
    ];
    for (const manager of plugins) {
      const { server, call } = await connect(sdk, await manager, {
        options: { envelope: () => headersOf({ authorization: "Bearer caller" }) },
      });
      await call();
      expect(server.of("tools/call")).toHaveLength(1);
      for (const { headers } of server.arrived) {
        expect(headers).not.toHaveProperty("authorization");
        expect(headers).not.toHaveProperty("x-tag");
      }
    }
  });

  it("that a plugin removed are not sent by the transport either, if they are equal", async () => {
    verifies("mcp:guard-headers");
    const edit: Edit = (extensions) =>
      removeHeader(removeHeader(extensions as never, "x-user"), "authorization");
    const { server, call } = await connect(sdk, await writer(edit), {
      options: {
        envelope: () => headersOf({ "X-User": "ada ", authorization: "Bearer caller" }),
      },
      own: { requestInit: { headers: { "x-user": "ada", authorization: "Bearer host" } } },
    });
    await call();
    expect(server.of("initialize")[0]?.headers["x-user"]).toBe("ada");
    const { headers } = server.of("tools/call")[0] ?? {};
    expect(headers).not.toHaveProperty("x-user");
    expect(headers?.authorization).toBe("Bearer host");
  });

  it("of calls in flight stay apart", async () => {
    verifies("mcp:guard-headers");
    const waiting: (() => void)[] = [];
    const answering: Answering = async ({ message }) => {
      if (message.method !== "tools/call") return false;
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        if (waiting.length === 8) for (const go of waiting) go();
      });
      return false;
    };
    const { server, call } = await connect(sdk, await writer(withTag), { answering });
    await Promise.all(Array.from({ length: 8 }, (_, tag) => call({ tag: `t${tag}` })));
    const seen = server.of("tools/call").map(({ message, headers }) => {
      const { arguments: args } = message.params as { readonly arguments: Json };
      return [args.tag, headers["x-tag"]];
    });
    expect(seen).toHaveLength(8);
    for (const [asked, sent] of seen) expect(sent).toBe(asked);
  });

  it("are sent again if the transport repeats its request", async () => {
    verifies("mcp:guard-headers");
    let moved = 0;
    const answering: Answering = ({ message }, response) => {
      if (message.method !== "tools/call" || moved++ > 0) return false;
      response.writeHead(307, { location: "/mcp" }).end();
      return true;
    };
    const { server, call } = await connect(sdk, await writer(withTag), { answering });
    await call({ tag: "a" });
    expect(server.of("tools/call").map(({ headers }) => headers["x-tag"])).toEqual(["a", "a"]);
  });

  it("are not sent when a stream is resumed, which is not a call", async () => {
    verifies("mcp:guard-headers");
    let answer = {};
    const answering: Answering = ({ verb, message, headers }, response) => {
      const isCall = message.method === "tools/call";
      if (!isCall && headers["last-event-id"] === undefined) return false;
      response.writeHead(200, { "content-type": "text/event-stream" });
      if (isCall) answer = resultFor(message);
      const data = verb === "GET" ? JSON.stringify(answer) : "";
      response.end(`id: e-${verb}\nretry: 1\ndata: ${data}\n\n`);
      return true;
    };
    const { server, call } = await connect(sdk, await writer(withTag), { answering });
    expect(await call({ tag: "a" })).toMatchObject({ content: [{ text: "done" }] });
    expect(server.of("tools/call").map(({ headers }) => headers["x-tag"])).toEqual(["a"]);
    const again = server.arrived.filter(({ headers }) => headers["last-event-id"] === "e-POST");
    expect(again).toHaveLength(1);
    expect(again[0]?.headers).not.toHaveProperty("x-tag");
  });

  it("are forgotten when their request ends", async () => {
    verifies("mcp:guard-headers");
    const { server, call, fetch } = await connect(sdk, await writer(withTag));
    await call({ tag: "a" });
    const { body = "" } = server.of("tools/call")[0] ?? {};
    await fetch(server.url, { method: "POST", body });
    expect(server.of("tools/call").map(({ headers }) => headers["x-tag"])).toEqual([
      "a",
      undefined,
    ]);
  });

  it("that are invalid are refused by the manager, together with their call", async () => {
    verifies("mcp:guard-headers-fit");
    for (const [name, value] of [
      ["x-bad", "a\r\nx-smuggled: 1"],
      ["x bad", "1"],
      ["transfer-encoding", "chunked"],
    ]) {
      const edit: Edit = (extensions: object) => {
        const { http } = extensions as { readonly http?: { readonly headers?: object } };
        const headers = { ...http?.headers, [`${name}`]: value };
        return { ...extensions, http: { ...http, headers } };
      };
      const { server, call, events } = await connect(sdk, await writer(edit));
      await expect(call()).rejects.toThrow("A header name or value may not be written");
      expect(events.flatMap(({ result: run }) => run?.rejections ?? [])).toMatchObject([
        { code: "header_invalid" },
      ]);
      expect(server.of("tools/call")).toEqual([]);
    }
  });

  it("do not replace the transport's own, and onResult reports it", async () => {
    verifies("mcp:guard-headers-fit");
    const names = ["Mcp-Session-Id", "accept", "Content-Type", "mcp-protocol-version"];
    const all = [...names, "Mcp-Param-Region", "DPoP", "proxy-authorization", "Last-Event-ID"];
    const edit: Edit = (extensions) =>
      all.reduce<object>((next, name) => set(name, "evil")(next), set("x-fine", "1")(extensions));
    const { server, call, events } = await connect(sdk, await writer(edit));
    await call();
    const { headers = {} } = server.of("tools/call")[0] ?? {};
    expect(headers["x-fine"]).toBe("1");
    expect(Object.values(headers)).not.toContain("evil");
    const reported = events.filter(({ point }) => point === "headers");
    expect(reported).toMatchObject([{ error: { code: "header_invalid", data: { headers: all } } }]);
  });
});

it("an SDK's own retry after a refusal sends them again, and requests its token without them", async () => {
  verifies("mcp:guard-headers");
  let token = "old";
  const answering: Answering = ({ message, headers, body }, response) => {
    if (body === "grant=1") {
      json(response, { access_token: "new" });
      return true;
    }
    const isStale = message.method === "tools/call" && headers.authorization !== "Bearer new";
    if (isStale) response.writeHead(401).end();
    return isStale;
  };
  const authProvider = {
    token: async () => token,
    async onUnauthorized({ serverUrl, fetchFn }: { serverUrl: URL; fetchFn: FetchLike }) {
      const asked = await fetchFn(serverUrl, { method: "POST", body: "grant=1" });
      token = ((await asked.json()) as { access_token: string }).access_token;
    },
  };
  const made = await connect("v2", await writer(withTag), { answering, own: { authProvider } });
  expect(await made.call({ tag: "a" })).toMatchObject({ content: [{ text: "done" }] });
  const { of, arrived } = made.server;
  expect(of("tools/call").map(({ headers }) => [headers.authorization, headers["x-tag"]])).toEqual([
    ["Bearer old", "a"],
    ["Bearer new", "a"],
  ]);
  const asked = arrived.find(({ body }) => body === "grant=1");
  expect(asked?.headers).not.toHaveProperty("x-tag");
});

describe("headers behind a bridge", () => {
  it.each([
    ["v1", NearV1],
    ["v2", NearV2],
  ] as const)("are only what plugins wrote, and none of the caller's, SDK %s", async (_, Near) => {
    verifies("mcp:guard-headers", "mcp:guard-bridge");
    const server = await httpServer();
    afterTest(server.close);
    const edit: Edit = (extensions, args) =>
      withTag(removeHeader(set("mcp-session-id", "s")(extensions) as never, "cookie"), args);
    const events: GuardEvent[] = [];
    const guard = createGuard(await writer(edit), {
      onWarning: (text) => expect.unreachable(text),
      onResult: (event) => void events.push(event),
      envelope: ({ requestInfo }) => headersOf((requestInfo as { headers: object }).headers),
    });
    const near = new RawTransport();
    const own = { requestInit: { headers: { authorization: "Bearer gateway", cookie: "own" } } };
    const bridge = await guard.bridge(near, (fetch) => new Near(server.url, { fetch, ...own }));
    afterTest(bridge.close);
    const headers = { authorization: "Bearer caller", cookie: "sid=1", "x-caller": "1" };
    near.onmessage?.(toolCall(7, { tag: "a" }), { requestInfo: { headers } });
    await expect.poll(() => near.sent.length, { timeout: 30_000 }).toBe(1);
    const [arrived] = server.of("tools/call");
    expect(arrived?.headers).toMatchObject({
      "x-tag": "a",
      authorization: "Bearer gateway",
      cookie: "own",
    });
    expect(arrived?.headers).not.toHaveProperty("x-caller");
    expect(arrived?.headers).not.toHaveProperty("mcp-session-id");
    expect(events.filter(({ point }) => point === "headers")).toHaveLength(1);
  });
});

describe("headers from another manager", () => {
  const sent = async (before: object | undefined, after: unknown) => {
    const inits: RequestInit[] = [];
    const events: GuardEvent[] = [];
    const manager = fakeManager({ "cmf.tool_pre_invoke": () => ({ extensions: after }) });
    const guard = createGuard(manager, {
      onResult: (event) => void events.push(event),
      ...(before !== undefined && { envelope: () => before as object }),
    });
    class Posting extends RawTransport {
      readonly #fetch: FetchLike;
      constructor(fetch: FetchLike) {
        super();
        this.#fetch = fetch;
      }
      override async send(message: Json): Promise<void> {
        await this.#fetch("http://localhost/mcp", { body: JSON.stringify(message) });
      }
    }
    const fetch: FetchLike = async (_url, init = {}) => {
      inits.push(init);
      return new Response();
    };
    const near = guard.wrap((given) => new Posting(given), { fetch });
    await near.start();
    await near.send(toolCall(1));
    expect(inits).toHaveLength(1);
    const refused = events.flatMap(({ error }) =>
      error === undefined ? [] : (error as { data: { headers: string[] } }).data.headers,
    );
    return { headers: Object.fromEntries(new Headers(inits[0]?.headers)), refused };
  };

  it("are sent if valid and new, and reported otherwise", async () => {
    verifies("mcp:guard-headers", "mcp:guard-headers-fit");
    const part = fc.constantFrom(
      "x-a",
      "X-A",
      "x-b",
      "cookie",
      "accept",
      "a b",
      "",
      "x-\r\n",
      "héh",
      "Mcp-X",
    );
    const value = fc.constantFrom("1", "2", "", " 1", "a\r\nb: c", "\0", "é", "☃", "\u007f");
    const headers = fc.dictionary(part, value, { maxKeys: 4 });
    const http = fc.record({ headers, request_headers: headers }, { requiredKeys: [] });
    await fc.assert(
      fc.asyncProperty(fc.option(http, { nil: undefined }), http, async (before, after) => {
        const given = before === undefined ? undefined : { http: structuredClone(before) };
        const { headers: came, refused } = await sent(given, { http: after });
        const entries = (map: typeof after | undefined) =>
          [map?.headers, map?.request_headers].flatMap((each) => Object.entries(each ?? {}));
        const had = entries(before);
        const isBefore = (name: string, text: string) =>
          had.some(([key, each]) => key.toLowerCase() === name.toLowerCase() && each === text);
        for (const [name, text] of Object.entries(came)) {
          expect(["x-a", "x-b", "cookie"]).toContain(name);
          expect(text).toMatch(/^[\t\x20-\x7e\x80-\xff]*$/);
          const wrote = entries(after).find(([key]) => key.toLowerCase() === name) as [
            string,
            string,
          ];
          expect(wrote[1].trim()).toBe(text);
          expect(isBefore(...wrote)).toBe(false);
        }
        const seen = new Set<string>();
        for (const [name, text] of entries(after)) {
          const lower = name.toLowerCase();
          if (seen.has(lower) || isBefore(name, text)) {
            seen.add(lower);
            continue;
          }
          seen.add(lower);
          expect(Object.hasOwn(came, lower) || refused.includes(name)).toBe(true);
        }
      }),
      share(1.5),
    );
  });

  it("are not affected by the host's changes to its own object meanwhile", async () => {
    const headers: Record<string, string> = { authorization: "Bearer caller" };
    const live = { http: { headers } };
    const after = { http: { headers: { ...headers, "x-a": "1" } } };
    const manager = fakeManager({
      "cmf.tool_pre_invoke": () => {
        delete headers.authorization;
        return { extensions: after };
      },
    });
    const server = await httpServer();
    afterTest(server.close);
    const guard = createGuard(manager, { envelope: () => live });
    const near = guard.wrap((fetch) => new NearV1(server.url, { fetch }));
    await near.start();
    afterTest(() => near.close());
    await near.send(toolCall(1) as never);
    expect(server.arrived[0]?.headers["x-a"]).toBe("1");
    expect(server.arrived[0]?.headers).not.toHaveProperty("authorization");
  });
});

describe("a warning that headers are not sent", () => {
  const plugin = (
    name: string,
    hooks: object,
    capabilities: readonly string[] = ["write_headers"],
  ) => definePlugin({ name, version: "1.0.0", capabilities, hooks } as never);
  const nothing = (_message: unknown, _context: unknown, _extensions: unknown) => {};
  const managerOf = (...plugins: ReturnType<typeof plugin>[]) => createPluginManager({ plugins });
  const guardOf = (manager: Awaited<ReturnType<typeof managerOf>>) => {
    const texts: string[] = [];
    return { texts, guard: createGuard(manager, { onWarning: (text) => void texts.push(text) }) };
  };
  const url = new URL("http://localhost/mcp");
  const transports: readonly [string, () => object][] = [
    ["stdio", () => new StdioClientTransport({ command: "true" })],
    ["in memory, v1", () => MemoryV1.createLinkedPair()[0]],
    ["in memory, v2", () => MemoryV2.createLinkedPair()[0]],
    ["HTTP without the fetch, v1", () => new NearV1(url)],
    ["HTTP without the fetch, v2", () => new NearV2(url)],
  ];

  it.each(transports)("is emitted once for a transport that was passed in: %s", async (_, make) => {
    verifies("mcp:guard-headers-warned");
    const manager = await managerOf(
      plugin("tagger", { "cmf.tool_pre_invoke": nothing, message_pre_invoke: nothing }),
      plugin("reader", { "cmf.tool_pre_invoke": nothing }, ["read_headers"]),
    );
    const { guard, texts } = guardOf(manager);
    expect(texts).toEqual([]);
    for (let at = 0; at < 3; at++) guard.wrap(make() as RawTransport);
    expect(texts).toEqual([
      "plugin tagger may write headers on cmf.tool_pre_invoke, message_pre_invoke, which a transport of this guard does not send. Over HTTP, pass wrap or bridge a function that makes the client's transport with the fetch it gets; otherwise the host can read them in onResult.",
    ]);
  });

  it("is emitted for the server's end of a bridge, and not for the caller's", async () => {
    verifies("mcp:guard-headers-warned");
    const manager = await managerOf(plugin("tagger", { tool_pre_invoke: nothing }));
    const { guard, texts } = guardOf(manager);
    await guard.bridge(new RawTransport(), () => new RawTransport());
    expect(texts).toEqual([]);
    await guard.bridge(new RawTransport(), new RawTransport());
    expect(texts).toHaveLength(1);
    expect(texts[0]).toContain("plugin tagger may write headers on tool_pre_invoke");
  });

  it("is emitted for another manager, if there is such a transport", async () => {
    verifies("mcp:guard-headers-warned");
    const { guard, texts } = guardOf(await managerOf());
    const next = () => managerOf(plugin("tagger", { "cmf.mcp_request": nothing }));
    guard.wrap(() => new RawTransport());
    guard.use(await next());
    expect(texts).toEqual([]);
    guard.wrap(new RawTransport());
    guard.use(await next());
    expect(texts).toHaveLength(1);
  });

  it("is emitted when the guard is created for headers written after a response", async () => {
    verifies("mcp:guard-headers-warned");
    for (const hook of ["cmf.tool_post_invoke", "message_post_invoke", "cmf.mcp_notification"]) {
      const { texts } = guardOf(await managerOf(plugin("late", { [hook]: nothing })));
      expect(texts).toEqual([
        `plugin late may write headers on ${hook}, which are not sent: no MCP transport accepts headers for an answer or a notification. The host can read them in onResult.`,
      ]);
    }
  });

  it("is not emitted for a handler of answers that gets none, of a plugin for requests", async () => {
    const hooks = { "cmf.tool_pre_invoke": nothing, "cmf.tool_post_invoke": (_m: object) => {} };
    expect(guardOf(await managerOf(plugin("early", hooks))).texts).toEqual([]);
  });

  it("is not emitted if a plugin cannot write", async () => {
    const hooks = ["cmf.tool_pre_invoke", "cmf.tool_post_invoke"];
    const inMode = (mode: string) =>
      Object.fromEntries(hooks.map((hook) => [hook, { mode, handler: nothing }]));
    const manager = await managerOf(
      plugin("plugin-a", inMode("audit")),
      plugin("plugin-b", inMode("concurrent")),
      plugin("plugin-c", inMode("disabled")),
      plugin("plugin-d", inMode("fire_and_forget")),
      plugin("plugin-e", inMode("sequential"), []),
    );
    const { guard, texts } = guardOf(manager);
    guard.wrap(new RawTransport());
    expect(texts).toEqual([]);
    const others = guardOf(
      await managerOf(plugin("serial", inMode("sequential")), plugin("rest", inMode("transform"))),
    );
    others.guard.wrap(new RawTransport());
    expect(others.texts.map((text) => text.split(" ")[1]).sort()).toEqual([
      "rest",
      "rest",
      "serial",
      "serial",
    ]);
  });

  it("is emitted if the function does not pass on its fetch, and the request continues", async () => {
    verifies("mcp:guard-headers-warned");
    const texts: string[] = [];
    const guard = createGuard(await writer(withTag), {
      onWarning: (text) => void texts.push(text),
    });
    const raw = new RawTransport();
    const near = guard.wrap(() => raw);
    await near.start();
    await near.send(toolCall(1));
    raw.onmessage?.(result(1, { content: [] }));
    await near.send(toolCall(2), { resumptionToken: "e" } as never);
    await settle();
    expect(raw.sent).toHaveLength(2);
    expect(texts).toEqual([expect.stringContaining("does not use the fetch it was given")]);
  });
});

describe("a transport created by a function", () => {
  it("must have the members of a transport, and allows the option fetch", () => {
    verifies("mcp:guard-arguments");
    const guard = createGuard(fakeManager());
    const unfit = (text: string) =>
      expect.objectContaining({ code: "options_invalid", message: expect.stringContaining(text) });
    expect(() => guard.wrap((() => undefined) as never)).toThrow(unfit("expects a transport"));
    expect(() => guard.wrap(new RawTransport(), { fetch: fetch as FetchLike })).toThrow(
      unfit("a function that makes the transport"),
    );
    expect(() => guard.wrap(() => new RawTransport(), { fetch: "x" } as never)).toThrow(
      unfit("guard.wrap expects a function as fetch"),
    );
    expect(() => guard.bridge((() => new RawTransport()) as never, new RawTransport())).toThrow(
      unfit("expects a transport"),
    );
  });
});

it("are an option of `send` for a transport that takes them", async () => {
  verifies("mcp:guard-headers");
  const manager = await writer(withTag);
  afterTest(() => manager.close().then(() => undefined));
  class Taker extends RawTransport {
    readonly takesHeaders = true;
  }
  const near = new RawTransport();
  const far = new Taker();
  const guard = createGuard(manager, { envelope: () => headersOf({ "x-own": "1" }) });
  const bridge = await guard.bridge(near, far);
  near.onmessage?.(toolCall(1, { tag: "blue" }));
  near.onmessage?.({ jsonrpc: "2.0", id: 2, method: "ping" });
  await settle();
  const options = far.sent.map(({ options }) => options as Partial<Taken> | undefined);
  expect([...(options.find(hasHeaders)?.withHeaders?.({ own: "2" }) ?? [])]).toEqual([
    ["own", "2"],
    ["x-tag", "blue"],
  ]);
  expect(options.filter(hasHeaders)).toHaveLength(1);
  await bridge.close();
});

interface Taken {
  withHeaders(own: object): Headers;
}
const hasHeaders = (options: Partial<Taken> | undefined) => options?.withHeaders !== undefined;
