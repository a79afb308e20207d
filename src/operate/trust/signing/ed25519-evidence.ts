/** The file `glassine.sig.json`, and the bytes that its signature is over. */

import { quoteName } from "../../../core/hooks/index.ts";
import { type FileFault, isObject } from "../../packages/index.ts";
import { identityFault, keyIdPattern } from "./identity.ts";
import { fromBase64, readJsonFile } from "./json-file.ts";
import { ed25519File } from "./types.ts";

/** What the file says. Nothing of it is verified. */
export interface Ed25519Evidence {
  readonly identity: string;
  readonly keyId: string;
  readonly signature: Uint8Array;
}

export type ReadEvidence =
  | { readonly evidence: Ed25519Evidence }
  | { readonly fault: string; readonly why?: FileFault["why"] | undefined };

const maxBytes = 64 * 1024;
const signatureBytes = 64;
const fields = ["schema", "algorithm", "identity", "key_id", "signature"];
const packageHash = /^sha256:[0-9a-f]{64}$/;

/** Reads the file strictly: what is not exactly as specified is not evidence. */
export async function readEd25519Evidence(path: string): Promise<ReadEvidence> {
  const json = await readJsonFile(path, { maxBytes, followLinks: false });
  if ("fault" in json) return { fault: `${ed25519File} ${json.fault}`, why: json.why };
  const read = evidenceOf(json.value);
  if (typeof read !== "string") return { evidence: read };
  return { fault: `${ed25519File} ${read}` };
}

/** The evidence, or why it is not valid, as the end of a sentence about the file. */
function evidenceOf(value: unknown): Ed25519Evidence | string {
  if (!isObject(value)) return "is not a JSON object";
  const unknown = Object.keys(value).find((key) => !fields.includes(key));
  if (unknown !== undefined) return `has an unknown key ${quoteName(unknown)}`;
  const { schema, algorithm, identity, key_id: keyId, signature } = value;
  if (schema !== 1) return "has another schema than 1";
  if (algorithm !== "ed25519") return `has the algorithm ${shown(algorithm)}, not 'ed25519'`;
  if (typeof identity !== "string") return "has no string as identity";
  const fault = identityFault(identity);
  if (fault !== undefined) return `has an identity that ${fault}`;
  if (typeof keyId !== "string" || !keyIdPattern.test(keyId))
    return "has no key_id of letters, digits and . _ : @ / + = -";
  const bytes = typeof signature === "string" ? fromBase64(signature) : undefined;
  if (bytes?.length !== signatureBytes)
    return `has a signature that is not ${signatureBytes} bytes in canonical base64`;
  return { identity, keyId, signature: bytes };
}

function shown(value: unknown): string {
  return typeof value === "string" ? quoteName(value) : `of type ${typeof value}`;
}

/** What is signed, as text. */
interface Signable {
  readonly name: string;
  readonly version: string;
  readonly hash: string;
}

/**
 * The bytes that are signed; `undefined` where a part of them is not what it should be. A line feed
 * in a name would let it speak for the line after it.
 */
export function signedBytes({ name, version, hash }: Signable): Uint8Array | undefined {
  const isClean = [name, version].every((part) => part !== "" && !/\p{Cc}/u.test(part));
  if (!isClean || !packageHash.test(hash)) return undefined;
  const lines = ["glassine-plugin-signature-v1", name, version, hash];
  return new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
}
