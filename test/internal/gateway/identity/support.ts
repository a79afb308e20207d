/** Issuers, tokens and requests for the tests of who is asking. */
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type JWTPayload, SignJWT } from "jose";
import { checkConfig, configSchema } from "../../../../src/gateway/config/index.ts";
import {
  createIdentifier,
  type Identifier,
  type Identity,
  type Refusal,
} from "../../../../src/gateway/identity/index.ts";

export const issuer = "https://login.example.com";
export const audience = "https://gateway.example.com/mcp";
/** The time on all clocks. */
export const nowMs = Date.UTC(2026, 10, 23);
export const nowSeconds = nowMs / 1000;

export interface Signer {
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

export const keyFile = fileOf(pemOf(rsa.publicKey));

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

type ConfigInput = Parameters<typeof configSchema.parse>[0] & object;

export function settingsOf(identity: object, listen: object = {}) {
  const config: ConfigInput = { identity, listen };
  const parsed = configSchema.parse(config);
  return { identity: parsed.identity, listen: parsed.listen! };
}

export const jwt = (more: object = {}) => ({
  jwt: { issuer, audience, algorithms: ["RS256"], keys: { file: keyFile }, ...more },
});

export interface Made extends Identifier {
  readonly refusals: readonly Refusal[];
}

export async function identifierOf(identity: object, listen: object = {}): Promise<Made> {
  const refusals: Refusal[] = [];
  const servers = { any: { url: "http://127.0.0.1:1/mcp" } };
  const settings = checkConfig({ servers, identity, listen }, "This");
  const made = await createIdentifier(settings.identity, {
    listen: settings.listen!,
    now: () => nowMs,
    onRefused: (refusal) => refusals.push(refusal),
  });
  return { ...made, refusals };
}

type HeaderInput = Readonly<Record<string, string>> | readonly (readonly [string, string])[];

export function requestOf(headers: HeaderInput = {}, url = "http://localhost:8080/mcp"): Request {
  const request = new Request(url, { method: "POST", body: "{}" });
  const pairs = Array.isArray(headers) ? headers : Object.entries(headers);
  for (const [name, value] of pairs) request.headers.append(name, value);
  return request;
}

export const bearing = (token: string) => requestOf({ authorization: `Bearer ${token}` });

/** The caller's identity; a refusal fails the test. */
export async function identityOf(
  identifier: Identifier,
  request: Request,
  remoteAddress: string | undefined = "203.0.113.7",
): Promise<Identity> {
  const found = await identifier.identify(request, remoteAddress);
  if (found instanceof Response) throw new Error(`${found.status} ${await found.text()}`);
  return found;
}

export interface Refused {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly challenge: string | null;
  /** Everything that the caller gets to read. */
  readonly text: string;
}

/** The refusal as the caller reads it; an identity fails the test. */
export async function refusalOf(
  identifier: Identifier,
  request: Request,
  remoteAddress: string | undefined = "203.0.113.7",
): Promise<Refused> {
  const found = await identifier.identify(request, remoteAddress);
  if (!(found instanceof Response)) throw new Error(`identified as ${found.key}`);
  return readRefusal(found);
}

export async function readRefusal(response: Response): Promise<Refused> {
  const body = await response.text();
  const { error } = JSON.parse(body);
  return {
    status: response.status,
    code: error.data.code,
    message: error.message,
    challenge: response.headers.get("www-authenticate"),
    text: `${body}\n${JSON.stringify([...response.headers])}`,
  };
}
