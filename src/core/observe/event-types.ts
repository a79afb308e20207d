/**
 * The events that this library raises, in one table: types, documents and the schema are read off
 * it. A key that is not here is in no record of these types.
 *
 * Rule: everything but free text is a fact of this library, and secrets of a request or configuration
 * are not removed from it. Otherwise whoever sends a request could erase who did what.
 */
import * as z from "zod/mini";

/** The limit of a string in a record: one line, 500 characters and an ellipsis. */
export const textSchema = z.string().check(z.maxLength(501));

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

/** Who and what an event is about, and where both are taken from. */
type AuditSubject = "plugin" | "hook" | "labels";

/** One type of event. */
export interface AuditEventSpec {
  /** When it is raised. */
  readonly when: string;
  /**
   * `plugin`: actor `system:plugin-registry`, target `plugin:NAME`, tenant `system`.
   * `hook`: actor `plugin:NAME`, target `hook:HOOK`, tenant of the request.
   * `labels`: actor `system:host`, target `extensions:security.labels`, tenant of the request.
   */
  readonly about: AuditSubject;
  readonly outcome: "success" | "failure";
  /** The schemas of its metadata by key, each with what it means as its description. */
  readonly metadata: { readonly [key: string]: z.core.$ZodType };
}

/** A fact: a name, a version, a word of a list. */
const text = (means: string) => textSchema.check(z.describe(means));
const freeText = (means: string) => text(`${means} Free text.`);
const texts = (means: string) => z.array(textSchema).check(z.describe(`${means} Sorted.`));
/** Null if it does not apply or is unknown. */
const known = (means: string) =>
  z.nullable(textSchema).check(z.describe(`${means} Null if unknown.`));

const discoverySource = z
  .discriminatedUnion("type", [
    z.strictObject({ type: z.literal("manual") }),
    z.strictObject({
      type: z.literal("npm_package"),
      entry_point_name: textSchema,
      entry_point_value: textSchema,
      distribution: textSchema,
      package_version: textSchema,
    }),
  ])
  .check(
    z.describe("Where the plugin came from: `manual`, or `npm_package` with its entry point."),
  );

const signing = z
  .strictObject({
    trust_decision: z.optional(
      z.enum(["trusted_publisher", "operator_override", "development_unsigned_override"]),
    ),
    trust_reason: z.optional(freeText("The operator's reason.")),
  })
  .check(z.describe("Why a discovered plugin is trusted. Empty for a manual one."));

/** The facts about a plugin, registered or refused; the latter as far as they are known. */
const plugin = {
  plugin_name: text("The plugin."),
  version: text("Its version."),
  capabilities: texts("What it may see, change and use."),
  hooks: texts("The hooks that it has handlers for."),
  async_safe: z.boolean().check(z.describe("Whether several of its handlers may run at once.")),
  signed_by: text("The identity that signed it, or `unsigned`."),
  requires: text(
    "The host versions that it runs on. The key in a record is the profile's `requiresField`, by default `requires_` and the host's name.",
  ),
  discovery_source: discoverySource,
  signing,
  package: known("The package it was found in."),
  package_version: known("The version of that package."),
  package_hash: known("The hash of that package's files."),
  depends_on: texts("The plugins it depends on."),
  host_version: text("The version of the host."),
};

const { plugin_name: name, ...facts } = plugin;
const whatIsKnown = z.partial(z.strictObject(facts)).shape;

const handler = {
  plugin_name: text("The handler's plugin, `core` for the host's own handlers."),
  hook: text("The hook it ran on."),
  request: text("The library's id of the request: `request` of `invoke` and of a guard's events."),
};
const request = known("The `request_id` of the extensions.");

/** Every type of event that this library raises. */
export const auditEventTypes = {
  "plugin.registered": {
    when: "A plugin was registered.",
    about: "plugin",
    outcome: "success",
    metadata: plugin,
  },
  "plugin.registration_failed": {
    when: "A plugin was refused, at any step from discovery to configuration.",
    about: "plugin",
    outcome: "failure",
    metadata: {
      plugin_name: name.check(z.describe("The plugin, or `unknown` if its name cannot be read.")),
      ...whatIsKnown,
      reason: z.enum(registrationFailures).check(z.describe("Why: a word of a closed list.")),
      validation_failure: freeText("Why, in words."),
      vetoed_by: z.optional(
        text(
          "Whose `config_validate` refused it, if not its own: a plugin, or `core` for the host.",
        ),
      ),
    },
  },
  "plugin.handler_denied": {
    when: "A handler denied a request.",
    about: "hook",
    outcome: "failure",
    metadata: {
      ...handler,
      handler_name: text("The handler: `PLUGIN.FUNCTION`."),
      code: freeText("The code of its denial, `denied` for a voting hook."),
      reason: freeText("The reason of its denial."),
      tool: z
        .nullable(freeText("The tool that was called: `mcp.tool.name`."))
        .check(
          z.describe("The tool that was called: `mcp.tool.name`. Free text. Null if unknown."),
        ),
      subject_id: known("Who called: `security.subject.id`."),
    },
  },
  "plugin.handler_error": {
    when: "A handler threw, missed its deadline, or returned something invalid.",
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
    when: "Trust in a plugin was granted, renewed or withdrawn, and the lockfile was written.",
    about: "plugin",
    outcome: "success",
    metadata: {
      plugin_name: text("The plugin."),
      action: z
        .enum(["trust", "untrust", "lock"])
        .check(z.describe("The command that changed it.")),
      version: known("The trusted version."),
      package_hash: known("The hash of the trusted files."),
      reason: freeText("The operator's reason."),
    },
  },
  "extensions.change_refused": {
    when: "A change that a plugin made to the extensions or the payload was refused.",
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
    when: "A plugin added labels to the extensions.",
    about: "hook",
    outcome: "success",
    metadata: {
      ...handler,
      labels: texts("The new labels."),
      request_id: request,
    },
  },
  "extensions.declassified": {
    when: "The host removed labels.",
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

/**
 * What a string in the metadata is: a word of a closed list, a fact of the library's own, or free
 * text that somebody wrote and that may contain anything, including secrets. Of an object, by key.
 */
export type FactKind = "word" | "fact" | "free" | FactKinds;

/** The kinds of a record's strings by key. What is not named is a fact. */
export interface FactKinds {
  readonly [key: string]: FactKind;
}

const ofPlugin: FactKinds = {
  discovery_source: { type: "word" },
  signing: { trust_decision: "word", trust_reason: "free" },
};

/** By type. Held to the table by a test: a free text that is missing here would keep its secrets. */
export const factKinds: Readonly<Record<AuditEventType, FactKinds>> = {
  "plugin.registered": ofPlugin,
  "plugin.registration_failed": { ...ofPlugin, reason: "word", validation_failure: "free" },
  "plugin.handler_denied": { code: "free", reason: "free", tool: "free" },
  "plugin.handler_error": { error: "free" },
  "plugin.trust_changed": { action: "word", reason: "free" },
  "extensions.change_refused": {},
  "extensions.labels_added": {},
  "extensions.declassified": { reason: "free", authority: "free" },
};
