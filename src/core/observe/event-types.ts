/**
 * The events that this library raises, in one table. Types, documentation and schema derive from
 * it. Records of these types have no other keys.
 *
 * Rule: everything but free text is a fact of this library, and secrets of requests and
 * configurations are not removed from it. Otherwise a request could erase who did what.
 */

/**
 * Why a plugin is refused, for `plugin.registration_failed`. A closed list; docs/audit.md says what
 * each means.
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

/** A reason of `plugin.registration_failed`. */
export type RegistrationFailure = (typeof registrationFailures)[number];

/** One type of event. */
export interface AuditEventSpec {
  /**
   * Who acted and what it was about, and where both are taken from.
   *
   * `plugin`: actor `system:plugin-registry`, target `plugin:NAME`, tenant `system`.
   * `hook`: actor `plugin:NAME`, target `hook:HOOK`, tenant of the request.
   * `labels`: actor `system:host`, target `extensions:security.labels`, tenant of the request.
   */
  readonly about: "plugin" | "hook" | "labels";
  readonly outcome: "success" | "failure";
  /** Its facts by key, in the order in which a record has them. */
  readonly metadata: FactFields;
}

/** Facts by key. */
export interface FactFields {
  readonly [key: string]: FactSpec;
}

/** One fact: what it is, and what it means. */
export interface FactSpec {
  readonly means: string;
  readonly form: FactForm;
  /** Whether somebody else wrote it: it may contain anything, including secrets. */
  readonly isFree?: true;
  readonly isOptional?: true;
}

/**
 * A string is one line of at most 500 characters, plus an ellipsis if it was cut. Null says that it
 * does not apply or is unknown. A list is sorted, without repeats.
 */
type FactForm =
  | "boolean"
  | "string"
  | "string or null"
  | "strings"
  | { readonly words: readonly string[] }
  | { readonly oneOf: readonly FactFields[] };

const fact =
  <const Form extends FactForm>(form: Form) =>
  (means: string) => ({ means, form });

/** A fact that this library knows: a name, a version, a word from a list. */
const text = fact("string");
const texts = fact("strings");
const known = fact("string or null");
const freeText = (means: string) => ({ ...text(means), isFree: true as const });
const optional = <Fact>(given: Fact) => ({ ...given, isOptional: true as const });

const discoverySource = fact({
  oneOf: [
    { type: fact({ words: ["manual"] })("The kind of source.") },
    {
      type: fact({ words: ["npm_package"] })("The kind of source."),
      entry_point_name: text("The name of the entry point."),
      entry_point_value: text("What it loads."),
      distribution: text("The package that has it."),
      package_version: text("The version of that package."),
    },
  ],
});

const signing = fact({
  oneOf: [
    {
      trust_decision: optional(
        fact({
          words: ["trusted_publisher", "operator_override", "development_unsigned_override"],
        })("Who decided."),
      ),
      trust_reason: optional(freeText("The operator's reason.")),
    },
  ],
});

/** The facts about a plugin. For a refused one, those that are known. */
const plugin = {
  plugin_name: text("The plugin."),
  version: text("Its version."),
  capabilities: texts("What it may see, change and use."),
  hooks: texts("The hooks that it has handlers for."),
  async_safe: fact("boolean")("Whether several of its handlers may run at once."),
  signed_by: text("The identity that signed it, or `unsigned`."),
  requires: text(
    "The host versions that it runs on. The key in a record is the profile's `requiresField`, by default `requires_` and the host's name.",
  ),
  discovery_source: discoverySource(
    "Where the plugin came from: `manual`, or `npm_package` with its entry point.",
  ),
  signing: signing(
    "Why a discovered plugin is trusted: `trust_decision` and `trust_reason`. Empty for a manual one.",
  ),
  package: known("The package it was found in."),
  package_version: known("The version of that package."),
  package_hash: known("The hash of that package's files."),
  depends_on: texts("The plugins it depends on."),
  host_version: text("The version of the host."),
};

const { plugin_name: _, ...rest } = plugin;
type WhatIsKnown = { [Key in keyof typeof rest]: (typeof rest)[Key] & { isOptional: true } };
const whatIsKnown = Object.fromEntries(
  Object.entries(rest).map(([key, given]) => [key, optional(given)]),
) as WhatIsKnown;

const handler = {
  plugin_name: text("The handler's plugin, `core` for the host's own handlers."),
  hook: text("The hook it ran on."),
  request: text("The library's id of the request: `request` of `invoke` and of a guard's events."),
};
const request = known("The `request_id` of the extensions.");

/** Every type of event that this library raises. docs/audit.md says when. */
export const auditEventTypes = {
  "plugin.registered": {
    about: "plugin",
    outcome: "success",
    metadata: plugin,
  },
  "plugin.registration_failed": {
    about: "plugin",
    outcome: "failure",
    metadata: {
      plugin_name: text("The plugin, or `unknown` if its name cannot be read."),
      ...whatIsKnown,
      reason: fact({ words: registrationFailures })("Why: a word of a closed list."),
      validation_failure: freeText("Why, in words."),
      vetoed_by: optional(
        text(
          "Whose `config_validate` refused it, if not its own: a plugin, or `core` for the host.",
        ),
      ),
    },
  },
  "plugin.handler_denied": {
    about: "hook",
    outcome: "failure",
    metadata: {
      ...handler,
      handler_name: text("The handler: `PLUGIN.FUNCTION`."),
      code: freeText("The code of its denial, `denied` for a voting hook."),
      reason: freeText("The reason of its denial."),
      tool: { ...known("The tool that was called: `mcp.tool.name`."), isFree: true },
      subject_id: known("Who called: `security.subject.id`."),
    },
  },
  "plugin.handler_error": {
    about: "hook",
    outcome: "failure",
    metadata: {
      ...handler,
      handler_name: text("The handler: `PLUGIN.FUNCTION`."),
      error_type: text(
        "The class of what it threw; `timeout`, or `ContractViolation` for an invalid return value.",
      ),
      error: freeText("The message of what it threw, or what is wrong with its return value."),
    },
  },
  "plugin.trust_changed": {
    about: "plugin",
    outcome: "success",
    metadata: {
      plugin_name: text("The plugin."),
      action: fact({ words: ["trust", "untrust", "lock"] })("The command that changed it."),
      version: known("The trusted version."),
      package_hash: known("The hash of the trusted files."),
      reason: freeText("The operator's reason."),
    },
  },
  "extensions.change_refused": {
    about: "hook",
    outcome: "failure",
    metadata: {
      ...handler,
      path: text("What it tried to change."),
      code: text("Why it was refused: a code of docs/errors.md."),
      request_id: request,
    },
  },
  "extensions.labels_added": {
    about: "hook",
    outcome: "success",
    metadata: {
      ...handler,
      labels: texts("The new labels."),
      request_id: request,
    },
  },
  "extensions.declassified": {
    about: "labels",
    outcome: "success",
    metadata: {
      labels: texts("The removed labels."),
      reason: freeText("The host's reason."),
      authority: freeText("Who authorised it, as the host says."),
      request_id: request,
    },
  },
} as const satisfies Record<string, AuditEventSpec>;

/** A type of event that this library raises. */
export type AuditEventType = keyof typeof auditEventTypes;

/** The facts of an event, by key. */
export type FactsOf<Fields> = {
  readonly [Key in RequiredIn<Fields>]: ValueOf<Fields[Key]>;
} & {
  readonly [Key in Exclude<keyof Fields, RequiredIn<Fields>>]?: ValueOf<Fields[Key]> | undefined;
};

type RequiredIn<Fields> = {
  [Key in keyof Fields]: Fields[Key] extends { readonly isOptional: true } ? never : Key;
}[keyof Fields];

type ValueOf<Fact> = Fact extends { readonly form: infer Form }
  ? Form extends { readonly words: readonly (infer Word)[] }
    ? Word
    : Form extends { readonly oneOf: readonly (infer Fields)[] }
      ? EachOf<Fields>
      : Form extends keyof Plain
        ? Plain[Form]
        : never
  : never;

type EachOf<Fields> = Fields extends unknown ? FactsOf<Fields> : never;

interface Plain {
  readonly boolean: boolean;
  readonly string: string;
  readonly "string or null": string | null;
  readonly strings: readonly string[];
}

/**
 * The kind of a string in the metadata: a word from a closed list, a fact that the library knows,
 * or free text by somebody else, which may contain anything, even secrets. For an object, by key.
 */
export type FactKind = "word" | "fact" | "free" | FactKinds;

/** The kinds of a record's strings by key. A key that is not listed is a fact. */
export interface FactKinds {
  readonly [key: string]: FactKind;
}

export function kindsOf(fields: FactFields): FactKinds {
  return Object.fromEntries(Object.entries(fields).map(([key, spec]) => [key, kindOf(spec)]));
}

function kindOf({ form, isFree }: FactSpec): FactKind {
  if (typeof form === "string") return isFree ? "free" : "fact";
  // A key has the same kind in all alternatives.
  return "words" in form ? "word" : kindsOf(Object.assign({}, ...form.oneOf));
}
