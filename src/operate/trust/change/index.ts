export { changeLock, recoverLock, settleLock } from "./change-lock.ts";
export { ownClaim, processStateOf, readOwner } from "./exclusion.ts";
export {
  checkJournal,
  encodeJournalLine,
  type JournalLine,
  type JournalProblem,
  readJournal,
} from "./journal.ts";
export { readTrustJournal, type TrustJournal } from "./journal-file.ts";
export { pendingChange } from "./pending.ts";
export {
  checkReason,
  createLock,
  type Revoked,
  revokePlugins,
  type Trusted,
  type TrustedPlugin,
  type TrustOptions,
  trustPlugins,
} from "./trust-plugins.ts";
