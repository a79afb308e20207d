/** `glassine extproc` behind the real Envoy. Skipped where `GLASSINE_ENVOY_PYTHON` names none. */
// Only in test:all: it starts processes.
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import {
  Client,
  type ClientCapabilities,
  StreamableHTTPClientTransport,
} from "@modelcontextprotocol/client";
import type { ConfigInput } from "glassine/gateway";
import { describe, expect, it } from "vitest";
import { hasEnvoy } from "../../tools/real/envoy.ts";
import { afterTest } from "../support/cleanup.ts";
import { folderWith } from "../support/folder.ts";
import { listening } from "../support/listening.ts";
import { verifies } from "../support/verifies.ts";
import { type BehindEnvoyOptions, behindEnvoy } from "./support/behind-envoy.ts";
import { startGatewayProcess } from "./support/gateway-process.ts";
import { modelCases, modelClients, modelServer, redacted } from "./support/model-sdks.ts";

const dist = (path: string) => fileURLToPath(new URL(`../../dist/${path}`, import.meta.url));
const eras = { session: "2025-11-25", exchange: "2026-07-28" } as const;
type Era = keyof typeof eras;

async function started(config: ConfigInput, options?: BehindEnvoyOptions) {
  const behind = await behindEnvoy(config, options);
  afterTest(() => behind.close());
  return behind;
}

/** A file with a plugin in JavaScript. */
async function pluginFile(code: string): Promise<string> {
  const folder = await folderWith();
  const path = join(folder, "plugin.mjs");
  const from = pathToFileURL(dist("index.js")).href;
  await writeFile(
    path,
    `import { addLabels, definePlugin, deny, setHeader } from ${JSON.stringify(from)};\nexport default definePlugin(${code});\n`,
  );
  return path;
}

async function connect(
  url: URL,
  era: Era,
  {
    user = "ada",
    capabilities = {},
  }: { readonly user?: string; readonly capabilities?: ClientCapabilities } = {},
) {
  const mode = era === "session" ? "legacy" : { pin: eras.exchange };
  const client = new Client(
    { name: "test", version: "1.0.0" },
    { capabilities, versionNegotiation: { mode } },
  );
  const requestInit = { headers: { "x-user": user } };
  await client.connect(new StreamableHTTPClientTransport(url, { requestInit }));
  expect(client.getNegotiatedProtocolVersion()).toBe(eras[era]);
  afterTest(() => client.close());
  return client;
}

const { GLASSINE_REDIS_URL: redis = "" } = process.env;
const identity = { trustedHeaders: { from: ["127.0.0.1"], subject: "x-user" } };

/** The notes server over HTTP, through a gateway without plugins. */
async function notesOverHttp(): Promise<string> {
  const { port, kill } = await startGatewayProcess({
    servers: {
      notes: {
        command: process.execPath,
        args: [fileURLToPath(new URL("support/notes-server.mjs", import.meta.url))],
      },
    },
    identity: { anonymous: true },
  });
  afterTest(() => kill("SIGKILL"));
  return `http://127.0.0.1:${port}/mcp`;
}

/** The full fixture of the conformance tool, in a process of its own. */
async function fixture(): Promise<string> {
  const path = fileURLToPath(
    new URL("../../tools/conformance/fixture/server.mjs", import.meta.url),
  );
  const child = spawn(process.execPath, [path, "v2", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  afterTest(() => child.kill("SIGKILL"));
  return new Promise((resolve) => {
    child.stdout.on("data", (text) => {
      const url = /http:\/\/\S+\/mcp/.exec(String(text))?.[0];
      if (url !== undefined) resolve(url);
    });
  });
}

describe.skipIf(!hasEnvoy)("behind Envoy", () => {
  it.each(["session", "exchange"] as const)(
    "carries labels from call to call, and refuses by them: %s",
    async (era) => {
      const { url } = await started({
        servers: { notes: { url: await notesOverHttp() } },
        identity,
        labels: { session: "subject" },
        plugins: [
          { use: "secret-scanner", options: { action: "label" } },
          { use: "egress-guard", options: { labels: ["SECRET"], refuse: { tools: ["send"] } } },
        ],
      });
      const ada = await connect(url, era);
      const send = { name: "send", arguments: { text: "hello" } };
      expect(await ada.callTool(send)).toMatchObject({ content: [{ type: "text" }] });
      await ada.callTool({ name: "read", arguments: { name: "secret" } });
      await expect(ada.callTool(send)).rejects.toMatchObject({ code: -32010 });
      const bob = await connect(url, era, { user: "bob" });
      expect(await bob.callTool(send)).toMatchObject({ content: [{ type: "text" }] });
    },
  );

  it.for([1, 3])(
    "passes what a server asks of its caller, through %i processors",
    async (count, { skip }) => {
      if (count > 1 && redis === "") skip("They share a label store, and there is no Redis.");
      const { url } = await started(
        {
          servers: { fixture: { url: await fixture() } },
          identity: { anonymous: true },
          ...(count > 1 && {
            labels: { store: { redis, prefix: `glassine-test:${crypto.randomUUID()}:` } },
          }),
        },
        { processors: count },
      );
      const client = await connect(url, "session", { capabilities: { sampling: {} } });
      client.setRequestHandler("sampling/createMessage", async () => ({
        model: "m",
        role: "assistant" as const,
        stopReason: "endTurn",
        content: { type: "text" as const, text: "blue" },
      }));
      for (let calls = 0; calls < 3; calls += 1) {
        const ask = { name: "test_sampling", arguments: { prompt: "sky?" } };
        expect(JSON.stringify(await client.callTool(ask))).toContain("blue");
      }
    },
  );

  it("answers a server whose question a plugin refuses", async () => {
    verifies("envoy:refused-ask");
    const plugin = await pluginFile(
      `{ name: "no-sampling", version: "1.0.0", hooks: { "cmf.llm_input": () => deny({ code: "no_models", reason: "None." }) } }`,
    );
    const { url } = await started({
      servers: { fixture: { url: await fixture() } },
      identity: { anonymous: true },
      plugins: [plugin],
    });
    const asked: unknown[] = [];
    const client = await connect(url, "session", { capabilities: { sampling: {} } });
    client.setRequestHandler("sampling/createMessage", async ({ params }) => {
      asked.push(params);
      return { model: "m", role: "assistant", content: { type: "text", text: "blue" } };
    });
    const result = await client
      .callTool({ name: "test_sampling", arguments: { prompt: "sky?" } })
      .catch((error: Error) => error);
    expect(asked).toEqual([]);
    expect(JSON.stringify(result, Object.getOwnPropertyNames(result))).toContain("no_models");
  });

  it("keeps a session to the subject that began it", async () => {
    verifies("envoy:owner");
    const { url } = await started({ servers: { fixture: { url: await fixture() } }, identity });
    const post = (user: string, body: object, session?: string) =>
      fetch(url, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
          "x-user": user,
          ...(session !== undefined && { "mcp-session-id": session }),
        },
        body: JSON.stringify({ jsonrpc: "2.0", ...body }),
      });
    const params = {
      protocolVersion: eras.session,
      capabilities: {},
      clientInfo: { name: "test", version: "1.0.0" },
    };
    const begun = await post("ada", { id: 1, method: "initialize", params });
    const session = begun.headers.get("mcp-session-id") ?? "";
    await begun.text();
    expect(session).not.toBe("");
    const list = { id: 2, method: "tools/list" };
    expect((await post("bob", list, session)).status).toBe(404);
    expect((await post("ada", list, session)).status).toBe(200);
    expect((await post("ada", list, "made-up")).status).toBe(404);
    // Initializing with the id of someone else's session does not open that session.
    const again = await post("bob", { id: 3, method: "initialize", params }, session);
    expect(again.headers.get("mcp-session-id")).not.toBe(session);
    await again.text();
    expect((await post("bob", list, session)).status).toBe(404);
    expect((await post("ada", list, session)).status).toBe(200);
  });

  it("refuses a header of identity that comes twice, and sends none on", async () => {
    const seen: unknown[] = [];
    const { url: upstream } = await listening((asked, response) => {
      seen.push(asked.headers);
      response.writeHead(202).end();
    });
    const { url } = await started({ servers: { up: { url: `${upstream}/there?x=1` } }, identity });
    const post = (users: readonly string[]) =>
      new Promise<number>((resolve, reject) => {
        const sent = request(url, { method: "POST" }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        });
        sent.setHeader("content-type", "application/json");
        sent.setHeader("authorization", "Bearer secret");
        sent.setHeader("x-user", users);
        sent.on("error", reject);
        sent.end(JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" }));
      });
    expect(await post(["ada", "root"])).toBe(400);
    expect(seen).toEqual([]);
    expect(await post(["ada"])).toBe(202);
    expect(seen).toHaveLength(1);
    expect(Object.keys(seen[0] as object)).not.toContain("x-user");
    expect(Object.keys(seen[0] as object)).not.toContain("authorization");
  });

  it("takes no address of a caller from a header", async () => {
    verifies("envoy:address");
    const { url: upstream } = await listening((_, response) => response.writeHead(202).end());
    const proxied = { trustedHeaders: { from: ["192.0.2.1"], subject: "X-User" } };
    const { url } = await started({ servers: { up: { url: upstream } }, identity: proxied });
    const body = JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" });
    const headers = {
      "content-type": "application/json",
      "x-user": "root",
      "x-forwarded-for": "192.0.2.1",
    };
    const { status } = await fetch(url, { method: "POST", headers, body });
    expect(status).toBe(403);
  });

  it.each(["streamed", "buffered"] as const)("refuses an upgrade at once: %s", async (bodyMode) => {
    verifies("envoy:upgrade");
    const seen: unknown[] = [];
    const { url: upstream } = await listening((asked, response) => {
      seen.push(asked.url);
      response.writeHead(405).end();
    });
    const { url } = await started(
      { servers: { up: { url: upstream } }, identity: { anonymous: true } },
      {
        bodyMode,
        change: (config) =>
          config.replace(
            /\n( +)stat_prefix: callers/,
            "$&\n$1upgrade_configs: [{ upgrade_type: websocket }]",
          ),
      },
    );
    for (const method of ["GET", "POST"]) {
      const got = await new Promise((resolve, reject) => {
        const headers = { connection: "Upgrade", upgrade: "websocket", "mcp-session-id": "a" };
        const sent = request(url, { method, headers }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        sent.on("error", reject);
        sent.end();
      });
      expect([method, got]).toEqual([method, 405]);
    }
    expect(seen).toEqual([]);
  });

  describe.each(["streamed", "buffered"] as const)("models, %s", (bodyMode) => {
    /** Every API of the providers behind one Envoy, each at a path with its name. */
    async function modelsBehind(plugins: ConfigInput["plugins"]) {
      const keys = new Set<unknown>();
      const apis = [...new Set(modelCases.map(({ api }) => api))];
      const servers = await Promise.all(
        apis.map((api) => modelServer(api, ({ headers }) => keys.add(headers.authorization))),
      );
      for (const { close } of servers) afterTest(close);
      const models = Object.fromEntries(
        apis.map((api, at) => [
          api,
          {
            provider: api === "responses" ? "openai" : api,
            path: `/${api}`,
            url: String(servers[at]?.url),
            headers: { authorization: { env: "KEY" } },
          } as const,
        ]),
      );
      const { url } = await started(
        { models, identity: { anonymous: true }, ...(plugins && { plugins }) },
        { bodyMode, env: { KEY: "Bearer of-the-operator" } },
      );
      const ask = ({ api, isStreamed }: (typeof modelCases)[number]) =>
        modelClients[api](`${url.origin}/${api}`, isStreamed);
      return { ask, keys };
    }

    it("are judged for the SDK of each provider, as JSON and as streams", async () => {
      const { ask, keys } = await modelsBehind([{ use: "pii", options: { action: "redact" } }]);
      for (const each of modelCases) expect([each, await ask(each)]).toEqual([each, redacted]);
      expect([...keys]).toEqual(["Bearer of-the-operator"]);
    });

    it("are refused in the form of each provider", async () => {
      const plugin = await pluginFile(
        `{ name: "no-one-else", version: "1.0.0", hooks: { "cmf.llm_output": (message) => JSON.stringify(message).includes("somebody") ? deny({ code: "named", reason: "Nobody is named." }) : undefined } }`,
      );
      const { ask } = await modelsBehind([plugin]);
      for (const each of modelCases)
        await expect(ask(each)).rejects.toMatchObject({
          status: 403,
          message: expect.stringContaining("Nobody is named."),
        });
    });
  });

  it("passes no header of a server that was not chosen", async () => {
    verifies("envoy:chosen");
    const { url: upstream } = await listening((_, response) => {
      response.writeHead(202, { date: "a secret", server: "a secret", etag: "a secret" }).end();
    });
    const config = { servers: { up: { url: upstream } }, identity: { anonymous: true } };
    const { url } = await started(config);
    const body = JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" });
    const answer = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    expect(answer.status).toBe(202);
    expect([...answer.headers.values()]).not.toContain("a secret");
    expect(Date.parse(answer.headers.get("date") ?? "")).not.toBeNaN();
  });

  it.each(["streamed", "buffered"] as const)("passes no trailers: %s", async (bodyMode) => {
    verifies("envoy:chosen");
    const trailers: unknown[] = [];
    const { url: upstream } = await listening((asked, response) => {
      asked.resume();
      asked.on("end", () => {
        trailers.push({ ...asked.trailers });
        const headers = { "content-type": "application/json", trailer: "x-secret" };
        response.writeHead(200, headers);
        response.write(JSON.stringify({ jsonrpc: "2.0", id: 1, result: { tools: [] } }));
        response.addTrailers({ "x-secret": "of the server" });
        response.end();
      });
    });
    const { url } = await started(
      { servers: { up: { url: upstream } }, identity: { anonymous: true } },
      {
        bodyMode,
        // By default, Envoy itself drops HTTP/1.1 trailers.
        change: (config) =>
          config
            .replace(
              /^( +)stat_prefix: callers$/m,
              `$&\n$1${withTrailers("http_protocol_options")}`,
            )
            .replace(
              /^( +)- name: server_up$/m,
              `$&\n$1  typed_extension_protocol_options: { envoy.extensions.upstreams.http.v3.HttpProtocolOptions: { "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions, explicit_http_config: { ${withTrailers("http_protocol_options")} } } }`,
            ),
      },
    );
    const meta = {
      "io.modelcontextprotocol/protocolVersion": eras.exchange,
      "io.modelcontextprotocol/clientInfo": { name: "test", version: "1.0.0" },
      "io.modelcontextprotocol/clientCapabilities": {},
    };
    const got = await new Promise<object>((resolve, reject) => {
      const sent = request(url, { method: "POST" }, (response) => {
        response.resume();
        response.on("end", () => resolve({ status: response.statusCode, ...response.trailers }));
      });
      for (const [name, value] of Object.entries({
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": eras.exchange,
        "mcp-method": "tools/list",
        trailer: "x-own",
      }))
        sent.setHeader(name, value);
      sent.on("error", reject);
      sent.write(
        JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list", params: { _meta: meta } }),
      );
      sent.addTrailers({ "x-own": "of the caller" });
      sent.end();
    });
    expect({ got, trailers }).toEqual({ got: { status: 200 }, trailers: [{}] });
  });

  it("lets nothing pass in production where Envoy would fail open", async () => {
    verifies("envoy:safe");
    const seen: unknown[] = [];
    const { url: upstream } = await listening((asked, response) => {
      seen.push(asked.url);
      response.writeHead(202).end();
    });
    const { url, processors } = await started(
      {
        servers: { up: { url: upstream } },
        identity: { anonymous: true },
        audit: { file: "audit.jsonl" },
      },
      {
        change: (config) => config.replace("failure_mode_allow: false", "failure_mode_allow: true"),
        flags: (port) => [
          "--envoy-admin",
          `http://127.0.0.1:${port}`,
          "--plugin-mode",
          "production",
          "--plugins-lock",
          lock,
        ],
      },
    );
    const body = JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" });
    const headers = { "content-type": "application/json" };
    const answer = await fetch(url, { method: "POST", headers, body });
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ error: { data: { code: "envoy_unsafe" } } });
    expect(seen).toEqual([]);
    await expect.poll(() => processors[0]?.log.join("\n")).toContain("failure_mode_allow");
  });

  it("passes nothing unjudged while a processor is killed and started again", async () => {
    const mark = await pluginFile(
      `{ name: "mark", version: "1.0.0", capabilities: ["read_headers", "write_headers"], hooks: { "cmf.tool_pre_invoke": (_m, _c, extensions) => ({ modifiedExtensions: setHeader(extensions, "x-judged", "yes") }) } }`,
    );
    let unjudged = 0;
    const { url: upstream } = await listening((asked, response) => {
      if (asked.headers["x-judged"] !== "yes") unjudged += 1;
      let body = "";
      asked.on("data", (piece) => {
        body += piece;
      });
      asked.on("end", () => {
        const { id } = JSON.parse(body);
        response.writeHead(200, { "content-type": "application/json" });
        response.end(JSON.stringify({ jsonrpc: "2.0", id, result: { content: [] } }));
      });
    });
    const behind = await started(
      { servers: { up: { url: upstream } }, identity: { anonymous: true }, plugins: [mark] },
      { processors: 2 },
    );
    const statuses = new Map<number, number>();
    const inFlight = 8;
    let isOver = false;
    let id = 0;
    const caller = async () => {
      while (!isOver) {
        id += 1;
        const meta = {
          "io.modelcontextprotocol/protocolVersion": eras.exchange,
          "io.modelcontextprotocol/clientInfo": { name: "test", version: "1.0.0" },
          "io.modelcontextprotocol/clientCapabilities": {},
        };
        const response = await fetch(behind.url, {
          method: "POST",
          headers: {
            "content-type": "application/json",
            accept: "application/json, text/event-stream",
            "mcp-protocol-version": eras.exchange,
            "mcp-method": "tools/call",
            "mcp-name": "t",
          },
          body: JSON.stringify({
            jsonrpc: "2.0",
            id,
            method: "tools/call",
            params: { name: "t", arguments: {}, _meta: meta },
          }),
        });
        await response.text();
        statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
      }
    };
    const callers = Array.from({ length: inFlight }, caller);
    const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    await pause(500);
    await behind.processors[0]?.kill("SIGKILL");
    await pause(1500);
    // The other processor goes on alone.
    const alone = statuses.get(200) ?? 0;
    await expect.poll(() => statuses.get(200) ?? 0).toBeGreaterThan(alone + 3 * inFlight);
    behind.processors[0] = await behind.start(0);
    await pause(1500);
    const before = new Map(statuses);
    // A processor that shuts down in order loses nothing.
    await behind.processors[1]?.kill("SIGTERM");
    await pause(1000);
    isOver = true;
    await Promise.all(callers);
    expect(unjudged).toBe(0);
    expect(statuses.get(200)).toBeGreaterThan(100);
    expect([...statuses.keys()].every((status) => status === 200 || status >= 500)).toBe(true);
    const failed = (all: ReadonlyMap<number, number>) =>
      [...all].reduce((sum, [status, count]) => sum + (status === 200 ? 0 : count), 0);
    expect(failed(statuses)).toBe(failed(before));
  });
});

const withTrailers = (name: string) => `${name}: { enable_trailers: true }`;
const lock = fileURLToPath(new URL("support/empty.lock", import.meta.url));
