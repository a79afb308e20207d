/** Reads the secrets that a configuration names, when they are needed. Never quotes them. */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { GlassineError, quoted } from "../../core/errors/index.ts";
import { needlesOf, withoutParts } from "../../core/observe/index.ts";
import type { Environment } from "../../core/plugins/index.ts";
import { systemCode, textIn, unreadFault } from "../../operate/packages/index.ts";
import { type GatewayConfig, isGuests, type Secret } from "./schema.ts";

const maxBytes = 64 * 1024;

export type SecretReader = (secret: string | Secret) => string;

/**
 * Makes a function that returns a secret's value, or a string unchanged. Each call reads the secret
 * again, so it can change while the gateway runs.
 *
 * @throws GlassineError (the function) `secret_missing`
 */
export function secretReader(env: Environment): SecretReader {
  return (secret) => {
    if (typeof secret === "string") return secret;
    return "env" in secret ? ofVariable(env, secret.env) : ofFile(secret.file);
  };
}

/** Replaces each secret in headers or variables with its value. */
export function withSecrets<Named extends string | Secret>(
  values: Readonly<Record<string, Named>>,
  read: (secret: Named) => string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([name, secret]) => [name, read(secret)]));
}

/**
 * Makes a function that removes the values of secrets in headers, also without a scheme such as
 * `Bearer`, from an error that may quote them: neither plugins nor callers have them. Returns
 * undefined if there are none.
 */
export function hiding<Named extends string | Secret>(
  headers: Readonly<Record<string, Named>>,
  read: (secret: Named) => string,
): ((text: string) => string) | undefined {
  const secrets = Object.values(headers).filter((each) => typeof each !== "string");
  if (secrets.length === 0) return undefined;
  return (text) => {
    const values = secrets.map((secret) => read(secret));
    const forms = values.flatMap((value) => [value, value.replace(/^\S+ +/, "")]);
    return withoutParts(text, needlesOf(forms));
  };
}

function ofVariable(env: Environment, name: string): string {
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (value !== undefined && value !== "") return value;
  throw missing(
    `the environment variable ${quoted(name, 200)} is ${value === "" ? "empty" : "not set"}: set it for the gateway`,
  );
}

/** Drops the final line break that editors and `kubectl` add, and a byte order mark. */
function ofFile(path: string): string {
  const text = textIn(bytesOf(path));
  // Node's error for a value with a null character would quote it.
  if (text === undefined || text.includes("\0"))
    throw missing(`${nameOf(path)} is not text in UTF-8`);
  const value = text.replace(/^\ufeff/, "").replace(/\r?\n$/, "");
  if (value === "") throw missing(`${nameOf(path)} is empty`);
  return value;
}

function bytesOf(path: string): Buffer {
  let file: number | undefined;
  try {
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    if (!fstatSync(file).isFile()) throw missing(`${nameOf(path)} is not a regular file`);
    const bytes = Buffer.alloc(maxBytes + 1);
    let size = 0;
    for (let read = 1; read > 0 && size <= maxBytes; size += read)
      read = readSync(file, bytes, size, bytes.length - size, null);
    if (size > maxBytes) throw missing(`${nameOf(path)} is larger than 64 KiB`);
    return bytes.subarray(0, size);
  } catch (error) {
    if (error instanceof GlassineError) throw error;
    throw missing(`${nameOf(path)} ${unreadFault(systemCode(error))}`);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Quoted, since redaction in the log takes what follows an unquoted `token` for a token. */
function nameOf(path: string): string {
  return `the file ${quoted(path, 4096)}`;
}

function missing(message: string): GlassineError {
  return new GlassineError("secret_missing", message);
}

/** Returns every secret that a configuration names, with its place. */
export function secretsIn(
  config: GatewayConfig,
): readonly { readonly path: readonly string[]; readonly secret: Secret }[] {
  const { servers, models, labels, plugins } = config;
  const { store } = labels;
  const named = (path: readonly string[], values: Readonly<Record<string, string | Secret>>) =>
    Object.entries(values).flatMap(([name, secret]) =>
      typeof secret === "string" ? [] : [{ path: [...path, name], secret }],
    );
  return [
    ...Object.entries(servers).flatMap(([name, server]) =>
      "command" in server
        ? named(["servers", name, "env"], server.env)
        : named(["servers", name, "headers"], server.headers),
    ),
    ...Object.entries(models).flatMap(([name, { headers }]) =>
      named(["models", name, "headers"], headers),
    ),
    ...plugins.flatMap((entry, index) =>
      isGuests(entry) ? named(["plugins", String(index), "env"], entry.env ?? {}) : [],
    ),
    ...(store === "memory" ? [] : named(["labels", "store"], { redis: store.redis })),
  ];
}
