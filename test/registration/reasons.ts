/**
 * Why a plugin may be refused, as `plugin.registration_failed` says it.
 * `test/internal/audit/events` compares the list with that of the library.
 */
export const registrationFailures = [
  "duplicate",
  "manifest_invalid",
  "config_validate",
  "config_exception",
  "config_result",
  "discovery",
  "dependency",
  "dependency_rejected",
  "unsigned",
  "signature_invalid",
  "signature_unchecked",
  "untrusted_identity",
  "ack_missing",
  "lock_missing_entry",
  "lock_drift",
  "frozen",
] as const;

export type Reason = (typeof registrationFailures)[number];
