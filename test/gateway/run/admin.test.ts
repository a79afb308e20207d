/** The port for operators: whether the gateway is alive and ready, and what it counts. */
import { createServer, request as httpRequest } from "node:http";
import process from "node:process";
import { PassThrough } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { createPluginManager, definePlugin, deny } from "glassine";
import { createGateway } from "glassine/gateway";
import { expect, it, vi } from "vitest";
import { freePort } from "../../../tools/real/free-port.ts";
import { afterTest } from "../../support/cleanup.ts";
import { listening } from "../../support/listening.ts";
import { connectClient, type Started, startGateway } from "./support/gateway.ts";

const small = fileURLToPath(new URL("./support/small-server.mjs", import.meta.url));
const servers = { small: { command: process.execPath, args: [small] } };
const admin = { port: 0 };

const keeper = definePlugin({
  name: "keeper",
  version: "1.0.0",
  hooks: {
    "cmf.tool_pre_invoke"({ content: [part] }) {
      if (part?.content_type === "tool_call" && part.content.name === "environment")
        return deny({ code: "no_environment", reason: "Not that one" });
    },
  },
});

async function started(more: object = {}, options: Parameters<typeof startGateway>[2] = {}) {
  const made = await startGateway({ servers, admin, ...more }, [keeper], options);
  afterTest(made.close);
  return made;
}

async function clientOf(made: Started, headers?: Record<string, string>) {
  const client = await connectClient(made, headers);
  afterTest(() => client.close());
  return client;
}

const tool = (client: Client, name: string, args: Record<string, unknown> = {}) =>
  client.callTool({ name, arguments: args });

it("says that it lives and takes requests, and in which generation", async () => {
  const made = await started();
  expect(await made.admin("/healthz")).toEqual({ status: 200, text: '{"status":"ok"}' });
  expect(await made.admin("/readyz")).toEqual({
    status: 200,
    text: '{"status":"ready","generation":1}',
  });
});

it("counts every caller that is refused, and logs at most some of them", async () => {
  const made = await started({
    identity: { trustedHeaders: { from: ["127.0.0.1"], subject: "x-user" } },
  });
  for (let count = 0; count < 100; count += 1)
    expect((await fetch(made.url, { method: "POST", body: "{}" })).status).toBe(403);
  const logged = made.log.lines.filter(({ event }) => event === "identity_refused");
  expect(logged[0]?.fields).toMatchObject({ code: "identity_missing", status: 403 });
  expect(logged.length).toBeLessThan(90);
  const { text } = await made.admin("/metrics");
  expect(text).toContain('glassine_gateway_refusals_total{code="identity_missing"} 100');
});

it("counts requests by server, method, outcome and code", async () => {
  const made = await started();
  const client = await clientOf(made);
  await tool(client, "answer");
  await tool(client, "answer");
  await expect(tool(client, "environment")).rejects.toThrow("Not that one");
  const { text } = await made.admin("/metrics");
  const of = 'server="small",method="tools/call"';
  expect(text).toContain(`requests_total{${of},outcome="allowed",code="none"} 2\n`);
  expect(text).toContain(`requests_total{${of},outcome="denied",code="no_environment"} 1\n`);
  expect(text).toContain(`request_own_seconds_count{${of}} 3\n`);
  expect(text).toContain(`request_peer_seconds_bucket{${of},le="+Inf"} 2\n`);
  expect(text).toContain("glassine_gateway_open_sessions 1\n");
  expect(text).toContain("glassine_gateway_open_requests 0\n");
  expect(text).toContain("glassine_gateway_generation 1\n");
  expect(text).toContain(
    'glassine_plugin_denial_total{hook="cmf.tool_pre_invoke",plugin="keeper",code="no_environment"} 1\n',
  );
});

it("makes no series for methods and tools that a caller makes up", async () => {
  const made = await started({
    listen: { port: 0 },
    servers: { small: { ...servers.small, pass: ["other", "unknown"] } },
  });
  const client = await clientOf(made);
  for (let at = 0; at < 20; at += 1) {
    await client
      .request({ method: `made/up-${at}` } as never, { parse: (x: unknown) => x } as never)
      .catch(() => {});
  }
  const { text } = await made.admin("/metrics");
  expect(text).not.toContain("made");
  expect(text).toMatch(
    /requests_total\{server="small",method="other",outcome="\w+",code="\w+"\} 20\n/,
  );
});

/** An audit trail that keeps registrations and loses everything after them. */
const losing = {
  logger: { warn: () => {}, error: () => {} },
  audit: {
    sink: ({ eventType }: { readonly eventType: string }) => {
      if (eventType !== "plugin.registered") throw new Error("The disk is full.");
    },
  },
};

it("counts what is dropped, restarted, refused and lost", async () => {
  const identity = { trustedHeaders: { from: ["127.0.0.1"], subject: "x-user" } };
  const made = await started({ identity }, { ...losing, records: { access: "all" } });
  const client = await clientOf(made, { "x-user": "ada" });
  await tool(client, "twice");
  await tool(client, "stranger");
  await tool(client, "die").catch(() => {});
  await vi.waitFor(
    async () => {
      const { text } = await made.admin("/metrics");
      expect(text).toContain('process_restarts_total{server="small"} 1\n');
    },
    { timeout: 10_000 },
  );
  await fetch(made.url, { method: "POST" });
  await statusFor(made.url, { host: "evil.test" });
  const named = { "x-user": "ada", "content-type": "application/json" };
  for (const body of ["{", "[]", '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'])
    await fetch(made.url, { method: "POST", headers: named, body });
  const { text } = await made.admin("/metrics");
  expect(text).toContain('dropped_messages_total{server="small"} 2\n');
  expect(text).toContain('refusals_total{code="identity_missing"} 1\n');
  expect(text).toContain('refusals_total{code="host_refused"} 1\n');
  expect(text).toContain('refusals_total{code="parse_error"} 1\n');
  expect(text).toContain('refusals_total{code="session_missing"} 1\n');
  expect(text).toMatch(/glassine_gateway_audit_failures_total [1-9]\d*\n/);
});

it("counts the lines that the log lost", async () => {
  const made = await started();
  const count = async () =>
    /glassine_gateway_log_lines_lost_total (\d+)/.exec((await made.admin("/metrics")).text)?.[1];
  expect(await count()).toBe("0");
  Object.assign(made.log, { lost: () => 3 });
  expect(await count()).toBe("3");
});

it("counts on over a reload, and says which generation is in use", async () => {
  const made = await started();
  await tool(await clientOf(made), "answer");
  const manager = await createPluginManager({ plugins: [] });
  afterTest(() => manager.close());
  const config = { servers, admin, listen: { port: 0 } };
  await made.gateway.reload({ config, manager, log: made.log, secrets: () => "" });
  await tool(await clientOf(made), "answer");
  const { text } = await made.admin("/metrics");
  expect(text).toContain('method="tools/call",outcome="allowed",code="none"} 2\n');
  expect(text).toContain("glassine_gateway_generation 2\n");
});

it("counts lost records once where a reload brings a manager back", async () => {
  const made = await started({}, { ...losing, records: { access: "all" } });
  await tool(await clientOf(made), "answer");
  const failures = async () =>
    /glassine_gateway_audit_failures_total (\d+)/.exec((await made.admin("/metrics")).text)?.[1];
  await vi.waitFor(async () => expect(Number(await failures())).toBeGreaterThan(0));
  const before = await failures();
  const manager = await createPluginManager({ plugins: [], audit: { sink: () => {} } });
  afterTest(() => manager.close());
  for (const each of [manager, made.parts.manager]) {
    const { generation } = made.gateway;
    await made.gateway.reload({ ...made.parts, manager: each });
    expect(made.gateway.generation).toBe(generation + 1);
    // Nothing is open, so what was there before is gone after a turn.
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await failures()).toBe(before);
  }
});

/** The status of a request with headers that `fetch` does not send. */
function statusFor(url: URL, headers: Record<string, string>, method = "GET"): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = httpRequest(url, { method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on("error", reject).end();
  });
}

it("checks Host and Origin as the front does, and leads nowhere else", async () => {
  const made = await started();
  const at = (path: string) => new URL(path, made.adminUrl);
  for (const path of ["/healthz", "/readyz", "/metrics"]) {
    expect(await statusFor(at(path), { host: "evil.test" })).toBe(403);
    expect(await statusFor(at(path), { host: `evil.test:${made.adminUrl.port}` })).toBe(403);
    expect(await statusFor(at(path), { origin: "http://evil.test" })).toBe(403);
    expect(await statusFor(at(path), {}, "POST")).toBe(405);
    expect(await statusFor(at(path), {}, "HEAD")).toBe(200);
  }
  for (const path of ["/", "/mcp", "/metrics/", "/.well-known/oauth-protected-resource"])
    expect(await statusFor(at(path), {})).toBe(404);
  expect(await statusFor(at("/mcp"), {}, "POST")).toBe(405);
});

it("is not ready while it shuts down, and closes last", async () => {
  const made = await started({ limits: { shutdownMs: 3000 } });
  const client = await clientOf(made);
  // It is never answered: the client is closed at the end.
  tool(client, "hang").catch(() => {});
  await vi.waitFor(() => expect(made.gateway.counts().open).toBe(1));
  const closed = made.gateway.close();
  const { status, text } = await made.admin("/readyz");
  expect([status, JSON.parse(text)]).toEqual([
    503,
    { status: "not_ready", code: "shutting_down", generation: 1 },
  ]);
  expect((await made.admin("/healthz")).status).toBe(200);
  await closed;
  await expect(made.admin("/healthz")).rejects.toThrow();
});

it("says that its port is in use, and leaves nothing behind", async () => {
  const { port } = await listening(createServer());
  await expect(startGateway({ servers, admin: { port } })).rejects.toMatchObject({
    code: "setting_invalid",
    message: expect.stringContaining(`admin: port ${port} of 127.0.0.1 is in use`),
  });
  const taken = await started();
  const front = Number(taken.url.port);
  const adminPort = await freePort();
  const refused = startGateway({ servers, admin: { port: adminPort }, listen: { port: front } });
  await expect(refused).rejects.toMatchObject({ code: "setting_invalid" });
  await expect(fetch(`http://127.0.0.1:${adminPort}/healthz`)).rejects.toThrow();
});

it("works where the front is stdio", async () => {
  const manager = await createPluginManager({ plugins: [] });
  const stdio = { stdin: new PassThrough(), stdout: new PassThrough() };
  const lines: { event: string; admin?: { port: number } }[] = [];
  const info = (event: string, fields: object = {}) => void lines.push({ event, ...fields });
  const gateway = await createGateway({
    manager,
    stdio,
    secrets: () => "",
    log: { info, warn: info, error: info },
    config: { servers, admin },
  });
  afterTest(() => gateway.close());
  const port = lines.find(({ event }) => event === "ready")?.admin?.port;
  const ready = await fetch(`http://127.0.0.1:${port}/readyz`);
  expect(ready.status).toBe(200);
  stdio.stdin.write(
    `${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "answer" } })}\n`,
  );
  await vi.waitFor(async () => {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(text).toContain('server="small",method="tools/call",outcome="allowed"');
  });
});

it("shows no secret: of a token, a header, an argument or a result", async () => {
  const secret = "hunter2-planted-secret";
  const quoting = definePlugin({
    name: "quoting",
    version: "1.0.0",
    hooks: {
      "cmf.tool_post_invoke": () => deny({ code: "no_secrets", reason: `It says ${secret}` }),
    },
  });
  const made = await startGateway({ servers, admin }, [quoting]);
  afterTest(made.close);
  const headers = { authorization: `Bearer ${secret}`, "x-api-key": secret };
  const client = await clientOf(made, headers);
  await expect(tool(client, "repeat", { password: secret })).rejects.toThrow("It says");
  await tool(client, secret).catch(() => {});
  const { text } = await made.admin("/metrics");
  expect(text).toContain('outcome="denied",code="no_secrets"} 2\n');
  expect(text).not.toContain(secret);
});
