/** An endpoint behind a proxy, before a server that a function plays. */
import { createPluginManager, type Plugin } from "glassine";
import { type LabelStore, memoryLabelStore } from "glassine/labels";
import { knownSecrets, secretReader } from "../../../../../src/gateway/config/index.ts";
import { Definitions } from "../../../../../src/gateway/definitions/index.ts";
import { type Identity, identityOf } from "../../../../../src/gateway/identity/identity.ts";
import { RoutingMemory } from "../../../../../src/gateway/router/index.ts";
import { partsFrom } from "../../../../../src/gateway/run/create-gateway.ts";
import { GatewayEvents } from "../../../../../src/gateway/run/gateway-events.ts";
import type { Caller } from "../../../../../src/gateway/run/guarded-server.ts";
import { loadSdk } from "../../../../../src/gateway/run/load-sdk.ts";
import { PassEndpoint } from "../../../../../src/gateway/run/pass-endpoint.ts";
import { serverOf } from "../../../../../src/gateway/run/server.ts";
import { wireWith } from "../../../../../src/gateway/run/wire.ts";
import type { Forward } from "../../../../../src/gateway/transports/index.ts";
import { messagesIn } from "../../../../gateway/run/support/caller.ts";
import { afterTest } from "../../../../support/cleanup.ts";
import { unlimited } from "../../support/unlimited.ts";

/** With `shared`, other gateways use that store of labels too. */
export async function endpointBefore(
  forward: Forward,
  plugins: readonly Plugin[],
  limits: object = {},
  shared?: LabelStore,
) {
  const errors: string[] = [];
  const log = { info() {}, warn() {}, error: (event: string) => void errors.push(event) };
  const events = new GatewayEvents(log, undefined);
  const manager = await createPluginManager({ plugins: [...plugins] });
  afterTest(() => manager.close());
  const servers = { fake: { url: "http://127.0.0.1:1/mcp", definitions: "refuse" as const } };
  const labels = shared && { store: { redis: "redis://127.0.0.1:1" } };
  const config = { servers, limits, listen: { port: 8080 }, ...(labels && { labels }) };
  const made = partsFrom({ manager, config }, knownSecrets(secretReader({})), log);
  const parts = { ...made, generation: 1 };
  const store = shared ?? memoryLabelStore();
  const callers = new Map<string, Caller>();
  const [of] = Object.values(parts.config.servers);
  if (of === undefined) throw new Error("There is a server.");
  const definitions = new Definitions(() => {});
  definitions.use(undefined, of.definitions);
  const server = serverOf("fake", of, {
    parts,
    log,
    store,
    callers,
    definitions,
    processes: new Set(),
    headersToShow: () => ({}),
    events,
  });
  const endpoint = new PassEndpoint({
    sdk: await loadSdk(),
    parts: () => parts,
    servers: () => [server],
    wire: wireWith({ latest: () => [server], memory: new RoutingMemory(["fake"]), log, events }),
    store,
    log,
    callers,
    events,
    forgetLabels() {},
  });
  afterTest(() => endpoint.connected.closeAll());
  const ask = (identity: Identity, session: string | undefined, asked: RequestInit) => {
    const headers = {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...(session !== undefined && { "mcp-session-id": session }),
    };
    const request = new Request("http://127.0.0.1:8080/mcp", { headers, ...asked });
    const connection = { remote: undefined, onSent() {}, forward, held: unlimited };
    return endpoint.handle(request, identity, connection, () => undefined);
  };
  const get = (identity: Identity, session: string) => ask(identity, session, { method: "GET" });
  const post = async (identity: Identity, body: object, session?: string) => {
    const asked = { method: "POST", body: JSON.stringify(body) };
    const response = await ask(identity, session, asked);
    const message = messagesIn(await response.text()).find(({ method }) => method === undefined);
    const { data } = (message?.error ?? {}) as { data?: { code?: string } };
    return { status: response.status, code: data?.code, headers: response.headers };
  };
  return { endpoint, ask, get, post, errors, counts: () => server.guard.counts() };
}

const result = { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: { name: "fake" } };

/** Answers like a server that names its session `made`. */
export const answering: Forward = async ({ body }) => {
  const { id, method } = JSON.parse(String(body));
  const isFirst = method === "initialize";
  return Response.json(
    { jsonrpc: "2.0", id, result: isFirst ? result : { content: [] } },
    { headers: isFirst ? { "mcp-session-id": "made" } : {} },
  );
};

export function adaWith(...roles: string[]): Identity {
  const subject = {
    id: "ada",
    type: "user",
    roles,
    permissions: [],
    teams: [],
    claims: {},
  } as const;
  return identityOf("jwt", ["issuer", "ada"], { subject });
}
