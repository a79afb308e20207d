/**
 * The events that this library raises, in one table. Types, documentation and schema derive from
 * it. Records of these types have no other keys.
 *
 * Rule: everything but free text is a fact of this library, and secrets of requests and
 * configurations are not removed from it. Otherwise a request could erase who did what.
 */
import { mapGet } from "../data/intrinsics.ts";

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

/** One fact. */
export interface FactSpec {
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

const text = { form: "string" } as const;
const texts = { form: "strings" } as const;
const known = { form: "string or null" } as const;
const freeText = { form: "string", isFree: true } as const;
const oneOfWords = <const Words extends readonly string[]>(words: Words) => ({ form: { words } });
const optional = <Fact>(given: Fact) => ({ ...given, isOptional: true as const });

const discoverySource = {
  form: {
    oneOf: [
      { type: oneOfWords(["manual"]) },
      {
        type: oneOfWords(["npm_package"]),
        entry_point_name: text,
        entry_point_value: text,
        distribution: text,
        package_version: text,
      },
    ],
  },
} as const;

const decisions = [
  "trusted_publisher",
  "operator_override",
  "development_unsigned_override",
] as const;
const signing = {
  form: {
    oneOf: [{ trust_decision: optional(oneOfWords(decisions)), trust_reason: optional(freeText) }],
  },
} as const;

/** The facts about a plugin. For a refused one, those that are known. */
const plugin = {
  plugin_name: text,
  version: text,
  capabilities: texts,
  hooks: texts,
  async_safe: { form: "boolean" },
  signed_by: text,
  requires: text,
  discovery_source: discoverySource,
  signing,
  package: known,
  package_version: known,
  package_hash: known,
  depends_on: texts,
  host_version: text,
  isolate: text,
} as const;

const { plugin_name: _, ...rest } = plugin;
type WhatIsKnown = { [Key in keyof typeof rest]: (typeof rest)[Key] & { isOptional: true } };
const whatIsKnown = Object.fromEntries(
  Object.entries(rest).map(([key, given]) => [key, optional(given)]),
) as WhatIsKnown;

const handler = { plugin_name: text, hook: text, request: text };

/**
 * Every type of event that this library raises. docs/audit.md says when, and what each fact means;
 * tools/scripts/data/audit-facts.ts has the sentences.
 */
export const auditEventTypes = {
  "plugin.registered": { about: "plugin", outcome: "success", metadata: plugin },
  "plugin.registration_failed": {
    about: "plugin",
    outcome: "failure",
    metadata: {
      plugin_name: text,
      ...whatIsKnown,
      reason: oneOfWords(registrationFailures),
      validation_failure: freeText,
      vetoed_by: optional(text),
    },
  },
  "plugin.handler_denied": {
    about: "hook",
    outcome: "failure",
    metadata: {
      ...handler,
      handler_name: text,
      code: freeText,
      reason: freeText,
      tool: { form: "string or null", isFree: true },
      subject_id: known,
    },
  },
  "plugin.handler_error": {
    about: "hook",
    outcome: "failure",
    metadata: { ...handler, handler_name: text, error_type: text, error: freeText },
  },
  "plugin.trust_changed": {
    about: "plugin",
    outcome: "success",
    metadata: {
      plugin_name: text,
      action: oneOfWords(["trust", "untrust", "lock"]),
      version: known,
      package_hash: known,
      reason: freeText,
    },
  },
  "extensions.change_refused": {
    about: "hook",
    outcome: "failure",
    metadata: { ...handler, path: text, code: text, request_id: known },
  },
  "extensions.labels_added": {
    about: "hook",
    outcome: "success",
    metadata: { ...handler, labels: texts, request_id: known },
  },
  "extensions.declassified": {
    about: "labels",
    outcome: "success",
    metadata: { labels: texts, reason: freeText, authority: freeText, request_id: known },
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

const guardKinds = new Map<string, FactKinds>([
  ["mcp.request_ended", { code: "free" }],
  ["model.request_ended", { code: "free" }],
  ["gateway.hook_ran", { handlers: { refused: {} } }],
]);

/** Returns the kinds of text in what guards and the gateway record as events of their host. */
export function guardKindsOf(eventType: string): FactKinds | undefined {
  return mapGet(guardKinds, eventType);
}
