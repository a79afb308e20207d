// Only in test:all: it starts real servers.
/** What the endpoint refuses, and who owns a session. */
import type { ServerResponse } from "node:http";
import { definePlugin, deny } from "glassine";
import { describe, expect, it } from "vitest";
import { afterTest } from "../../support/cleanup.ts";
import { listening } from "../../support/listening.ts";
import { ada, gatewayBefore } from "../attacks/support.ts";
import { callOf, sessionOf } from "./support/caller.ts";
import { everythingOverStdio, type Started, startGateway } from "./support/gateway.ts";

const servers = { everything: everythingOverStdio };
const byProxy = { trustedHeaders: { from: ["127.0.0.1"], subject: "x-user" } };

async function started(
  more: object = {},
  plugins?: Parameters<typeof startGateway>[1],
): Promise<Started> {
  const made = await startGateway({ servers, identity: byProxy, ...more }, plugins);
  afterTest(made.close);
  return made;
}

type Answers = (
  message: Readonly<Record<string, unknown>>,
  response: ServerResponse,
  state: { answer?: () => void },
) => void;

/** A server over HTTP that answers as a test says. */
async function serverOf(answers: Answers): Promise<string> {
  const state = {};
  const { url } = await listening(async (request, response) => {
    let raw = "";
    for await (const chunk of request) raw += chunk;
    if (request.method === "POST") answers(JSON.parse(raw), response, state);
    else response.writeHead(405).end();
  });
  return `${url}/mcp`;
}

const accept = "application/json, text/event-stream";

interface Sending {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
}

/** Sends one request, and returns what its answer says. */
async function ask({ url }: Started, { body, headers, method = "POST" }: Sending) {
  const response = await fetch(url, {
    method,
    headers: {
      "content-type": "application/json",
      accept,
      "x-user": "ada",
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const code = /"data":\{"code":"(\w+)"/.exec(text)?.[1];
  return { status: response.status, code, text, session: response.headers.get("mcp-session-id") };
}

const initialize = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "test", version: "1.0.0" },
  },
};
const list = { jsonrpc: "2.0", id: 2, method: "tools/list", params: {} };

it("binds a session to the subject that began it", async () => {
  const made = await started();
  const { session } = await ask(made, { body: initialize });
  const headers = { "mcp-session-id": session ?? "" };
  expect(await ask(made, { body: list, headers })).toMatchObject({ status: 200 });
  const stolen = { ...headers, "x-user": "eve" };
  for (const sending of [{ body: list }, { method: "GET" }, { method: "DELETE" }]) {
    expect(await ask(made, { ...sending, headers: stolen })).toMatchObject({
      status: 404,
      code: "session_unknown",
    });
  }
  expect(await ask(made, { body: list, headers })).toMatchObject({ status: 200 });
});

it("never takes a session id that a client chose", async () => {
  const made = await started();
  const headers = { "mcp-session-id": "chosen" };
  expect(await ask(made, { body: initialize, headers })).toMatchObject({ status: 404 });
  expect((await ask(made, { body: initialize })).session).not.toBe("chosen");
});

it("refuses what is no message, too large, or not for it", async () => {
  const made = await started({ limits: { messageBytes: 2000 } });
  const of = (sending: Sending) => ask(made, sending);
  expect(await of({ body: "{" })).toMatchObject({ status: 400, code: "parse_error" });
  expect(await of({ body: "\ud800" })).toMatchObject({ status: 400, code: "parse_error" });
  expect(await of({ body: { ...list, x: "x".repeat(2000) } })).toMatchObject({
    status: 413,
    code: "message_too_large",
  });
  expect(await of({ body: list })).toMatchObject({ status: 400, code: "session_missing" });
  expect(await of({ method: "PUT", body: list })).toMatchObject({ status: 405 });
  expect(await of({ body: list, headers: { origin: "http://evil.test" } })).toMatchObject({
    status: 403,
  });
  const elsewhere = { ...made, url: new URL("/other", made.url) };
  expect(await ask(elsewhere, { body: list })).toMatchObject({ status: 404, code: "not_found" });
});

it("logs the path of a request that finds nothing, without its query and what looks like a secret", async () => {
  const made = await started();
  const at = async (path: string) => {
    const url = new URL(path, made.url);
    expect(await ask({ ...made, url }, { body: list })).toMatchObject({ code: "not_found" });
  };
  await at("/prefix/mcp?key=sk-query");
  await at("/hook/token=hunter2");
  await at(`/${"x".repeat(10_000)}`);
  const paths = made.log.lines
    .filter(({ event }) => event === "refused")
    .map((line) => line.fields);
  expect(paths).toMatchObject([
    { status: 404, path: "/prefix/mcp" },
    { status: 404, path: "/hook/token=[REDACTED]" },
    { status: 404, path: `/${"x".repeat(499)}…` },
  ]);
  expect(JSON.stringify(paths)).not.toContain("sk-query");
});

it("limits the requests and sessions of each subject", async () => {
  const made = await started({ limits: { requestsPerMinute: 3, sessionsPerSubject: 1 } });
  await ask(made, { body: initialize });
  expect(await ask(made, { body: initialize })).toMatchObject({
    status: 503,
    code: "too_many_sessions",
  });
  await ask(made, { body: list });
  expect(await ask(made, { body: list })).toMatchObject({
    status: 429,
    code: "rate_limited",
    text: expect.stringMatching(
      /"More requests than limits\.requestsPerMinute allows: try again in (19|20) s"/,
    ),
  });
  const other = await ask(made, { body: initialize, headers: { "x-user": "bob" } });
  expect(other.status).toBe(200);
});

it("counts each message of a batch as a request of its subject", async () => {
  const { url, server } = await gatewayBefore(undefined, { limits: { requestsPerMinute: 10 } });
  const own = await sessionOf(url, ada, "2025-03-26");
  const ids = Array.from({ length: 20 }, (_, at) => at + 1);
  // What has begun is passed on, and the rest is owed.
  expect((await own.post(ids.map((id) => callOf(id)))).messages).toHaveLength(20);
  expect(await own.call(21)).toMatchObject({ status: 429, code: "rate_limited" });
  expect(server.of("tools/call")).toHaveLength(20);
});

it("answers nobody while it shuts down", async () => {
  const made = await started();
  await ask(made, { body: initialize });
  await made.gateway.close();
  await expect(ask(made, { body: list })).rejects.toThrow();
  expect(made.gateway.counts()).toMatchObject({ open: 0, errored: 0 });
});

it("says in the log what it refused, and why a server could not be reached", async () => {
  const servers = { gone: { url: "http://127.0.0.1:1/mcp" } };
  const made = await started({ servers });
  await ask(made, { body: "no JSON" });
  const { text } = await ask(made, { body: initialize });
  expect(text).toContain("peer_unreachable");
  const of = (name: string) =>
    made.log.lines.filter(({ event }) => event === name).map(({ fields }) => fields);
  expect(of("refused")).toMatchObject([{ code: "parse_error", status: 400 }]);
  expect(of("server_error")).toMatchObject([{ server: "gone", code: "ECONNREFUSED" }]);
  expect(of("request")).toMatchObject([{ outcome: "errored", code: "peer_unreachable" }]);
});

it.each([
  ["an Accept header that is not enough", { accept: "application/json" }, 406, initialize],
  ["a version that nobody knows", { "mcp-protocol-version": "2099-01-01" }, 400, list],
])("gives what the protocol refuses a code: %s", async (_, headers, status, body) => {
  const made = await started();
  const { session } = await ask(made, { body: initialize });
  const own = body === initialize ? {} : { "mcp-session-id": session ?? "" };
  const refused = await ask(made, { body, headers: { ...own, ...headers } });
  expect(refused).toMatchObject({ status });
  expect(refused.text).toContain('"code":"message_rejected"');
  const lines = made.log.lines.filter(({ event }) => event === "refused");
  expect(lines).toMatchObject([{ fields: { code: "message_rejected", status } }]);
});

describe("an initialize that is refused begins no session, and takes no place of one", () => {
  const refuse = () => deny({ code: "not_today", reason: "Not today." });
  const openSessions = async (made: Started) =>
    /^glassine_gateway_open_sessions (\d+)/m.exec((await made.admin("/metrics")).text)?.[1];

  it.each(["cmf.mcp_request", "cmf.mcp_response"] as const)("by a plugin at %s", async (hook) => {
    const refusing = definePlugin({
      name: "refusing",
      version: "1.0.0",
      hooks: { [hook]: refuse },
    });
    const made = await started({ admin: { port: 0 } }, [refusing]);
    const said = await ask(made, { body: initialize });
    expect(said).toMatchObject({ status: 200, code: "not_today", session: null });
    expect(said.text.startsWith("{")).toBe(true);
    await expect.poll(() => openSessions(made)).toBe("0");
    expect(made.gateway.counts()).toMatchObject({ denied: 1, open: 0, aborted: 0 });
  });

  it("by a server that is down, however often", async () => {
    const gone = { url: "http://127.0.0.1:1/mcp" };
    for (const servers of [{ gone }, { gone, other: gone }]) {
      const made = await started({ servers, limits: { sessionsPerSubject: 2 } });
      for (let at = 0; at < 4; at += 1) {
        const said = await ask(made, { body: initialize });
        expect(said).toMatchObject({ session: null });
        expect(said.code).not.toBe("too_many_sessions");
      }
    }
  });

  it("by the protocol", async () => {
    const made = await started({ limits: { sessionsPerSubject: 1 } });
    const refused = await ask(made, { body: initialize, headers: { accept: "text/plain" } });
    expect(refused).toMatchObject({ status: 406, session: null });
    const { id: _, ...notification } = initialize;
    expect(await ask(made, { body: notification })).toMatchObject({ status: 400, session: null });
    expect((await ask(made, { body: initialize })).session).not.toBeNull();
  });
});

describe("while initialize waits", () => {
  const initialized = (id: unknown) => ({
    jsonrpc: "2.0",
    id,
    result: {
      protocolVersion: "2025-11-25",
      capabilities: {},
      serverInfo: { name: "s", version: "1" },
    },
  });

  it("the gateway answers a server that pings first", async () => {
    // The server answers `initialize` once its ping was answered.
    const url = await serverOf((message, response, session) => {
      if (message.method === "initialize") {
        response.writeHead(200, { "content-type": "text/event-stream", "mcp-session-id": "own" });
        response.write(`data: ${JSON.stringify({ jsonrpc: "2.0", id: "p", method: "ping" })}\n\n`);
        session.answer = () => response.end(`data: ${JSON.stringify(initialized(message.id))}\n\n`);
      } else {
        if (message.id === "p") session.answer?.();
        response.writeHead(202).end();
      }
    });
    const made = await started({ servers: { pinging: { url } } });
    const said = await ask(made, { body: initialize });
    expect(said).toMatchObject({ status: 200, session: expect.any(String) });
    expect(said.text).not.toContain("ping");
  });

  it("a caller that leaves leaves no session", async () => {
    const waiting: (() => void)[] = [];
    const url = await serverOf((message, response) => {
      const json = { "content-type": "application/json" };
      waiting.push(() =>
        response.writeHead(200, json).end(JSON.stringify(initialized(message.id))),
      );
    });
    const limits = { sessionsPerSubject: 1 };
    const made = await started({ servers: { slow: { url } }, admin: { port: 0 }, limits });
    const stop = new AbortController();
    const headers = { "content-type": "application/json", "x-user": "ada", accept };
    const body = JSON.stringify(initialize);
    const left = fetch(made.url, { method: "POST", headers, body, signal: stop.signal });
    await expect.poll(() => waiting.length).toBe(1);
    stop.abort();
    await expect(left).rejects.toThrow();
    const text = async () => (await made.admin("/metrics")).text;
    await expect.poll(text).toMatch(/^glassine_gateway_open_sessions 0$/m);
    expect(made.log.lines.filter(({ event }) => event === "refused")).toEqual([]);
    const next = ask(made, { body: initialize });
    await expect.poll(() => waiting.length).toBe(2);
    waiting.at(-1)?.();
    expect((await next).session).not.toBeNull();
  });
});
