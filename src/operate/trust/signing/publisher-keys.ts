/** The file that binds publishers to their keys: the operator's word on who may sign as whom. */
import { createPublicKey } from "node:crypto";
import { GlassineError, quoted } from "../../../core/errors/index.ts";
import { quoteName } from "../../../core/hooks/index.ts";
import { isObject } from "../../packages/index.ts";
import { oneLine } from "../printable.ts";
import { fromBase64 } from "./base64.ts";
import { identityFault, keyIdPattern } from "./identity.ts";
import { readJsonFile } from "./json-file.ts";

/** A key, and who signs with it. */
export interface PublisherKey {
  readonly identity: string;
  readonly keyId: string;
  /** The 32 bytes of the Ed25519 public key, in base64. */
  readonly publicKey: string;
  /** In milliseconds since 1970. `undefined`: without a beginning. */
  readonly notBefore: number | undefined;
  /** In milliseconds since 1970, inclusive. `undefined`: without an end. */
  readonly notAfter: number | undefined;
  readonly revoked: boolean;
}

/** What `readPublisherKeys` read. */
export interface PublisherKeys {
  readonly keys: readonly PublisherKey[];
}

const maxBytes = 1024 * 1024;
const maxShown = 8;
const documentFields = ["schema", "publishers"];
const entryFields = ["identity", "key_id", "public_key", "not_before", "not_after", "revoked"];

/** Told of each problem: the place, and what is wrong there. */
type Report = (place: string, fault: string) => void;

/**
 * Reads the file that `PLUGIN_PUBLISHER_KEYS` names: JSON with `schema` 1 and `publishers`, each
 * with `identity`, `key_id`, `public_key` (PEM, or the 32 bytes in base64) and, where they are
 * wanted, `not_before`, `not_after` (UTC, `2026-01-31T12:00:00Z`) and `revoked`.
 *
 * An identity may have several keys. A key stands once: under two names it could not be revoked.
 * The file may be a link, and has at most 1 MiB.
 *
 * @throws GlassineError (as a rejection) `setting_invalid`: one error that names every problem, in
 *   `data.keyProblems` all of them; never what stands in `public_key`
 * @see spec `signing:keys-file`, `signing:keys-refused`, `signing:keys-once`
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { readPublisherKeys } from "glassine/node";
 *
 * const path = join(await mkdtemp(join(tmpdir(), "keys-")), "publishers.json");
 * const publisher = {
 *   identity: "builder@example.com",
 *   key_id: "2026",
 *   public_key: "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
 * };
 * await writeFile(path, JSON.stringify({ schema: 1, publishers: [publisher] }));
 * const { keys } = await readPublisherKeys(path);
 * console.log(keys[0]?.identity, keys[0]?.revoked); // builder@example.com false
 * ```
 */
export async function readPublisherKeys(path: string): Promise<PublisherKeys> {
  const json = await readJsonFile(path, { maxBytes, followLinks: true });
  if ("fault" in json) throw unread(path, oneLine(json.fault, 200));
  const problems: KeyProblem[] = [];
  const keys = keysOf(json.value, (place, fault) => problems.push({ place, fault }));
  if (problems.length > 0) throw refused(path, problems);
  return Object.freeze({ keys: Object.freeze(keys) });
}

interface KeyProblem {
  readonly place: string;
  readonly fault: string;
}

function refused(path: string, problems: readonly KeyProblem[]): GlassineError {
  const said = problems
    .slice(0, maxShown)
    .map(({ place, fault }) => `${place === "" ? "it" : place} ${fault}`);
  const rest = problems.length - said.length;
  const text = `${said.join("; ")}${rest > 0 ? `; and ${rest} more` : ""}`;
  return invalid(path, `cannot be used: ${text}`, problems);
}

/** There is no JSON: the fault follows the name of the file. */
function unread(path: string, fault: string): GlassineError {
  return invalid(path, fault, [{ place: "", fault }]);
}

function invalid(path: string, what: string, keyProblems: readonly KeyProblem[]): GlassineError {
  const message = `The file of publisher keys ${quoted(path, 300)} ${what}.`;
  return new GlassineError("setting_invalid", message, { path, keyProblems });
}

function keysOf(value: unknown, report: Report): readonly PublisherKey[] {
  if (!isObject(value)) {
    report("", "is not a JSON object");
    return [];
  }
  expectKeys(value, documentFields, "", report);
  if (value.schema !== 1) report("schema", "is not 1");
  const { publishers } = value;
  if (!Array.isArray(publishers)) {
    report("publishers", "is not an array");
    return [];
  }
  const keys = publishers.map((entry: unknown, at) => keyOf(entry, `publishers[${at}]`, report));
  expectOnce(keys, report);
  return keys.filter((key) => key !== undefined);
}

function keyOf(entry: unknown, place: string, report: Report): PublisherKey | undefined {
  if (!isObject(entry)) {
    report(place, "is not an object");
    return undefined;
  }
  expectKeys(entry, entryFields, `${place}.`, report);
  const identity = identityAt(entry.identity, `${place}.identity`, report);
  const keyId = keyIdAt(entry.key_id, `${place}.key_id`, report);
  const publicKey = publicKeyAt(entry.public_key, `${place}.public_key`, report);
  const notBefore = instantAt(entry.not_before, `${place}.not_before`, report);
  const notAfter = instantAt(entry.not_after, `${place}.not_after`, report);
  if (notBefore !== undefined && notAfter !== undefined && notBefore > notAfter)
    report(`${place}.not_after`, "is before not_before");
  const { revoked = false } = entry;
  if (typeof revoked !== "boolean") report(`${place}.revoked`, "is neither true nor false");
  if (identity === undefined || keyId === undefined || publicKey === undefined) return undefined;
  return Object.freeze({
    identity,
    keyId,
    publicKey,
    notBefore,
    notAfter,
    revoked: revoked !== false,
  });
}

function expectKeys(value: object, known: readonly string[], place: string, report: Report): void {
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) report(`${place}${quoteName(key)}`, "is unknown");
  }
}

function identityAt(value: unknown, place: string, report: Report): string | undefined {
  if (typeof value !== "string") {
    report(place, "is not a string");
    return undefined;
  }
  const fault = identityFault(value);
  if (fault !== undefined) report(place, fault);
  return value;
}

function keyIdAt(value: unknown, place: string, report: Report): string | undefined {
  if (typeof value === "string" && keyIdPattern.test(value)) return value;
  report(place, "is not 1 to 128 letters, digits and . _ : @ / + = -");
  return undefined;
}

function publicKeyAt(value: unknown, place: string, report: Report): string | undefined {
  const read = typeof value === "string" ? readPublicKey(value) : { fault: "is not a string" };
  if ("key" in read) return read.key;
  report(place, read.fault);
  return undefined;
}

/** From PEM or base64. What stands there is in no message: it may be a private key by mistake. */
function readPublicKey(text: string): { readonly key: string } | { readonly fault: string } {
  const [begin, ...more] = text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----/g);
  if (begin === undefined) {
    const bytes = fromBase64(text);
    if (bytes?.length === 32) return { key: text };
    return { fault: "is neither PEM nor 32 bytes in canonical base64" };
  }
  if (begin[1]?.endsWith("PRIVATE KEY")) {
    return { fault: "is a private key; put the public one there, and use this one no more" };
  }
  if (begin[1] !== "PUBLIC KEY" || more.length > 0)
    return { fault: "is not one PUBLIC KEY in PEM" };
  try {
    const key = createPublicKey(text);
    if (key.asymmetricKeyType !== "ed25519") {
      return { fault: `is of type ${key.asymmetricKeyType}, not ed25519` };
    }
    const { x = "" } = key.export({ format: "jwk" });
    return { key: Buffer.from(x, "base64url").toString("base64") };
  } catch {
    return { fault: "is PEM that cannot be read" };
  }
}

const instantPattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z$/;

function instantAt(value: unknown, place: string, report: Report): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "string" && instantPattern.test(value)) {
    const at = Date.parse(value);
    // The 30th of February is read as the 2nd of March.
    const isOnCalendar =
      !Number.isNaN(at) && new Date(at).toISOString().slice(0, 19) === value.slice(0, 19);
    if (isOnCalendar) return at;
  }
  report(place, "is not a time in UTC such as 2026-01-31T12:00:00Z");
  return undefined;
}

function expectOnce(keys: readonly (PublisherKey | undefined)[], report: Report): void {
  const names = new Map<string, number>();
  const bytes = new Map<string, number>();
  keys.forEach((key, at) => {
    if (key === undefined) return;
    const name = JSON.stringify([key.identity, key.keyId]);
    const sameName = names.get(name);
    const sameKey = bytes.get(key.publicKey);
    if (sameName !== undefined)
      report(`publishers[${at}]`, `has the identity and key_id of publishers[${sameName}]`);
    if (sameKey !== undefined)
      report(`publishers[${at}].public_key`, `is that of publishers[${sameKey}]`);
    names.set(name, at);
    bytes.set(key.publicKey, at);
  });
}
