export { changeLock, recoverLock, settleLock } from "./change-lock.ts";
export { checkJournal } from "./check-journal.ts";
export { type JournalProblem, readJournal } from "./journal.ts";
export { readTrustJournal, type TrustJournal } from "./journal-file.ts";
export { encodeJournalLine, type JournalLine } from "./journal-line.ts";
export { ownClaim, processStateOf, readOwner } from "./owner.ts";
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
