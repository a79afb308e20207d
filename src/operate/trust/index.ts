export {
  checkJournal,
  checkReason,
  createLock,
  type JournalLine,
  type JournalProblem,
  ownClaim,
  pendingChange,
  processStateOf,
  type Revoked,
  readOwner,
  readTrustJournal,
  revokePlugins,
  settleLock,
  type Trusted,
  type TrustedPlugin,
  type TrustJournal,
  type TrustOptions,
  trustPlugins,
} from "./change/index.ts";
export {
  type Drift,
  dayOf,
  driftLabels,
  driftOf,
  endingSoon,
  type InstalledPlugin,
  isDay,
  isThere,
  type LockEntry,
  type Lockfile,
  locateLockfile,
  readDependency,
  readLockfile,
  sameEntry,
} from "./lockfile/index.ts";
export { printable, unprintable } from "./printable.ts";
export {
  type PluginMode,
  readPluginMode,
  readTrustSettings,
  type TrustSettings,
} from "./settings.ts";
export { checkEvidence } from "./signing/check-evidence.ts";
export { decideTrust } from "./signing/decide-trust.ts";
export { type Ed25519VerifierOptions, ed25519Verifier } from "./signing/ed25519-verifier.ts";
export { readJsonFile } from "./signing/json-file.ts";
export { type PublisherKeys, readPublisherKeys } from "./signing/publisher-keys.ts";
export {
  type SignedEvidence,
  type SignPackageOptions,
  signPackage,
  signTarball,
} from "./signing/sign-package.ts";
export { makeSigningKey } from "./signing/signing-key.ts";
export { type SigstoreVerifierOptions, sigstoreVerifier } from "./signing/sigstore-verifier.ts";
export type { Evidence, SignatureVerifier, SignedPackage } from "./signing/types.ts";
