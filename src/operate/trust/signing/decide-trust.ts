/** Decides whether a plugin may be loaded, from what is known about its signer and the settings. */

import { match } from "ts-pattern";
import { quoteName } from "../../../core/errors/index.ts";
import {
  type HostProfile,
  standardProfile,
  type TrustDecision,
} from "../../../core/plugins/index.ts";
import type { RejectionCode } from "../../packages/index.ts";
import { type TrustSettings, unsignedAcknowledgement } from "../settings.ts";
import { type Evidence, sigstoreFile } from "./evidence.ts";
import { maxIdentityUnits } from "./identity.ts";

export interface TrustAccepted {
  readonly accepted: true;
  readonly decision: TrustDecision;
  /** Why it was accepted, if that needs an explanation. */
  readonly reason?: string;
  /** A verified identity, or `unsigned`. Never a name that is only claimed. */
  readonly signedBy: string;
}

const signatureCodes = [
  ...(["unsigned", "signature_invalid", "signature_unchecked"] as const),
  ...(["untrusted_identity", "ack_missing"] as const),
] satisfies readonly RejectionCode[];

export function isSignatureCode(code: string): boolean {
  return signatureCodes.some((each) => each === code);
}

export interface TrustRefused {
  readonly accepted: false;
  readonly code: (typeof signatureCodes)[number];
  readonly message: string;
}

export interface TrustQuestion {
  readonly plugin: string;
  readonly evidence: Evidence;
  readonly settings: Pick<
    TrustSettings,
    "signingRequired" | "unsignedAck" | "trustedPublishers" | "overridePublishers"
  >;
  /** The host's names for messages. Default: those of `standardProfile`. */
  readonly profile?: Pick<HostProfile, "envPrefix" | "evidenceName">;
}

/**
 * Decides whether a plugin may be loaded, and because of whose signature. Performs no I/O.
 *
 * A signer on the list of trusted publishers takes precedence over one on the list of exceptions.
 * Even if signing is not required, a plugin with a trusted signer is accepted for its signature.
 *
 * @see spec `signing:trusted`, `signing:override`, `signing:refused`, `signing:unsigned-allowed`
 */
export function decideTrust(question: TrustQuestion): TrustAccepted | TrustRefused {
  const { evidence, settings, profile = standardProfile } = question;
  const { envPrefix: prefix } = profile;
  const signers =
    evidence.kind === "verified" ? [evidence.identity, ...(evidence.further ?? [])] : [];
  const trusted = signers.find((each) => settings.trustedPublishers.includes(each));
  if (trusted !== undefined)
    return { accepted: true, decision: "trusted_publisher", signedBy: trusted };
  const excepted = signers.find((each) => settings.overridePublishers.includes(each));
  if (excepted !== undefined) {
    const reason = "signing identity accepted by explicit operator override";
    return { accepted: true, decision: "operator_override", reason, signedBy: excepted };
  }
  if (settings.signingRequired) return refusal(question, profile);
  if (!settings.unsignedAck) {
    const message = `${prefix}PLUGIN_SIGNING_REQUIRED=false requires ${prefix}PLUGIN_UNSIGNED_ACK='${unsignedAcknowledgement}' to confirm the operator accepts unsigned-plugin code execution risk.`;
    return { accepted: false, code: "ack_missing", message };
  }
  return {
    accepted: true,
    decision: "development_unsigned_override",
    reason: `${prefix}PLUGIN_SIGNING_REQUIRED=false accepted an unsigned plugin; do not use this setting in production`,
    signedBy: "unsigned",
  };
}

function refusal(
  { plugin, evidence }: TrustQuestion,
  { envPrefix: prefix, evidenceName }: Pick<HostProfile, "envPrefix" | "evidenceName">,
): TrustRefused {
  const who = `plugin ${quoteName(plugin)}`;
  return match(evidence)
    .returnType<TrustRefused>()
    .with({ kind: "unsigned" }, () => {
      const message = `${who} is unsigned; production plugin registration requires ${evidenceName}`;
      return { accepted: false, code: "unsigned", message };
    })
    .with({ kind: "unchecked" }, ({ file }) => {
      const [setting, what] =
        file === sigstoreFile
          ? ["PLUGIN_SIGSTORE_TRUSTED_ROOT", "a Sigstore trusted root"]
          : ["PLUGIN_PUBLISHER_KEYS", "a file of publisher keys"];
      const message = `${who} is signed, and its ${file} cannot be checked: there is no usable verifier for it; set ${prefix}${setting} to ${what}`;
      return { accepted: false, code: "signature_unchecked", message };
    })
    .with({ kind: "invalid" }, ({ detail }) => {
      const message = invalidSignature(plugin, detail);
      return { accepted: false, code: "signature_invalid", message };
    })
    .with({ kind: "verified" }, ({ identity }) => {
      const signer = quoteName(identity, maxIdentityUnits);
      const message = `${who} is signed by untrusted identity ${signer}; add it to ${prefix}PLUGIN_TRUSTED_PUBLISHERS or, for an explicit audited exception, ${prefix}PLUGIN_TRUST_OVERRIDE_PUBLISHERS`;
      return { accepted: false, code: "untrusted_identity", message };
    })
    .exhaustive();
}

export function invalidSignature(plugin: string, detail: string): string {
  return `plugin ${quoteName(plugin)} has an invalid signature: ${detail}`;
}
