/**
 * The reasons for refusing a plugin, as in the event `plugin.registration_failed`.
 * `test/internal/audit/events` compares this list with the library's.
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
