/** Why a plugin is refused, for `plugin.registration_failed`. A closed list. */
export const registrationFailures = {
  duplicate: "A plugin with that name is already registered.",
  manifest_invalid: "The manifest is not valid for this host.",
  config_validate: "The configuration does not match its schema, or `config_validate` denied it.",
  config_exception: "A handler of `config_validate` threw.",
  config_result: "A handler of `config_validate` returned something other than a decision.",
  discovery: "An installed package cannot be loaded into a manifest.",
  dependency: "A plugin that it depends on is missing, or there is a dependency cycle.",
  dependency_rejected: "A plugin that it depends on was refused.",
  unsigned: "A signature is required, and there is none.",
  signature_invalid: "The signature does not verify.",
  signature_unchecked: "It has a signature of a kind that this host cannot check.",
  untrusted_identity: "The signer is not trusted.",
  ack_missing: "Signatures are switched off without the acknowledgement.",
  lock_missing_entry: "The lockfile has no entry for it.",
  lock_drift: "It differs from the lockfile.",
  frozen: "It came after the registry was closed.",
} as const satisfies Record<string, string>;

/** A reason of `plugin.registration_failed`. */
export type RegistrationFailure = keyof typeof registrationFailures;
