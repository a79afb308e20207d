/** What each fact of an audit event means, by type of event and key. */
import type { AuditEventType, auditEventTypes } from "../../../src/core/observe/event-types.ts";

type Types = typeof auditEventTypes;

/** A sentence, or one for the whole and one for each key inside. */
type Meaning<Fact> = Fact extends { readonly form: { readonly oneOf: readonly (infer Fields)[] } }
  ? { readonly means: string; readonly inside: Readonly<Record<KeyOf<Fields>, string>> }
  : string;
type KeyOf<Fields> = Fields extends unknown ? keyof Fields : never;

type Meanings = {
  readonly [Type in AuditEventType]: {
    readonly [Key in keyof Types[Type]["metadata"]]: Meaning<Types[Type]["metadata"][Key]>;
  };
};

const plugin = {
  plugin_name: "The plugin.",
  version: "Its version.",
  capabilities: "What it may see, change and use.",
  hooks: "The hooks that it has handlers for.",
  async_safe: "Whether several of its handlers may run at once.",
  signed_by:
    "The identity that signed it, or `unsigned`. Absent if the package was refused and its signature is not valid, or was not verified.",
  requires:
    "The host versions that it runs on. The key in a record is the profile's `requiresField`, by default `requires_` and the host's name.",
  discovery_source: {
    means: "Where the plugin came from: `manual`, or `npm_package` with its entry point.",
    inside: {
      type: "The kind of source.",
      entry_point_name: "The name of the entry point.",
      entry_point_value: "What it loads.",
      distribution: "The package that has it.",
      package_version: "The version of that package.",
    },
  },
  signing: {
    means:
      "Why a discovered plugin is trusted: `trust_decision` and `trust_reason`. Empty for a manual one.",
    inside: { trust_decision: "Who decided.", trust_reason: "The operator's reason." },
  },
  package: "The package it was found in.",
  package_version: "The version of that package.",
  package_hash: "The hash of that package's files.",
  depends_on: "The plugins it depends on.",
  host_version: "The version of the host.",
  isolate: "Where its code runs: `host`, `worker`, `process` or `quickjs`.",
};

const handler = {
  plugin_name: "The handler's plugin, `core` for the host's own handlers.",
  hook: "The hook that it is registered for; a covering hook keeps its own name.",
  request: "The library's id of the request: `request` of `invoke` and of a guard's events.",
};
const handlerName = "The handler: `PLUGIN.FUNCTION`.";
const request = "The `request_id` of the extensions.";

export const factMeanings: Meanings = {
  "plugin.registered": plugin,
  "plugin.registration_failed": {
    ...plugin,
    plugin_name: "The plugin, or `unknown` if its name cannot be read.",
    reason: "Why: a word of a closed list.",
    validation_failure: "Why, in words.",
    vetoed_by:
      "Whose `config_validate` refused it, if not its own: a plugin, or `core` for the host.",
  },
  "plugin.handler_denied": {
    ...handler,
    handler_name: handlerName,
    code: "The code of its denial, `denied` for a voting hook.",
    reason: "The reason of its denial.",
    tool: "The tool that was called: `mcp.tool.name`.",
    subject_id: "Who called: `security.subject.id`.",
  },
  "plugin.handler_error": {
    ...handler,
    handler_name: handlerName,
    error_type:
      "The class of what it threw; `timeout`, `ContractViolation` for an invalid return value, or `crash` if the run could not continue.",
    error: "The message of what it threw, or what is wrong with its return value.",
  },
  "plugin.trust_changed": {
    plugin_name: "The plugin.",
    action: "The command that changed it.",
    version: "The trusted version.",
    package_hash: "The hash of the trusted files.",
    reason: "The operator's reason.",
  },
  "extensions.change_refused": {
    ...handler,
    path: "What it tried to change.",
    code: "Why it was refused: a code of docs/errors.md.",
    request_id: request,
  },
  "extensions.labels_added": {
    ...handler,
    labels: "The new labels.",
    request_id: request,
  },
  "extensions.declassified": {
    labels: "The removed labels.",
    reason: "The host's reason.",
    authority: "Who authorized it, as the host says.",
    request_id: request,
  },
};
