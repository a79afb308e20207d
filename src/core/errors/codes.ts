import { type ErrorCodeSpec, refusalCodes } from "./refusal-codes.ts";

/** The codes for installed packages and for what an operator trusts. Part of `errorCodes`. */
export const trustCodes = {
  setting_invalid: {
    means: "A setting, from the environment or an option, has an invalid value.",
    todo: "Correct the setting, or the file or package that it needs, as the message says.",
  },
  package_refused: {
    means: "An installed package cannot be read or hashed safely. `data.code` says why.",
    todo: "Look up the code in docs/commands.md.",
  },
  discovery_failed: {
    means: "Installed packages cannot be loaded as plugins. `problems` lists each of them.",
    todo: "Fix or remove the packages that the message names.",
  },
  signature_rejected: {
    means:
      "A plugin is unsigned, its signature does not verify, or its signer is not trusted; or signatures are switched off without the acknowledgement.",
    todo: "Use a signed package of a trusted publisher.",
  },
  trust_refused: {
    means: "A change of trust is refused, and nothing was written.",
    todo: "Do what the message says, and try again.",
  },
  reason_invalid: {
    means: "The reason for a trust change is missing, blank or too long.",
    todo: "Pass a reason of at most 2000 characters.",
  },
  lockfile_invalid: {
    means: "plugins.lock is not valid: the message names the line and every problem.",
    todo: "Fix the file, or restore it from version control.",
  },
  lockfile_newer: {
    means: "plugins.lock has a newer schema version than this library supports.",
    todo: "Update the library.",
  },
  lockfile_missing: {
    means: "There is no plugins.lock where one is needed.",
    todo: "Create one with `plugins lock`, and trust the reviewed plugins.",
  },
  lockfile_uneditable: {
    means: "plugins.lock is written in a form that cannot be edited without rewriting it.",
    todo: "Write each entry as a separate table, `[[plugins]]`.",
  },
  lockfile_busy: {
    means: "Another process is changing plugins.lock.",
    todo: "Wait for the process that the message names.",
  },
  lockfile_failed: {
    means: "plugins.lock or its journal cannot be read or written. The old file is unchanged.",
    todo: "Free disk space or fix the permissions, and try again.",
  },
} as const;

/** The codes for the gateway's configuration. Part of `errorCodes`. */
export const gatewayCodes = {
  config_missing: {
    means: "No gateway configuration was found in the places searched, or more than one was.",
    todo: "Write glassine.config.ts, name a file with --config, or put a server's command after `--`.",
  },
  config_unreadable: {
    means:
      "A file that the gateway's configuration names, or the configuration itself, cannot be read or loaded.",
    todo: "Do what the message says.",
  },
  config_invalid: {
    means:
      "The gateway's configuration is invalid. `sentence` says what is wrong with which file, and `configProblems` lists every place.",
    todo: "Fix the places that the message names. docs/gateway-reference.md lists all keys.",
  },
  secret_missing: {
    means: "A secret that the configuration names is not in the environment, or not in its file.",
    todo: "Set the variable, or write the file, that the message names.",
  },
  plugin_missing: {
    means: "The configuration names a plugin that does not exist.",
    todo: "Use a name listed in docs/plugins.md, or install the package.",
  },
  plugin_path_refused: {
    means: "The configuration names a plugin by its path, and the mode is production.",
    todo: "Make it a package, trust it with `plugins trust`, and name it by its id.",
  },
} as const;

/** The codes for plugins that run in their own thread or process. Part of `errorCodes`. */
export const isolationCodes = {
  isolation_refused: {
    means:
      "This machine cannot enforce all that the plugin's kind of isolation promises. `data.open` lists what it cannot prevent.",
    todo: "Run it where namespaces can be created, choose another kind, or accept by name what the code could still do.",
  },
  plugin_isolation_failed: {
    means:
      "An isolated plugin cannot be read or loaded, or exports no plugin. `data.step` is what failed: `package` (its hash), `import`, `factory`, `manifest` or `config`.",
    todo: "Do what the message says. `onOutput` receives what the plugin prints while it starts.",
  },
  plugin_ended: {
    means:
      "An isolated plugin exited, was stopped at its deadline or memory limit, or is closed. If not closed, it restarts at the next call, after a growing pause.",
    todo: "Read what it prints, with `onOutput`. Until it has restarted, its handlers fail, each under its own `onError`.",
  },
  plugin_busy: {
    means: "An isolated plugin has reached its limit of open turns.",
    todo: "Raise `maxTurns` or `size`, or lower its handlers' `timeoutMs`.",
  },
} as const;

/**
 * Every error code of this library: what happened and how to fix it.
 *
 * `docs/errors.md` is generated from this table.
 */
export const errorCodes = {
  ...refusalCodes,
  // Tiers and capabilities.
  tier_monotonic: {
    means: "An existing label or hop is missing, changed or moved.",
    todo: "Only add, for example with addLabels or appendHop.",
  },
  tier_immutable: {
    means: "A change to something that never changes. It is ignored, or refused with strict.",
    todo: "Leave the field out of what the plugin returns.",
  },
  capability_missing: {
    means:
      "A change without the capability that writes the slot. It is ignored, or refused with strict.",
    todo: "Declare the capability, and ask the operator to grant it.",
  },
  mode_denied: {
    means: "A plugin in this mode may not make this change, or may not halt.",
    todo: "Run the plugin in a mode that may, such as sequential.",
  },
  delegation_origin: {
    means:
      "With strictDelegation: a plugin starts a delegation chain, and its first hop does not name the subject that the plugin was shown.",
    todo: "Declare read_subject, and begin the chain with `security.subject.id`.",
  },
  delegation_scope: {
    means:
      "With strictDelegation: an appended hop has a scope that the hop before it lacks, or one with `*`. Scopes are compared as whole strings.",
    todo: "Grant some of the scopes of the hop before, or none.",
  },
  delegation_time: {
    means:
      "With strictDelegation: the time of an appended hop is over a minute before that of the hop before it or in the future, or its lifetime is over 365 days.",
    todo: "Leave `timestamp` out of what appendHop takes, which means now, and check the clocks of whoever issues hops.",
  },
  payload_denied: {
    means: "A change to a payload field that plugins may not write on this hook. It is ignored.",
    todo: "Change only what docs/hooks.md lists as writable and the manager's payloadPolicy leaves in. In a hook of your own, name the field in `writable`.",
  },
  payload_contested: {
    means:
      "A plugin that had let a payload pass ran again after a later plugin changed it, and now wants to change it too.",
    todo: "Run a plugin that only rewrites in mode transform, which does not run again, or give it a higher priority number.",
  },
  // Data policies and label stores.
  data_action_denied: {
    means: "The data policy of a tool, prompt or resource does not allow this use of its result.",
    todo: "Change `security.data` in the envelope, if the result should pass.",
  },
  session_invalid: {
    means:
      "A label store's session name is empty, longer than 1024 UTF-16 units, not a string, or not valid Unicode.",
    todo: "Use a session name that the host chose.",
  },
  label_store_failed: {
    means:
      "A label store did not answer in time, could not be reached, or returned something other than labels.",
    todo: 'See `cause`. Meanwhile nothing passes, unless the host chose `onStoreError: "ignore"`.',
  },
  label_store_full: {
    means:
      "A label store has no room for another session, or a session no room for another label. Nothing was forgotten.",
    todo: "Raise `maxSessions`, let unused sessions expire sooner with `ttlMs`, or use fewer labels.",
  },
  // Definition and registration.
  slot_invalid: {
    means:
      "A slot table is inconsistent: a bad name, a name too close to another, or an impossible tier.",
    todo: "Fix the slot definition that the message names.",
  },
  hook_invalid: {
    means: "A hook definition is inconsistent. `data.name` is the hook, if its name is known.",
    todo: "Fix the hook definition that the message names.",
  },
  service_invalid: {
    means: "A service definition is inconsistent.",
    todo: "Fix the service definition that the message names.",
  },
  hook_unknown: {
    means: "This host has no such hook.",
    todo: "Spell it as in docs/hooks.md, or add it with defineHost.",
  },
  capability_unknown: {
    means: "This host has no such capability.",
    todo: "Use a name from the `capabilities` export.",
  },
  manifest_invalid: {
    means: "A plugin definition is invalid. `problems` lists every field at fault.",
    todo: "Fix the fields that the message names.",
  },
  plugin_duplicate: {
    means:
      "Two plugins have the same name. `data.isSame` is true if one plugin is listed twice, and false for two plugins, however similar.",
    todo: "Register each plugin once.",
  },
  dependency_unresolved: {
    means: "A plugin depends on a missing one, or there is a dependency cycle.",
    todo: "Add the missing plugin, or break the cycle that the message shows.",
  },
  options_invalid: {
    means: "An option is unknown, or its value is out of range.",
    todo: "Compare with the type of the options.",
  },
  // Host input.
  extensions_invalid: {
    means:
      "Extensions from the host are invalid (`problems` lists each path), or a function got something other than extensions of this copy of the library.",
    todo: "Fix the fields that the message names, or pass extensions. A plugin that brings its own copy of the library makes glassine its peer dependency.",
  },
  payload_invalid: {
    means: "A payload from the host does not match the hook. `problems` lists each path.",
    todo: "Fix the fields that the message names.",
  },
  message_invalid: {
    means: "A message is invalid. `problems` lists the first 100 paths.",
    todo: "Fix the fields that the message names.",
  },
  part_invalid: {
    means: "A value is not a `PartInfo`.",
    todo: "Pass what `partsOf` returned.",
  },
  document_invalid: {
    means:
      "A provider's document, or a task or error of another process, is invalid. `problems` lists each path.",
    todo: "Fix the fields that the message names, or use the function for that document.",
  },
  claims_invalid: {
    means:
      "A token claim has the wrong type, or the claim with the id is missing. `problems` has its path.",
    todo: "Name the right claims in the mapping. A token that cannot be read gets no access.",
  },
  stream_invalid: {
    means: "An event of a stream contradicts earlier ones, or has the wrong shape.",
    todo: "End the request: what has arrived may not be the answer.",
  },
  stream_limit: {
    means: "A stream has more events, or more text, than its limits allow.",
    todo: "End the request, or raise `maxEvents` or `textUnits`.",
  },
  syntax_invalid: {
    means: "A string is not JSON.",
    todo: "Pass JSON text, or the parsed value.",
  },
  declassify_refused: {
    means:
      "A declassification names no existing label, lacks a reason or authority, or was tried on a view.",
    todo: "Call it in the host, on the authoritative extensions, with labels, reason and authority.",
  },
  // Running.
  handler_error: {
    means: "A handler threw.",
    todo: "The host's log has plugin, hook and message; the manager's onHandlerError gets the thrown value, which never leaves the host.",
  },
  handler_timeout: {
    means: "A handler did not settle before its deadline.",
    todo: "Raise timeoutMs, or make the handler observe context.signal.",
  },
  capability_denied: {
    means: "A handler asked for a service whose capability its plugin did not declare.",
    todo: "Declare the capability in the manifest, and ask the operator to grant it.",
  },
  execution_failed: {
    means: "A handler threw, missed its deadline, or returned something invalid.",
    todo: "See `cause`, and the plugin that the message names.",
  },
  rejected: {
    means: "A handler denied by throwing `RejectError`, or called `deny` with something invalid.",
    todo: "Nothing: it is a denial. On a hook without denials it is a failure.",
  },
  audit_failed: {
    means: "The audit trail could not deliver a record, and the host requires it.",
    todo: "Check the sink. `auditFailures()` counts undelivered records.",
  },
  aborted: {
    means: "The host aborted the invocation, or a context was used after its invocation ended.",
    todo: "Nothing, if the abort was intended.",
  },
  realm_tampered: {
    means:
      'Built-ins have changed since the library was loaded, and the manager has `tampering: "deny"`.',
    todo: "Find out who patches the built-ins that `data.changes` or the violation's details name, or patch them before the library is loaded.",
  },
  reentrancy: {
    means:
      "Invocations are nested deeper than the limit, or a plugin with `asyncSafe: false` waits for a run in which it has a handler.",
    todo: "Break the cycle of plugins that invoke hooks.",
  },
  overloaded: {
    means: "More invocations are in progress than the operator allows.",
    todo: "Shed load, or raise maxInFlight.",
  },
  manager_closed: {
    means: "The manager, or the gateway, was closed.",
    todo: "Create a new one.",
  },
  ...trustCodes,
  ...gatewayCodes,
  ...isolationCodes,
} as const satisfies Record<string, ErrorCodeSpec>;

/** A stable code of this library. */
export type ErrorCode = keyof typeof errorCodes;
