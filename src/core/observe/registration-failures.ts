/** Why a plugin is refused, for `plugin.registration_failed`. A closed list. */
export const registrationFailures = {
  duplicate: "A plugin of that name is registered already.",
  manifest_invalid: "The manifest does not fit this host.",
  config_validate: "The configuration does not fit its schema, or `config_validate` denied it.",
  config_exception: "A handler of `config_validate` threw.",
  config_result: "A handler of `config_validate` returned something other than a decision.",
  discovery: "An installed package cannot be loaded into a manifest.",
  dependency: "A plugin that it depends on is missing, or they depend on each other in a circle.",
  dependency_rejected: "A plugin that it depends on was refused.",
  unsigned: "A signature is required, and there is none.",
  signature_invalid: "The signature does not verify.",
  signature_unchecked: "It is signed in a way that this host has nothing to check with.",
  untrusted_identity: "Whoever signed it is not trusted.",
  ack_missing: "Signatures are switched off without the acknowledgement of that.",
  lock_missing_entry: "The lockfile has no entry for it.",
  lock_drift: "It is not what the lockfile says.",
  frozen: "It came after the registry was closed.",
} as const satisfies Record<string, string>;

/** A reason of `plugin.registration_failed`. */
export type RegistrationFailure = keyof typeof registrationFailures;
