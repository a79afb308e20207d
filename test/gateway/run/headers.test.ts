/** Headers of the protocol, which intermediaries read. */
import type { ConfigInput } from "glassine/gateway";
import { expect, it } from "vitest";
import { afterTest } from "../../support/cleanup.ts";
import { sessionOf } from "./support/caller.ts";
import { fakeServer } from "./support/fake-server.ts";
import { everythingOverStdio, startGateway } from "./support/gateway.ts";

async function start(servers: ConfigInput["servers"] = { everything: everythingOverStdio }) {
  const { url, close } = await startGateway({ servers, identity: { anonymous: true } });
  afterTest(close);
  const accept = "application/json, text/event-stream";
  const headers = { "content-type": "application/json", accept };
  return (message: object, more: Readonly<Record<string, string>>) =>
    fetch(url, {
      method: "POST",
      headers: { ...headers, ...more },
      body: JSON.stringify({ jsonrpc: "2.0", ...message }),
    });
}

const version = "2026-07-28";
const name = "écho";
const encoded = `=?base64?${Buffer.from(name).toString("base64")}?=`;
const call = {
  id: 1,
  method: "tools/call",
  params: {
    name,
    arguments: {},
    _meta: {
      "io.modelcontextprotocol/protocolVersion": version,
      "io.modelcontextprotocol/clientCapabilities": {},
    },
  },
};
const fitting = {
  "mcp-protocol-version": version,
  "mcp-method": "tools/call",
  "mcp-name": encoded,
};

it("refuses an exchange whose headers say something else than its body", async () => {
  const post = await start();
  const without = (name: keyof typeof fitting) =>
    Object.fromEntries(Object.entries(fitting).filter(([each]) => each !== name));
  const cases: Readonly<Record<string, string>>[] = [
    without("mcp-name"),
    without("mcp-method"),
    without("mcp-protocol-version"),
    { ...fitting, "mcp-method": "tools/list" },
    { ...fitting, "mcp-name": "echo" },
    { ...fitting, "mcp-name": "=?base64?w6ljaG9?=" },
    { ...fitting, "mcp-name": "=?base64?!!!!?=" },
  ];
  for (const headers of cases) {
    const response = await post(call, headers);
    expect(response.status, JSON.stringify(headers)).toBe(400);
    const error = { code: -32020, data: { code: "header_mismatch" } };
    expect(await response.json()).toMatchObject({ id: 1, error });
  }
  const response = await post(call, fitting);
  expect(await response.json()).not.toMatchObject({ error: { code: -32020 } });
});

it("shows callers no secret of its own that a server's error quotes", async () => {
  const key = "Bearer own-key-77";
  const server = await fakeServer(({ message: { id }, request, response }) => {
    const text = `wrong: ${request.headers.authorization}, ${key.slice(7)}`;
    const error = { code: -32001, message: text };
    response.writeHead(401, { "content-type": "application/json" });
    response.end(JSON.stringify({ jsonrpc: "2.0", id, error }));
  });
  afterTest(server.close);
  const headers = { authorization: { env: "KEY" } };
  const made = await startGateway({ servers: { one: { url: server.url, headers } } }, [], {
    secrets: () => key,
  });
  afterTest(made.close);
  const { text } = await (await sessionOf(made.url)).call(1);
  expect(text).toContain("wrong: ");
  expect(text).not.toContain("own-key-77");
  expect(server.of("tools/call")[0]?.request.headers.authorization).toBe(key);
});

it("sends headers that repeat an argument on, and no others, which no plugin has seen", async () => {
  const server = await fakeServer((came) => came.answer("done"));
  afterTest(server.close);
  const post = await start({ one: { url: server.url } });
  const { params } = call;
  const given = { region: "écho", amount: 42, limit: 0 };
  const repeating = {
    "mcp-param-region": encoded,
    // SEP-2243: numbers are compared as numbers.
    "mcp-param-amount": "42.0",
  };
  const others = {
    "mcp-param-token": "sk-1",
    "mcp-param-other": "sk-1",
    "mcp-param-bytes": "=?base64?////?=",
    "mcp-param-unpadded": "=?base64?w6ljaG8?=",
  };
  const headers = { ...fitting, ...repeating, ...others };
  const answered = await post({ ...call, params: { ...params, arguments: given } }, headers);
  expect(answered.status).toBe(200);
  const sent = Object.entries(server.of("tools/call")[0]?.request.headers ?? {});
  expect(Object.fromEntries(sent.filter(([each]) => each.startsWith("mcp-param-")))).toEqual({
    "mcp-param-region": encoded,
    "mcp-param-amount": "42",
  });
});

it("takes any known version in the header of a session", async () => {
  const post = await start();
  const clientInfo = { name: "test", version: "1.0.0" };
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo };
  const begun = await post({ id: 1, method: "initialize", params }, {});
  await begun.text();
  const session = { "mcp-session-id": begun.headers.get("mcp-session-id") ?? "" };
  const ping = (sent: string) =>
    post({ id: 2, method: "ping" }, { ...session, "mcp-protocol-version": sent });
  const older = await ping("2025-03-26");
  expect(older.status).toBe(200);
  await older.text();
  expect((await ping("1999-01-01")).status).toBe(400);
});
