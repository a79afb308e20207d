/** Gateways that share nothing but the label store. Skipped without a Redis or Valkey server. */
import { createServer } from "node:net";
import process from "node:process";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { addLabels, definePlugin, deny } from "glassine";
import { expect, it } from "vitest";
import { connect } from "../../redis/support/server.ts";
import { afterTest } from "../../support/cleanup.ts";
import { listening } from "../../support/listening.ts";
import { verifies } from "../../support/verifies.ts";
import { connectClient, everythingOverStdio, keptLog, startGateway } from "./support/gateway.ts";

const { GLASSINE_REDIS_URL: redis = "" } = process.env;

const labeller = definePlugin({
  name: "labeller",
  version: "1.0.0",
  capabilities: ["append_labels"],
  hooks: {
    "cmf.tool_post_invoke": (_message, _context, extensions) => ({
      modifiedExtensions: addLabels(extensions, ["SECRET"]),
    }),
  },
});
const keeper = definePlugin({
  name: "keeper",
  version: "1.0.0",
  capabilities: ["read_labels"],
  hooks: {
    "cmf.tool_pre_invoke"(_message, _context, extensions) {
      if (extensions.security.labels.includes("SECRET")) return deny("A secret is known");
    },
  },
});

async function client(prefix: string) {
  return (await clientAndLog(prefix)).client;
}

async function clientAndLog(prefix: string) {
  const made = await startGateway(
    {
      servers: { everything: everythingOverStdio },
      identity: { trustedHeaders: { from: ["127.0.0.1"], subject: "x-user" } },
      labels: { session: "subject", store: { redis, prefix } },
    },
    [labeller, keeper],
  );
  afterTest(made.close);
  const requestInit = { headers: { "x-user": "ada" } };
  const client = new Client({ name: "test", version: "1.0.0" });
  await client.connect(new StreamableHTTPClientTransport(made.url, { requestInit }) as never);
  afterTest(() => client.close());
  return { client, lines: made.log.lines };
}

it.skipIf(redis === "")("refuses through one what was labelled through another", async () => {
  const prefix = `glassine-test:${crypto.randomUUID()}:`;
  const one = await client(prefix);
  const other = await client(prefix);
  const echo = { name: "echo", arguments: { message: "hi" } };
  expect((await one.callTool(echo)).content).toHaveLength(1);
  await expect(other.callTool(echo)).rejects.toThrow("A secret is known");
});

it.skipIf(redis === "")("adds again the labels that the server of its labels lost", async () => {
  verifies("labels:gateway-restores");
  const prefix = `glassine-test:${crypto.randomUUID()}:`;
  const one = await clientAndLog(prefix);
  const echo = { name: "echo", arguments: { message: "hi" } };
  expect((await one.client.callTool(echo)).content).toHaveLength(1);
  const server = await connect();
  afterTest(() => server.close());
  // Not FLUSHALL: other tests use the same server.
  expect(await server.del(await server.keys(`${prefix}*`))).toBe(1);
  await expect(one.client.callTool(echo)).rejects.toThrow("A secret is known");
  const lost = one.lines.filter(({ event }) => event === "label_store_error");
  expect(lost).toEqual([
    {
      level: "warn",
      event: "label_store_error",
      fields: { text: expect.stringContaining("lost labels"), generation: 1 },
    },
  ]);
  await expect((await client(prefix)).callTool(echo)).rejects.toThrow("A secret is known");
});

it.each([
  ["redis://127.0.0.1:1", "label_store_failed"],
  ["http://127.0.0.1:1", "setting_invalid"],
  ["no URL, but hunter2", "setting_invalid"],
])("does not start without the server of its labels: %s", async (redis, code) => {
  const labels = { labels: { store: { redis } } };
  const started = startGateway({ servers: { everything: everythingOverStdio }, ...labels });
  await expect(started).rejects.toMatchObject({
    code,
    message: expect.not.stringMatching(/hunter2/),
  });
});

it("does not start while the server of its labels accepts connections but does not answer", async () => {
  const silent = createServer();
  const { port } = await listening(silent);
  const closed = new Promise((resolve) => {
    silent.once("connection", (socket) =>
      socket
        .on("error", () => {})
        .once("close", resolve)
        .resume(),
    );
  });
  const redis = `redis://127.0.0.1:${port}`;
  const labels = { labels: { store: { redis } } };
  const started = startGateway({ servers: { everything: everythingOverStdio }, ...labels });
  await expect(started).rejects.toMatchObject({
    code: "label_store_failed",
    cause: { message: expect.stringContaining("did not answer") },
  });
  await closed;
});

/** A server of labels that are none. After `move`, open connections, and `more`, only get `reply`. */
async function emptyStore(labels = "*0\r\n") {
  const answers: Readonly<Record<string, string>> = {
    HELLO: "%1\r\n+proto\r\n:3\r\n",
    EVAL: labels,
  };
  let connections = 0;
  let stale = { connections: 0, reply: "" };
  const server = createServer((socket) => {
    connections += 1;
    const number = connections;
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      for (const [, name = ""] of String(chunk).matchAll(/\*\d+\r\n\$\d+\r\n(\w+)\r\n/g))
        socket.write(number <= stale.connections ? stale.reply : (answers[name] ?? "+OK\r\n"));
    });
  });
  const { port } = await listening(server);
  return {
    redis: `redis://127.0.0.1:${port}`,
    connections: () => connections,
    move(reply: string, more = 0) {
      stale = { connections: connections + more, reply };
    },
  };
}

it("does not start where it may not use the server of its labels, and says why", async () => {
  const { redis } = await emptyStore("-ERR This user has no permissions\r\n");
  const labels = { labels: { store: { redis } } };
  const started = startGateway({ servers: { everything: everythingOverStdio }, ...labels });
  await expect(started).rejects.toMatchObject({
    code: "label_store_failed",
    message: expect.stringContaining("(ERR This user has no permissions)"),
  });
});

it("logs why the server of its labels refuses a command, to the log of the last reload", async () => {
  const { redis, move } = await emptyStore();
  const made = await startGateway({
    servers: { everything: everythingOverStdio },
    labels: { store: { redis } },
    admin: { port: 0 },
  });
  afterTest(made.close);
  expect((await made.admin("/readyz")).status).toBe(200);
  const log = keptLog();
  await made.gateway.reload({ ...made.parts, log });
  move("-ERR This user has no permissions\r\n");
  expect((await made.admin("/readyz")).status).toBe(503);
  expect(log.lines).toContainEqual({
    level: "warn",
    event: "label_store_error",
    fields: { text: "ERR This user has no permissions", generation: 2 },
  });
});

it.each([
  ["leads nowhere", "", 0],
  ["leads nowhere, as does the next one", "", 1],
  ["leads to what became a replica", "-READONLY You can't write against a replica.\r\n", 0],
])("connects again where a connection %s, and refuses calls until then", async (_, reply, more) => {
  const { redis, connections, move } = await emptyStore();
  const made = await startGateway(
    { servers: { everything: everythingOverStdio }, labels: { store: { redis } } },
    [keeper],
  );
  afterTest(made.close);
  const client = await connectClient(made);
  afterTest(() => client.close());
  const echo = () => client.callTool({ name: "echo", arguments: { message: "hi" } });
  expect((await echo()).content).toHaveLength(1);
  move(reply, more);
  await expect(echo()).rejects.toMatchObject({ code: -32011, data: { code: "guard_failed" } });
  await expect.poll(() => echo().catch(() => ({}))).toHaveProperty("content");
  expect(connections()).toBe(2 + more);
});
