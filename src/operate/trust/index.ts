export { settleLock } from "./change/change-lock.ts";
export { ownClaim, processStateOf, readOwner } from "./change/exclusion.ts";
export {
  checkJournal,
  type JournalLine,
  type JournalProblem,
  noLock,
} from "./change/journal.ts";
export { readTrustJournal, type TrustJournal } from "./change/journal-file.ts";
export { pendingChange, readLockWithJournal } from "./change/pending.ts";
export { changeFile } from "./change/replace-file.ts";
export {
  checkReason,
  createLock,
  type Revoked,
  revokeFrom,
  revokePlugins,
  type Trusted,
  type TrustedPlugin,
  type TrustOptions,
  trustFrom,
  trustPlugins,
} from "./change/trust-plugins.ts";
export { expectPath } from "./expect-path.ts";
export {
  type Drift,
  dayOf,
  dependencyChanges,
  driftLabels,
  driftOf,
  endingSoon,
  type InstalledPlugin,
} from "./lockfile/drift.ts";
export {
  isDay,
  type LockEntry,
  type Lockfile,
  readDependency,
  sameEntry,
} from "./lockfile/entry-rules.ts";
export { locateLockfile } from "./lockfile/locate-lockfile.ts";
export { isThere, readLockfile } from "./lockfile/read-lockfile.ts";
export { describeText, lineHint, printable, unprintable } from "./printable.ts";
export {
  type PluginMode,
  readPluginMode,
  readTrustSettings,
  type TrustSettings,
} from "./settings.ts";
export { checkEvidence } from "./signing/check-evidence.ts";
export {
  decideTrust,
  invalidSignature,
  isSignatureCode,
  type TrustAccepted,
} from "./signing/decide-trust.ts";
export { type Ed25519VerifierOptions, ed25519Verifier } from "./signing/ed25519-verifier.ts";
export type {
  Evidence,
  SignatureVerifier,
  SignedPackage,
} from "./signing/evidence.ts";
export { type PublisherKeys, readPublisherKeys } from "./signing/publisher-keys.ts";
export {
  type SignedEvidence,
  type SignPackageOptions,
  signPackage,
  signTarball,
} from "./signing/sign-package.ts";
export { makeSigningKey } from "./signing/signing-key.ts";
export { type SigstoreVerifierOptions, sigstoreVerifier } from "./signing/sigstore-verifier.ts";
