/**
 * The documents of `--json`, one definition each. What prints them has their types, the JSON Schemas
 * in spec/schemas are generated from them, and a key means one thing wherever it stands.
 */
import * as z from "zod";
import { doctorStates } from "./doctor-states.ts";

const text = z.string();
const texts = z.array(text);
const textOrNull = text.nullable();
const count = z.int().min(0);
const warnings = texts.describe("A sentence each.");

/** The lockfile in effect; null where there is none. */
const lock = z
  .strictObject({
    path: text,
    schema_version: z.int(),
    entries: count.describe("How many there are."),
  })
  .describe("The lockfile in effect.");

const drift = z.array(
  z.strictObject({
    id: text,
    kind: text,
    expected: textOrNull,
    actual: textOrNull,
    blocking: z.boolean().describe("Whether production refuses the plugin for it."),
  }),
);

const health = z.strictObject({
  status: text,
  message: text,
  checked_at: textOrNull,
  error_summary: textOrNull,
});

/** What lists have of a plugin. The last ones are there where they apply. */
const plugin = {
  id: textOrNull,
  name: text,
  kind: text.describe("`hooks`, `procedure`, or another kind of the host's."),
  version: text,
  package: textOrNull,
  entry_point: textOrNull,
  distribution_hash: textOrNull,
  builtin: z.boolean(),
  capabilities: texts.nullable(),
  hooks: texts.nullable().optional().describe("Null where they are known after loading only."),
  hook_count: count.nullable().optional(),
  depends_on: texts.optional(),
  discovery_source: z.record(z.string(), z.unknown()),
  lock_only_dependencies: texts
    .optional()
    .describe("Dependencies that no signature covers: trusted by the lock only."),
  signed_by: textOrNull.optional(),
  trust_decision: textOrNull.optional(),
  enabled: z.boolean().optional(),
  enable_env_var: text.optional(),
  health: health.optional(),
};

const journal_problems = z
  .array(z.strictObject({ line: z.int().nullable(), id: textOrNull, problem: text }))
  .describe("The first hundred.");

const change = z.strictObject({ added: texts, removed: texts });

const signer_change = z
  .strictObject({ was: text, now: text })
  .nullable()
  .describe("Null where it is the same, or not known.");

const dependencies = z
  .array(z.strictObject({ name: text, version: text, hash: text }))
  .describe("What Node would load for the plugin besides its own package.");

const configKey = z.strictObject({
  key: text,
  type: text,
  required: z.boolean(),
  default: z.unknown().optional().describe("Any JSON, as the schema of the plugin has it."),
  secret: z.boolean(),
});

const locked = {
  package: text,
  version: text,
  entry_point: text,
  distribution_hash: text,
  until: textOrNull.describe("The last day of the trust, in UTC."),
  capabilities: texts.nullable(),
  hooks: texts.nullable(),
  signer: textOrNull,
  dependencies,
};

const trusted = {
  id: text,
  ...locked,
  previous: z.strictObject(locked).nullable(),
  permission_change: change,
  hook_change: change,
  signer_change,
};

const diagnosis = z.strictObject({
  slug: textOrNull,
  package: textOrNull,
  env_var: textOrNull,
  installed: z.boolean(),
  enabled: z.boolean(),
  status: z.enum(Object.keys(doctorStates) as [keyof typeof doctorStates]),
  recommendation: text,
  reason: textOrNull,
  id: textOrNull,
});

const entry = { slug: text, package: text, env_var: textOrNull };

/** By the name of their schema. */
export const documents = {
  list: z
    .strictObject({
      mode: z.enum(["dev", "production"]),
      no_load: z.literal(true).optional(),
      lock: lock.nullable(),
      loaded: z.array(z.strictObject({ ...plugin, id: text, package: text })),
      rejected: z.array(
        z.strictObject({
          id: textOrNull,
          package: text,
          entry_point: textOrNull,
          code: text,
          reason: text,
        }),
      ),
      drift,
      warnings,
    })
    .describe("What `plugins list --json` prints."),
  describe: z
    .strictObject({
      ...z.strictObject(plugin).partial().shape,
      ...{ id: textOrNull, package: textOrNull, entry_point: textOrNull },
      status: z.enum(["loaded", "rejected"]),
      rejection: z.strictObject({ code: text, reason: text }).nullable(),
      requires: textOrNull,
      lock: lock.nullable(),
      lock_status: z.enum(["match", "drift", "not_locked"]),
      drift,
      trusted_until: textOrNull,
      config: z.array(configKey).nullable(),
      high_impact: texts,
      granted_capabilities: texts.nullable(),
      permission_change: change,
      granted_hooks: texts.nullable(),
      hook_change: change,
      signer_change,
      dependencies,
      provided_by_host: texts,
      plain_words: z.record(z.string(), text),
      hook_words: z.record(z.string(), text).nullable(),
      always: texts,
      warnings,
    })
    .describe(
      "What `plugins describe --json` prints: the row of `list`, as far as it is known, and more.",
    ),
  search: z
    .array(
      z.strictObject({
        ...entry,
        summary: text,
        install_command: text,
        enable_command: textOrNull,
      }),
    )
    .describe("What `plugins search --json` prints."),
  enable: z
    .strictObject({
      action: z.enum(["enable", "disable"]),
      ...entry,
      commands: texts,
      note: text,
    })
    .describe("What `plugins enable --json` and `plugins disable --json` print."),
  "plugins-doctor": z.array(diagnosis).describe("What `plugins doctor --json` prints."),
  doctor: z
    .strictObject({
      status: z.enum(["ok", "warning", "error"]),
      mode: z.enum(["dev", "production"]),
      lock: lock.nullable(),
      findings: z.array(
        z.strictObject({
          about: z.enum(["setting", "mode", "lock", "journal", "pending"]),
          severity: z.enum(["warning", "error"]),
          message: text,
          recommendation: text,
        }),
      ),
      plugins: z.array(diagnosis),
      warnings,
    })
    .describe("What `doctor --json` prints."),
  trust: z
    .strictObject({
      action: z.literal("trust"),
      ...trusted,
      lock,
      journal_path: textOrNull,
      warnings,
    })
    .describe("What `plugins trust --json` prints."),
  untrust: z
    .strictObject({
      action: z.literal("untrust"),
      id: text,
      previous: z.strictObject(locked).nullable(),
      lock,
      journal_path: textOrNull,
      warnings,
    })
    .describe("What `plugins untrust --json` prints."),
  lock: z
    .strictObject({
      action: z.enum(["create", "all", "prune", "check"]),
      lock,
      journal_path: textOrNull.describe("Null where nothing was recorded."),
      created: z.boolean(),
      trusted: z.array(z.strictObject(trusted)),
      untrusted: z.array(z.strictObject({ id: text })),
      skipped: z.array(z.strictObject({ id: text, code: text, reason: text })),
      warnings,
    })
    .describe("What `plugins lock --json` prints."),
  verify: z
    .strictObject({
      ok: z.boolean().describe("Whether the command ends with 0."),
      lock,
      drift,
      linked: z
        .array(z.strictObject({ id: text, path: text }))
        .describe("Plugins that are links, which production refuses."),
      duplicates: z
        .array(z.strictObject({ id: text, paths: texts }))
        .describe("Ids that several packages claim, of which production refuses each."),
      unhashable: z.array(z.strictObject({ id: text, code: text, reason: text })),
      journal_problems,
      journal_problem_count: count,
      pending: z.boolean().describe("Whether a change was begun and not ended."),
      unreadable: texts.describe("Folders of packages that cannot be read."),
      permissions: z.array(
        z.strictObject({ id: text, ...change.shape, hook_change: change, signer_change }),
      ),
      warnings,
    })
    .describe("What `plugins verify --json` prints."),
  journal: z
    .strictObject({
      lock: lock.nullable(),
      journal_path: textOrNull,
      changes: z
        .array(
          z.strictObject({
            line: z.int(),
            at: text.describe("When, as the line has it: ISO 8601."),
            action: z.enum(["trust", "revoke"]),
            id: text,
            version: textOrNull.describe("Null where trust was taken back."),
            distribution_hash: textOrNull,
            until: textOrNull,
            reason: text,
            actor: textOrNull.describe("Null where a hand wrote the line."),
          }),
        )
        .describe("The last hundred, in their order."),
      change_count: count,
      journal_problems,
      journal_problem_count: count,
      warnings,
    })
    .describe("What `plugins journal --json` prints."),
  sign: z
    .strictObject({
      action: z.literal("sign"),
      ...{ package: text, version: text, distribution_hash: text },
      ...{ identity: text, key_id: text },
      evidence: text.describe("The path of the signature."),
      publisher: z
        .strictObject({ identity: text, key_id: text, public_key: text })
        .describe("The entry for an operator's file of keys."),
      warnings,
    })
    .describe("What `plugins sign --json` prints."),
  keygen: z
    .strictObject({
      action: z.literal("keygen"),
      key: text.describe("The path of the private key."),
      publisher: z
        .strictObject({ identity: text, key_id: text, public_key: text })
        .describe("The entry for an operator's file of keys."),
    })
    .describe("What `plugins keygen --json` prints."),
  completion: z
    .strictObject({ shell: z.enum(["bash", "zsh", "fish"]), script: text })
    .describe("What `completion --json` prints."),
  error: z
    .strictObject({ error: z.strictObject({ code: text, message: text }) })
    .describe("What every command prints with `--json` where it refuses."),
} as const;

/** By the name of their schema, what is printed. */
export type Documents = {
  readonly [Name in keyof typeof documents]: DeepReadonly<z.infer<(typeof documents)[Name]>>;
};

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;
