import * as z from "zod/mini";
import { labelSet, withAliases, withDefault } from "../../schema/index.ts";
import {
  anyJson,
  noSet,
  noTexts,
  optionalCount,
  optionalInstant,
  optionalText,
  optionalTexts,
  text,
  textMap,
} from "./leaves.ts";

/**
 * What the older generation calls `type`, the newer one calls `subject_type`. In the newer one, a
 * subject may lack its id, its type or both.
 */
const subjectSchema = withAliases(
  z.object({
    id: optionalText,
    type: z.optional(z.enum(["user", "agent", "service", "system"])),
    roles: noSet,
    permissions: noSet,
    teams: noSet,
    claims: z._default(textMap, {}),
  }),
  { subject_type: "type" },
);

const objectProfileSchema = z.object({
  managed_by: withDefault(text, "host"),
  permissions: noTexts,
  trust_domain: optionalText,
  data_scope: noTexts,
});

const retentionSchema = z.object({
  max_age_seconds: optionalCount,
  policy: withDefault(text, "persistent"),
  delete_after: optionalText,
});

const dataPolicySchema = z.object({
  apply_labels: noTexts,
  allowed_actions: optionalTexts,
  denied_actions: noTexts,
  retention: z.optional(retentionSchema),
});

const clientSchema = z.object({
  client_id: text,
  client_name: optionalText,
  trust_level: withDefault(text, "third_party"),
  authorized_scopes: optionalTexts,
  authorized_audiences: optionalTexts,
  roles: optionalTexts,
  permissions: optionalTexts,
  teams: optionalTexts,
  claims: z.optional(z.record(text, anyJson)),
});

const workloadSchema = z.object({
  spiffe_id: optionalText,
  trust_domain: optionalText,
  attested_at: optionalInstant,
  attestor: optionalText,
  selectors: optionalTexts,
  client_id: optionalText,
});

export const securitySchema = z.object({
  labels: z._default(labelSet(), []),
  classification: optionalText,
  subject: z.optional(subjectSchema),
  objects: z._default(z.record(text, objectProfileSchema), {}),
  data: z._default(z.record(text, dataPolicySchema), {}),
  client: z.optional(clientSchema),
  caller_workload: z.optional(workloadSchema),
  this_workload: z.optional(workloadSchema),
  auth_method: optionalText,
});
