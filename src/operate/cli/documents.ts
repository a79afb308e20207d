/**
 * Parts that documents of `--json` share: a key means one thing wherever it stands. Each command has
 * the schema of its own document, and prints only what that schema names.
 */
import * as z from "zod";
import { doctorStates } from "./diagnose.ts";

export const text = z.string();
export const texts = z.array(text);
export const textOrNull = text.nullable();
export const count = z.int().min(0);
export const warnings = texts.describe("A sentence each.");

export const mode = z.enum(["dev", "production"]);

export const lock = z
  .object({
    path: text,
    schema_version: z.int(),
    entries: count.describe("How many there are."),
  })
  .describe("The lockfile in effect.");

export const drift = z.array(
  z.object({
    id: text,
    kind: text,
    expected: textOrNull,
    actual: textOrNull,
    blocking: z.boolean().describe("Whether production refuses the plugin for it."),
  }),
);

const health = z.object({
  status: text,
  message: text,
  checked_at: textOrNull,
  error_summary: textOrNull,
});

/** A plugin in a list. The optional keys are there where they apply. */
export const plugin = {
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

export const journal_problems = z
  .array(z.object({ line: z.int().nullable(), id: textOrNull, problem: text }))
  .describe("The first hundred.");

export const change = z.object({ added: texts, removed: texts });

export const signer_change = z
  .object({ was: text, now: text })
  .nullable()
  .describe("Null where it is the same, or not known.");

export const dependencies = z
  .array(z.object({ name: text, version: text, hash: text }))
  .describe("What Node would load for the plugin besides its own package.");

const lockedShape = {
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

export const locked = z.object(lockedShape);

export const trusted = {
  id: text,
  ...lockedShape,
  previous: locked.nullable(),
  permission_change: change,
  hook_change: change,
  signer_change,
};

export const diagnosis = z.object({
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

export const entry = { slug: text, package: text, env_var: textOrNull };

export const publisher = z
  .object({ identity: text, key_id: text, public_key: text })
  .describe("The entry for an operator's file of keys.");

export const errorDocument = z
  .object({ error: z.object({ code: text, message: text }) })
  .describe("What every command prints with `--json` where it refuses.");
