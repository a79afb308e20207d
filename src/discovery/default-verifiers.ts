/** What checks signatures where the host names no verifiers. */
import {
  ed25519Verifier,
  noPublisherKeys,
  readPublisherKeys,
  type SignatureVerifier,
  type TrustSettings,
} from "../trust/index.ts";

/** @throws GlassineError `setting_invalid` for a file of keys that is none */
export async function defaultVerifiers({
  publisherKeys,
}: Pick<TrustSettings, "publisherKeys">): Promise<readonly SignatureVerifier[]> {
  const keys =
    publisherKeys === undefined ? noPublisherKeys : await readPublisherKeys(publisherKeys);
  return [ed25519Verifier({ keys })];
}
