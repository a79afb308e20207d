/**
 * The events that this library raises, in one table: types, documents and the schema are read off
 * it. A key that is not here is in no record of these types.
 *
 * Rule: what is no free text is a fact of the library's own, and no secret of a request or of a
 * configuration is taken out of it. Whoever sends a request could erase who did what.
 */
import * as z from "zod";
import { freeText, textSchema } from "./fact-kinds.ts";
import { type RegistrationFailure, registrationFailures } from "./registration-failures.ts";

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
  readonly metadata: { readonly [key: string]: z.ZodType };
}

/** A fact: a name, a version, a word of a list. */
const text = (means: string) => textSchema.describe(means);
const texts = (means: string) => z.array(textSchema).describe(`${means} Sorted.`);
/** Null where it does not apply or is not known. */
const known = (means: string) =>
  textSchema.nullable().describe(`${means} Null where none is known.`);

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
  .describe("Where the plugin came from: `manual`, or `npm_package` with its entry point.");

const signing = z
  .strictObject({
    trust_decision: z
      .enum(["trusted_publisher", "operator_override", "development_unsigned_override"])
      .optional(),
    trust_reason: freeText("What the operator says of it.").optional(),
  })
  .describe("Why it is trusted, for a plugin that was discovered. Empty for a manual one.");

/** What is told of a plugin when it is registered, and of one that is not as far as it is known. */
const plugin = {
  plugin_name: text("The plugin."),
  version: text("Its version."),
  capabilities: texts("What it may see, change and use."),
  hooks: texts("The hooks that it has a handler for."),
  async_safe: z.boolean().describe("Whether several of its handlers may run at a time."),
  signed_by: text("The identity that signed it, or `unsigned`."),
  requires: text(
    "The versions of the host that it runs on. The key in a record is the profile's `requiresField`: by default `requires_` and the host's name.",
  ),
  discovery_source: discoverySource,
  signing,
  package: known("The package that it was found in."),
  package_version: known("The version of that package."),
  package_hash: known("The hash of that package's files."),
  depends_on: texts("The plugins that it depends on."),
  host_version: text("The version of the host."),
};

const { plugin_name: name, ...facts } = plugin;
const whatIsKnown = z.strictObject(facts).partial().shape;

const handler = {
  plugin_name: text("The plugin whose handler it was, `core` for the host's own."),
  hook: text("The hook that it ran on."),
  request: text("The library's id of the request: `request` of `invoke`, and of a guard's events."),
};
const request = known("The `request_id` of the extensions.");

const failures = Object.keys(registrationFailures) as readonly RegistrationFailure[];

/** Every type of event that this library raises. */
export const auditEventTypes = {
  "plugin.registered": {
    when: "A plugin was registered.",
    about: "plugin",
    outcome: "success",
    metadata: plugin,
  },
  "plugin.registration_failed": {
    when: "A plugin was refused, at any step from looking at its package to its configuration.",
    about: "plugin",
    outcome: "failure",
    metadata: {
      plugin_name: name.describe("The plugin, `unknown` for one whose name cannot be read."),
      ...whatIsKnown,
      reason: z.enum(failures).describe("Why, by a word of a closed list."),
      validation_failure: freeText("Why, in words."),
      vetoed_by: text(
        "Whose `config_validate` refused it, where it was not its own: the plugin, `core` for the host.",
      ).optional(),
    },
  },
  "plugin.handler_denied": {
    when: "A handler denied a request.",
    about: "hook",
    outcome: "failure",
    metadata: {
      ...handler,
      handler_name: text("The handler: `PLUGIN.FUNCTION`."),
      code: freeText("The code that it gave, `denied` for a voting hook."),
      reason: freeText("The reason that it gave."),
      tool: freeText("The tool that was asked for: `mcp.tool.name`.")
        .nullable()
        .describe(
          "The tool that was asked for: `mcp.tool.name`. Free text. Null where none is known.",
        ),
      subject_id: known("Who asked: `security.subject.id`."),
    },
  },
  "plugin.handler_error": {
    when: "A handler threw, took too long, or returned what its hook does not allow.",
    about: "hook",
    outcome: "failure",
    metadata: {
      ...handler,
      handler_name: text("The handler: `PLUGIN.FUNCTION`."),
      error_type: text(
        "The class of what it threw; `timeout`, or `ContractViolation` for a bad return.",
      ),
      error: freeText("The text of what it threw, or what is wrong with what it returned."),
    },
  },
  "plugin.trust_changed": {
    when: "Trust in a plugin was granted, renewed or withdrawn, and the lockfile was written.",
    about: "plugin",
    outcome: "success",
    metadata: {
      plugin_name: text("The plugin."),
      action: z.enum(["trust", "untrust", "lock"]).describe("The command that did it."),
      version: known("The version that is trusted."),
      package_hash: known("The hash of the files that are trusted."),
      reason: freeText("The reason that the operator gave."),
    },
  },
  "extensions.change_refused": {
    when: "A change that a plugin made to the extensions or the payload was refused.",
    about: "hook",
    outcome: "failure",
    metadata: {
      ...handler,
      path: text("What it tried to change."),
      code: text("Why not: a code of docs/errors.md."),
      request_id: request,
    },
  },
  "extensions.labels_added": {
    when: "A plugin added labels to the extensions.",
    about: "hook",
    outcome: "success",
    metadata: {
      ...handler,
      labels: texts("The labels that were not there before."),
      request_id: request,
    },
  },
  "extensions.declassified": {
    when: "The host took labels away.",
    about: "labels",
    outcome: "success",
    metadata: {
      labels: texts("The labels that left."),
      reason: freeText("Why, as the host says."),
      authority: freeText("On whose word, as the host says."),
      request_id: request,
    },
  },
} as const satisfies Record<string, AuditEventSpec>;

/** A type of event that this library raises. */
export type AuditEventType = keyof typeof auditEventTypes;
