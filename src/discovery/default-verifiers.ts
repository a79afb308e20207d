/** What checks signatures where the host names no verifiers. */
import { isAbsolute, resolve } from "node:path";
import { GlassineError } from "../errors/index.ts";
import {
  ed25519Verifier,
  noPublisherKeys,
  type PublisherKeys,
  readPublisherKeys,
  type SignatureVerifier,
  type TrustSettings,
} from "../trust/index.ts";

/** @throws GlassineError `setting_invalid` for a file of keys that is none */
export async function defaultVerifiers(
  { publisherKeys }: Pick<TrustSettings, "publisherKeys">,
  { envPrefix }: { readonly envPrefix: string },
): Promise<readonly SignatureVerifier[]> {
  const keys =
    publisherKeys === undefined
      ? noPublisherKeys
      : await keysOf(publisherKeys, `${envPrefix}PLUGIN_PUBLISHER_KEYS`);
  return [ed25519Verifier({ keys })];
}

const form =
  'Its form is {"schema": 1, "publishers": [{"identity": "builder@example.com", "key_id": "2026", "public_key": "PEM, or 32 bytes in base64"}]}.';

/** Who set the variable may know neither of its name in the middle of a start, nor of the form. */
async function keysOf(path: string, variable: string): Promise<PublisherKeys> {
  try {
    return await readPublisherKeys(path);
  } catch (error) {
    if (!(error instanceof GlassineError)) throw error;
    const from = isAbsolute(path) ? "" : ` The path is from ${resolve()}.`;
    const text = `${variable}: ${error.message}${from} ${form}`;
    throw new GlassineError(error.code, text, error.data, error);
  }
}
