/** What checks signatures where the host names no verifiers. */
import { isAbsolute, resolve } from "node:path";
import { GlassineError } from "../../core/errors/index.ts";
import {
  ed25519Verifier,
  type PublisherKeys,
  readPublisherKeys,
  type SignatureVerifier,
  sigstoreVerifier,
  type TrustSettings,
} from "../trust/index.ts";

/**
 * A verifier for each kind of signature that the settings have something to check with.
 * `faults`: the file of publisher keys cannot be used, and there is no verifier for it.
 */
export async function defaultVerifiers(
  settings: Pick<TrustSettings, "publisherKeys" | "sigstoreTrustedRoot" | "sigstoreIssuer">,
  { envPrefix }: { readonly envPrefix: string },
): Promise<{
  readonly verifiers: readonly SignatureVerifier[];
  readonly faults: readonly GlassineError[];
}> {
  const verifiers: SignatureVerifier[] = [];
  const faults: GlassineError[] = [];
  const { publisherKeys, sigstoreTrustedRoot: trustedRoot, sigstoreIssuer: issuer } = settings;
  if (publisherKeys !== undefined) {
    try {
      const keys = await keysOf(publisherKeys, `${envPrefix}PLUGIN_PUBLISHER_KEYS`);
      verifiers.push(ed25519Verifier({ keys }));
    } catch (error) {
      if (!(error instanceof GlassineError)) throw error;
      faults.push(error);
    }
  }
  if (trustedRoot !== undefined) {
    const bound = issuer === undefined ? {} : { issuer };
    verifiers.push(sigstoreVerifier({ trustedRoot, ...bound }));
  }
  return { verifiers, faults };
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
