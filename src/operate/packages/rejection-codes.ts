/** Why a package or plugin is not loaded. A closed list: what each code means, and what to do. */

const reinstall = "Reinstall the package. If it persists, treat it as tampering.";
const report = "Report it to the authors of the plugin, or remove it.";
const review =
  "Compare `plugins describe` with what was reviewed, then trust it again or reinstall the pinned version.";

/** Settings are named as for the standard host; another has its own prefix for `GLASSINE_`. */
export const rejectionCodes = {
  entry_point_missing: {
    means: "The package has the plugin keyword but names no plugin.",
    todo: report,
  },
  invalid_metadata: {
    means:
      "Its package.json is not readable, too large, has an invalid field, or claims a command of the host.",
    todo: report,
  },
  invalid_entry_point: {
    means: "Its entry point is not a file in the package.",
    todo: report,
  },
  unsafe_symlink: {
    means: "A link in the package leads out of it, or nowhere.",
    todo: reinstall,
  },
  unsupported_file: {
    means: "A file of the package cannot be hashed, or has a name that is not safe.",
    todo: reinstall,
  },
  package_too_large: {
    means: "The package has more files, more bytes or more levels than a plugin may have.",
    todo: report,
  },
  foreign_package: {
    means:
      "The folder of the package, or of one that it needs, contains a package that nothing asks for, or a copy of one that the host provides. Its code could run in place of what was reviewed.",
    todo: "Remove what the reason names, or reinstall the package. If it comes back, treat it as tampering. A plugin must not bundle a package that the host provides.",
  },
  linked_package: {
    means:
      "The package is a link to a folder elsewhere, not an installed copy. Production does not load it.",
    todo: "Install the package from a registry or a tarball.",
  },
  unsigned: {
    means: "A signature is required, and the package has none.",
    todo: "Use a signed package of a trusted publisher. Switch signing off only in local development, with the acknowledgement: GLASSINE_PLUGIN_SIGNING_REQUIRED=false and GLASSINE_PLUGIN_UNSIGNED_ACK=i-understand-plugins-are-unsigned.",
  },
  signature_invalid: {
    means:
      "The signature does not verify: files were changed, or the key is unknown, revoked, expired or not yet valid.",
    todo: `${reinstall} If the key is unknown, revoked, expired or not yet valid, get a version signed with a valid key, or ask the publisher for the key over a channel that you trust.`,
  },
  signature_unchecked: {
    means:
      "The package is signed, but this host has no keys or trusted root to check the signature. That does not mean that the package was changed.",
    todo: "Set GLASSINE_PLUGIN_PUBLISHER_KEYS for glassine.sig.json, or GLASSINE_PLUGIN_SIGSTORE_TRUSTED_ROOT for glassine.sigstore.json. A host that names verifiers in its code adds one there.",
  },
  untrusted_identity: {
    means: "The signer is not on any of the operator's lists.",
    todo: "After review, add the identity to the trusted list, or to the override list for a documented exception.",
  },
  ack_missing: {
    means: "Signing is switched off, and the operator did not acknowledge what that means.",
    todo: "Switch signing on again, or set the acknowledgement in local development.",
  },
  lock_missing: {
    means: "Production loads what plugins.lock trusts, and there is no plugins.lock.",
    todo: "Create it with `plugins lock`, then trust what was reviewed.",
  },
  missing_from_install: {
    means: "plugins.lock trusts the plugin, and it is not installed.",
    todo: "Install what was trusted, or run `plugins untrust ID --reason …`. If the host may start without it, run `plugins trust` with `--optional` where it is installed.",
  },
  missing_from_lock: {
    means:
      "plugins.lock has no entry for the plugin: it was never trusted here, or it was removed.",
    todo: "Review it, then run `plugins trust ID --reason …`.",
  },
  version_mismatch: { means: "The installed version is not the trusted one.", todo: review },
  hash_mismatch: { means: "The files are not those that were trusted.", todo: review },
  entry_point_mismatch: {
    means: "The plugin's entry point is not the trusted one.",
    todo: "Review it before it is trusted again.",
  },
  package_mismatch: {
    means: "Another package has taken the id.",
    todo: "Review it before it is trusted again.",
  },
  capabilities_mismatch: {
    means: "The plugin asks for capabilities that were not granted when it was trusted.",
    todo: "Review what it asks for, then trust it again with a reason for exactly that.",
  },
  trust_expired: {
    means: "The plugin was trusted until a day that has passed.",
    todo: "Review it again, then run `plugins trust ID --reason …`, with `--until DATE` for another end.",
  },
  copy_failed: {
    means: "Its files could not be copied to where they are loaded from.",
    todo: "Do what the reason says. Plugins are copied to the folder of temporary files: TMPDIR names another one.",
  },
  hooks_mismatch: {
    means: "The plugin names hooks that it did not name when it was trusted.",
    todo: "Review what it does there, then trust it again with a reason for exactly that.",
  },
  signer_mismatch: {
    means:
      "When the package was trusted, somebody else had signed it; or it was signed then and no longer is.",
    todo: "Find out why from a source you trust, then trust it again or reinstall what was trusted.",
  },
  dependency_mismatch: {
    means:
      "A package that the plugin needs is not the one that was there when it was trusted, or the entry in plugins.lock was written before dependencies were recorded.",
    todo: "Compare `plugins describe` with what was reviewed, then trust it again or reinstall with the package manager's lockfile.",
  },
  isolation_refused: {
    means:
      "The plugin should run isolated, but this machine lacks what that needs, or cannot enforce what it promises, or plugins of its kind cannot be isolated.",
    todo: "Do what the reason says: run it where the platform has what that kind of isolation needs, accept by name what the code could still do with `plugins trust ID --isolate KIND --accept NAME --reason TEXT`, or choose another kind.",
  },
  import_failed: { means: "Its module throws while it is imported.", todo: report },
  load_timeout: { means: "Its module or factory takes longer than 30 seconds.", todo: report },
  factory_failed: {
    means: "Its factory throws, or returns something that is not a plugin.",
    todo: report,
  },
  contract_check_failed: {
    means: "The procedure's class lacks something that its contract asks for.",
    todo: report,
  },
  manifest_invalid: {
    means: "Its manifest does not fit this host.",
    todo: "If it is a plugin of another host, name that host with `--host MODULE`. Otherwise report it to the authors of the plugin, or remove it.",
  },
  id_mismatch: {
    means:
      "The package and the plugin disagree about its name. It is a mistake, or an impersonation.",
    todo: report,
  },
  version_conflict: {
    means: "The package and the plugin disagree about its version.",
    todo: report,
  },
  duplicate_id: {
    means: "Several packages claim the id. None of them is loaded.",
    todo: "Remove one of them, or upgrade to ids that differ.",
  },
  reserved_id: {
    means: "The id is one of the host's own.",
    todo: "Remove the package: it claims to be part of the host.",
  },
  incompatible_host: {
    means: "The plugin asks for another version of the host.",
    todo: "Install a version of the plugin that fits this host.",
  },
  dependency_missing: {
    means: "A plugin or package that it depends on is not installed.",
    todo: "Install it, or remove the dependent.",
  },
  dependency_cycle: { means: "Plugins depend on each other in a circle.", todo: report },
  sibling_rejected: {
    means:
      "Another plugin of its package is rejected: a package is loaded completely or not at all.",
    todo: "Fix that one first.",
  },
  dependency_rejected: {
    means: "A plugin that it depends on is rejected.",
    todo: "Fix that one first.",
  },
  config_rejected: {
    means: "Its configuration does not fit its schema, or a plugin voted against it.",
    todo: "Correct the configuration that the message names. The command knows only the configuration in the environment, not what a host passes in its code.",
  },
} as const satisfies Record<string, { readonly means: string; readonly todo: string }>;

export type RejectionCode = keyof typeof rejectionCodes;
