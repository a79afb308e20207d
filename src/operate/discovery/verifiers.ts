/** The signature verifiers: the host's, or those that the settings ask for. */
import { isAbsolute, resolve } from "node:path";
import { within } from "../../core/data/index.ts";
import { GlassineError, quoted } from "../../core/errors/index.ts";
import {
  describeText,
  ed25519Verifier,
  readPublisherKeys,
  type SignatureVerifier,
  sigstoreVerifier,
  type TrustSettings,
} from "../trust/index.ts";
import type { ReadDiscoverOptions } from "./static-options.ts";
import type { StaticReport } from "./types.ts";

/**
 * Returns the signature verifiers, and what is wrong with them. What cannot be checked for lack of
 * a verifier is refused.
 *
 * @throws GlassineError the first fault, when a host starts
 */
export async function verifiersFor(
  options: ReadDiscoverOptions,
): Promise<Pick<StaticReport, "faults"> & { readonly verifiers: readonly SignatureVerifier[] }> {
  const { settings, surface, verifiers: given } = options;
  const { verifiers, faults } =
    given === undefined
      ? await defaultVerifiers(settings, surface.profile)
      : { verifiers: given, faults: [] };
  const unready = await Promise.all(verifiers.map(faultOf));
  const all = [
    ...options.settingFaults,
    ...faults,
    ...unready.filter((each) => each !== undefined),
  ];
  const [first] = all;
  if (first !== undefined && options.faults === "throw") throw first;
  // One that cannot work would blame the packages.
  return { verifiers: verifiers.filter((_, at) => unready[at] === undefined), faults: all };
}

/**
 * Returns a verifier for each kind of signature that the settings configure. `faults`: the file of
 * publisher keys cannot be used, so there is no verifier for it.
 */
async function defaultVerifiers(
  settings: Pick<TrustSettings, "publisherKeys" | "sigstoreTrustedRoot" | "sigstoreIssuer">,
  { envPrefix }: { readonly envPrefix: string },
) {
  const verifiers: SignatureVerifier[] = [];
  const faults: GlassineError[] = [];
  const { publisherKeys, sigstoreTrustedRoot: trustedRoot, sigstoreIssuer: issuer } = settings;
  if (publisherKeys !== undefined) {
    try {
      verifiers.push(ed25519Verifier({ keys: await readPublisherKeys(publisherKeys) }));
    } catch (error) {
      // With a cause, the system refused to read the file: its content is not at fault.
      const more = (error as Error).cause === undefined ? ` ${form}` : "";
      faults.push(named(error, `${envPrefix}PLUGIN_PUBLISHER_KEYS`, publisherKeys, more));
    }
  }
  if (trustedRoot !== undefined) {
    const variable = `${envPrefix}PLUGIN_SIGSTORE_TRUSTED_ROOT`;
    const own = sigstoreVerifier({ trustedRoot, ...(issuer === undefined ? {} : { issuer }) });
    const prepare = async () => {
      await own.prepare?.().catch((error: unknown) => {
        throw named(error, variable, trustedRoot);
      });
    };
    verifiers.push({ ...own, prepare });
  }
  return { verifiers, faults };
}

const form =
  'Its format is {"schema": 1, "publishers": [{"identity": "builder@example.com", "key_id": "2026", "public_key": "PEM, or 32 bytes in base64"}]}.';

/** Names the variable that causes an error, which whoever starts a host may not know. */
function named(error: unknown, variable: string, path: string, more = ""): GlassineError {
  if (!(error instanceof GlassineError)) throw error;
  // Without a path it is about something else, such as a package that is not installed.
  const isAboutFile = error.data.path !== undefined;
  const from = isAbsolute(path) || !isAboutFile ? "" : ` The path is relative to ${resolve()}.`;
  const text = `${variable}: ${error.message}${from}${more}`;
  return new GlassineError(error.code, text, error.data, error);
}

const limitMs = 30_000;

/** Why a verifier cannot be used, or `undefined`. Never rejects. */
async function faultOf(verifier: SignatureVerifier): Promise<GlassineError | undefined> {
  const outcome = await within(limitMs, () => verifier.prepare?.());
  if (outcome.how === "returned") return undefined;
  const who = `The verifier ${quoted(String(verifier.name))}`;
  if (outcome.how === "timeout")
    return new GlassineError("setting_invalid", `${who} is not ready after 30 seconds.`);
  const { value: thrown } = outcome;
  if (thrown instanceof GlassineError) return thrown;
  const text = `${who} cannot be prepared: ${describeText(thrown)}`;
  return new GlassineError("setting_invalid", text, {}, thrown);
}
