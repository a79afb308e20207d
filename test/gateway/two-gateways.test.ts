/**
 * Two gateways behind a load balancer, which share nothing but the label store; one of them is
 * killed. Skipped without a Redis or Valkey server.
 */
// Only in test:all: it starts processes.
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import type { ConfigInput } from "glassine/gateway";
import { expect, it } from "vitest";
import { afterTest } from "../support/cleanup.ts";
import { startBalancer } from "./support/balancer.ts";
import { type GatewayProcess, startGatewayProcess } from "./support/gateway-process.ts";

const { GLASSINE_REDIS_URL: redis = "" } = process.env;
const withRedis = it.skipIf(redis === "");

const notes = {
  command: process.execPath,
  args: [fileURLToPath(new URL("support/notes-server.mjs", import.meta.url))],
};
const headers = { "x-user": "ada" };
const eras = { session: "2025-11-25", exchange: "2026-07-28" } as const;

async function started() {
  const balancer = await startBalancer();
  afterTest(() => balancer.close());
  const config: ConfigInput = {
    servers: { notes },
    listen: { allowedHosts: [balancer.host] },
    identity: { trustedHeaders: { from: ["127.0.0.1"], subject: "x-user" } },
    labels: {
      session: "subject",
      store: { redis, prefix: `glassine-test:${crypto.randomUUID()}:` },
    },
    plugins: [
      { use: "secret-scanner", options: { action: "label" } },
      { use: "egress-guard", options: { labels: ["SECRET"], refuse: { tools: ["send"] } } },
    ],
  };
  const gateways = await Promise.all([startGatewayProcess(config), startGatewayProcess(config)]);
  afterTest(() => Promise.all(gateways.map((each) => each.kill("SIGKILL"))));
  balancer.ports.push(...gateways.map(({ port }) => port));

  async function connect(era: keyof typeof eras): Promise<Client> {
    const mode = era === "session" ? "legacy" : { pin: eras.exchange };
    const client = new Client({ name: "test", version: "1.0.0" }, { versionNegotiation: { mode } });
    const transport = new StreamableHTTPClientTransport(balancer.url, { requestInit: { headers } });
    await client.connect(transport);
    expect(client.getNegotiatedProtocolVersion()).toBe(eras[era]);
    afterTest(() => client.close());
    return client;
  }

  return { balancer, connect, gateways: gateways as [GatewayProcess, GatewayProcess] };
}

const calls = (client: Client, name: string) => client.callTool({ name });
const refused = { code: -32010, data: { code: "egress_denied" } };

/** Sends one POST, in a session or not; returns its status, its session and a refusal's code. */
async function post(url: URL, body: object, session: Readonly<Record<string, string>> = {}) {
  const accept = "application/json, text/event-stream";
  const response = await fetch(url, {
    method: "POST",
    headers: { ...headers, ...session, accept, "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, ...body }),
  });
  const code = /"data":\{"code":"(\w+)"/.exec(await response.text())?.[1];
  return { status: response.status, code, session: response.headers.get("mcp-session-id") ?? "" };
}

withRedis.each(["session", "exchange"] as const)(
  "refuses by a label that the other gateway put on (%s)",
  async (era) => {
    const { balancer, connect } = await started();
    const one = await connect(era);
    const other = await connect(era);
    balancer.answeredBy.length = 0;
    await calls(one, "send");
    await calls(one, "send");
    await calls(one, "read");
    // `send` goes to the other gateway than `read`: exchanges alternate, and the sessions differ.
    await expect(calls(other, "send")).rejects.toMatchObject(refused);
    const [readAt, refusedAt] = balancer.answeredBy.slice(-2);
    expect(balancer.ports).toEqual(expect.arrayContaining([readAt, refusedAt]));
    expect(refusedAt).not.toBe(readAt);
  },
);

withRedis("one is killed: exchanges go on, its sessions end with a code", async () => {
  const { balancer, connect, gateways } = await started();
  const exchanges = await connect("exchange");
  const sessions = [await connect("session"), await connect("session")];
  const ids = sessions.map(({ transport }) => transport?.sessionId ?? "");
  await calls(exchanges, "read");
  const [labelledAt] = balancer.answeredBy.slice(-1);
  const killed = gateways.findIndex(({ port }) => port === labelledAt);
  await gateways[killed]?.kill("SIGKILL");

  for (let call = 0; call < 4; call += 1) {
    await expect(calls(exchanges, "send")).rejects.toMatchObject(refused);
    expect((await calls(exchanges, "read")).content).toHaveLength(1);
  }
  const list = { method: "tools/list", params: {} };
  const answers = await Promise.all(
    ids.map((id) => post(balancer.url, list, { "mcp-session-id": id })),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 404]);
  const lost = answers.findIndex(({ status }) => status === 404);
  expect(answers[lost]).toMatchObject({ code: "session_unknown" });
  await expect(calls(sessions[1 - lost] as Client, "send")).rejects.toMatchObject(refused);
  await expect(calls(sessions[lost] as Client, "send")).rejects.toThrow("Session not found");
  const again = await connect("session");
  await expect(calls(again, "send")).rejects.toMatchObject(refused);
  expect((await calls(again, "read")).content).toHaveLength(1);
});

withRedis("no request stays without an answer when one is killed", async () => {
  const { balancer, connect, gateways } = await started();
  const first = await connect("session");
  const session = first.transport?.sessionId ?? "";
  const home = gateways.find(({ port }) => port === balancer.homes.get(session));
  // Nothing but the end of its gateway ends this call.
  const call = { id: "waits", method: "tools/call", params: { name: "wait" } };
  const waiting = post(balancer.url, call, { "mcp-session-id": session }).catch(() => "cut off");

  const outcomes: string[] = [];
  let isOver = false;
  async function traffic(era: keyof typeof eras, client: Client): Promise<void> {
    while (!isOver) {
      const outcome = await calls(client, "read").then(() => "answered", outcomeOf);
      outcomes.push(outcome);
      if (outcome === "session_unknown") return traffic(era, await connect(era));
    }
  }
  const more = async (count: number) => {
    const wanted = outcomes.length + count;
    while (outcomes.length < wanted) await new Promise((resolve) => setImmediate(resolve));
  };
  const clients = [
    traffic("session", first),
    traffic("session", await connect("session")),
    traffic("exchange", await connect("exchange")),
    traffic("exchange", await connect("exchange")),
  ];
  await more(20);
  await home?.kill("SIGKILL");
  expect(await waiting).toBe("cut off");
  await more(40);
  // The other clients may have made all of these calls.
  while (!outcomes.includes("session_unknown")) await more(1);
  isOver = true;
  await Promise.all(clients);
  const count = (outcome: string) => outcomes.filter((each) => each === outcome).length;
  // A client has one request in flight at a time.
  expect(count("lost")).toBeLessThanOrEqual(clients.length);
  expect(count("session_unknown")).toBe(1);
  expect(count("answered") + count("lost") + 1).toBe(outcomes.length);
});

/** The code of a failed call; without a code, its answer was lost with the gateway. */
function outcomeOf({ message }: Error): string {
  return /"data":\{"code":"(\w+)"/.exec(message)?.[1] ?? "lost";
}
