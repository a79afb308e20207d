/** Issuers, tokens and callers for the tests of who is asking a gateway. */
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { mkdtempSync, writeFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { type AddressInfo, isIPv4, Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json, text } from "node:stream/consumers";
import { type Capability, definePlugin, deny } from "glassine";
import type { ConfigInput } from "glassine/gateway";
import type { Client, Subject } from "glassine/http";
import { type JWTPayload, SignJWT } from "jose";
import { expect, vi } from "vitest";
import { afterFile, afterTest } from "../../support/cleanup.ts";
import { type Started, startGateway } from "../run/support/gateway.ts";

export const issuer = "https://login.example.com";
export const audience = "https://gateway.example.com/mcp";
/** The time on all clocks, once a file has set it. */
const nowMs = Date.UTC(2026, 10, 23);
export const nowSeconds = nowMs / 1000;

/** Stops the clock for the tests of a file. */
export function stopClock(): void {
  vi.useFakeTimers({ toFake: ["Date"], now: nowMs });
  afterFile(() => void vi.useRealTimers());
}

interface Signer {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export const rsa: Signer = generateKeyPairSync("rsa", { modulusLength: 2048 });
export const otherRsa: Signer = generateKeyPairSync("rsa", { modulusLength: 2048 });
export const ec: Signer = generateKeyPairSync("ec", { namedCurve: "P-256" });
export const ed: Signer = generateKeyPairSync("ed25519");

export const pemOf = (key: KeyObject) => key.export({ type: "spki", format: "pem" }).toString();
export const jwkOf = ({ publicKey }: Signer, more: object = {}) => ({
  ...publicKey.export({ format: "jwk" }),
  ...more,
});

const folder = mkdtempSync(join(tmpdir(), "identity-"));
let files = 0;

/** The path of a new file. */
export function fileOf(content: string | Buffer): string {
  files += 1;
  const path = join(folder, `keys-${files}`);
  writeFileSync(path, content);
  return path;
}

const keyFile = fileOf(pemOf(rsa.publicKey));

/** Omitted parts are valid. A claim of `undefined` is left out. */
export interface TokenInput {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly key?: KeyObject | Uint8Array;
}

export function tokenOf({ claims, header, key = rsa.privateKey }: TokenInput = {}) {
  const usual = {
    iss: issuer,
    aud: audience,
    sub: "ada",
    iat: nowSeconds,
    exp: nowSeconds + 300,
  };
  const payload = JSON.parse(JSON.stringify({ ...usual, ...claims })) as JWTPayload;
  return new SignJWT(payload).setProtectedHeader({ alg: "RS256", ...header }).sign(key);
}

/** A compact token with any header, payload and third part. */
export function handmade(header: unknown, payload: unknown, signature = ""): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part(header)}.${part(payload)}.${signature}`;
}

export const jwt = (more: object = {}) => ({
  jwt: { issuer, audience, algorithms: ["RS256" as const], keys: { file: keyFile }, ...more },
});

interface Shown {
  readonly subject: Subject | undefined;
  readonly client: Client | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

/** A gateway whose only plugin refuses every call, and keeps what it was shown of the caller. */
export interface Asked extends Started {
  readonly seen: Shown[];
  /** What the gateway logged about the callers that it refused. */
  refusals(): readonly object[];
}

const capabilities: readonly Capability[] = [
  ...(["read_subject", "read_roles", "read_teams", "read_permissions"] as const),
  ...(["read_claims", "read_client", "read_headers"] as const),
];

/** A plugin that refuses every call, and what it was shown of the callers. */
export function witness() {
  const seen: Shown[] = [];
  const plugin = definePlugin({
    name: "witness",
    version: "1.0.0",
    capabilities,
    hooks: {
      "cmf.tool_pre_invoke": (_message, _context, { security, http }) => {
        const { subject, client } = security ?? {};
        seen.push({ subject, client, headers: http?.headers ?? {} });
        return deny({ code: "seen", reason: "Seen." });
      },
    },
  });
  return { plugin, seen };
}

/** Default of `listen`: any port of this machine. The gateway is closed after the test. */
export async function gatewayWith(
  identity: object,
  listen: object = {},
  more: Partial<ConfigInput> = {},
): Promise<Asked> {
  const { plugin, seen } = witness();
  const servers = { any: { url: "http://127.0.0.1:1/mcp" } };
  const config = { servers, identity, listen: { port: 0, ...listen }, ...more };
  const made = await startGateway(config, [plugin]);
  afterTest(made.close);
  const ofCallers = ["identity_refused", "host_refused", "origin_refused"];
  return {
    ...made,
    seen,
    refusals: () =>
      made.log.lines.flatMap(({ event, fields }) => (ofCallers.includes(event) ? [fields] : [])),
  };
}

export type HeaderInput =
  | Readonly<Record<string, string>>
  | readonly (readonly [name: string, value: string])[];

export interface Sending {
  /** The whole path; default: that of a call of a tool. */
  readonly path?: string;
  readonly method?: string;
}

const version = "2026-07-28";
const params = {
  name: "x",
  arguments: {},
  _meta: {
    "io.modelcontextprotocol/protocolVersion": version,
    "io.modelcontextprotocol/clientCapabilities": {},
  },
};
const call = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params });
/** The headers of a call, apart from those that every HTTP request has. */
export const usual = {
  accept: "application/json, text/event-stream",
  "content-type": "application/json",
  "mcp-protocol-version": version,
  "mcp-method": "tools/call",
  "mcp-name": "x",
};

/** Sends a call with exactly these headers more, a repeated one as often as it is in the list. */
export function send(
  { url }: { readonly url: URL },
  headers: HeaderInput = {},
  { path = "/mcp", method = "POST" }: Sending = {},
): Promise<IncomingMessage> {
  const own = Array.isArray(headers) ? headers : Object.entries(headers);
  const names = new Set(own.map(([name]) => name.toLowerCase()));
  const more = { host: url.host, ...(method === "POST" ? usual : {}) };
  const rest = Object.entries(more).filter(([name]) => !names.has(name));
  const { hostname, port } = url;
  const host = hostname.replace(/[[\]]/g, "");
  return new Promise((resolve, reject) => {
    const sent = request({ host, port, path, method, setHost: false, agent: false }, resolve);
    sent.on("error", reject);
    const all = [...own, ...rest];
    for (const name of new Set(all.map(([each]) => each.toLowerCase())))
      sent.setHeader(
        name,
        all.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value),
      );
    sent.end(method === "POST" ? call : undefined);
  });
}

export const bearing = (token: string) => ({ authorization: `Bearer ${token}` });

/** What the plugin was shown of a caller; a refusal fails the test. */
export async function identityOf(to: Asked, headers?: HeaderInput): Promise<Shown> {
  const before = to.seen.length;
  const answer = await text(await send(to, headers));
  const [shown, ...others] = to.seen.slice(before);
  if (shown === undefined) throw new Error(answer);
  expect(others).toEqual([]);
  return shown;
}

export interface Refused {
  readonly status: number | undefined;
  readonly code: string;
  readonly message: string;
  readonly challenge: string | undefined;
  /** Everything that the caller gets to read. */
  readonly text: string;
}

/** The refusal as the caller reads it; an identity fails the test. */
export async function refusalOf(
  to: Asked,
  headers?: HeaderInput,
  sending?: Sending,
): Promise<Refused> {
  const before = to.seen.length;
  const response = await send(to, headers, sending);
  const { error } = (await json(response)) as {
    readonly error: { readonly message: string; readonly data: { readonly code: string } };
  };
  expect(to.seen.slice(before)).toEqual([]);
  return {
    status: response.statusCode,
    code: error.data.code,
    message: error.message,
    challenge: response.headers["www-authenticate"],
    text: `${JSON.stringify(error)}\n${JSON.stringify(response.headers)}`,
  };
}

/** Whether the gateway takes these requests for those of one caller, whose number it limits. */
export async function isOneCaller(
  identity: object,
  one: HeaderInput,
  other: HeaderInput,
): Promise<boolean> {
  const made = await gatewayWith(identity, {}, { limits: { requestsPerMinute: 1 } });
  await identityOf(made, one);
  const { statusCode } = await send(made, other);
  return statusCode === 429;
}

/** Lets servers see all connections as those from an address, until the test is over. */
export function connectionsFrom(remoteAddress: string | undefined): void {
  const accepted = (message: unknown) => {
    const { socket } = message as { readonly socket: Socket };
    Object.defineProperty(socket, "remoteAddress", { value: remoteAddress, configurable: true });
  };
  subscribe("net.server.socket", accepted);
  afterTest(() => unsubscribe("net.server.socket", accepted));
}

type Listen = (this: Server, port: number, host: string, done: () => void) => Server;
const listen: Listen = Server.prototype.listen;

/** Lets a gateway take any address for its own, while it listens at the returned one. */
export function listensElsewhere(): { readonly url: URL } {
  const url = new URL("http://127.0.0.1");
  const own: Listen = function (port, host, done) {
    const address = isIPv4(host) ? host : "127.0.0.1";
    return listen.call(this, 0, "127.0.0.1", () => {
      url.port = String((this.address() as AddressInfo).port);
      this.address = () => ({ address, port, family: "IPv4" });
      done();
    });
  };
  const spy = vi.spyOn(Server.prototype, "listen").mockImplementation(own as never);
  afterTest(() => spy.mockRestore());
  return { url };
}
