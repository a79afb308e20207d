import * as z from "zod";
import {
  instant,
  jsonValue,
  labelSet,
  stringSet,
  wholeNumber,
  withAliases,
  withDefault,
} from "../../admit/index.ts";

const texts = () => z.array(z.string());

/** `subject_type` is what the newer generation calls `type`. */
const subjectSchema = withAliases(
  z.object({
    id: z.string(),
    type: z.enum(["user", "agent", "service", "system"]),
    roles: stringSet().default([]),
    permissions: stringSet().default([]),
    teams: stringSet().default([]),
    claims: z.record(z.string(), z.string()).default({}),
  }),
  { subject_type: "type" },
);

const objectProfileSchema = z.object({
  managed_by: withDefault(z.string(), "host"),
  permissions: texts().default([]),
  trust_domain: z.string().optional(),
  data_scope: texts().default([]),
});

const retentionSchema = z.object({
  max_age_seconds: wholeNumber().optional(),
  policy: withDefault(z.string(), "persistent"),
  delete_after: z.string().optional(),
});

const dataPolicySchema = z.object({
  apply_labels: texts().default([]),
  allowed_actions: texts().optional(),
  denied_actions: texts().default([]),
  retention: retentionSchema.optional(),
});

const clientSchema = z.object({
  client_id: z.string(),
  client_name: z.string().optional(),
  trust_level: withDefault(z.string(), "third_party"),
  authorized_scopes: texts().optional(),
  authorized_audiences: texts().optional(),
  roles: texts().optional(),
  permissions: texts().optional(),
  teams: texts().optional(),
  claims: z.record(z.string(), jsonValue()).optional(),
});

const workloadSchema = z.object({
  spiffe_id: z.string().optional(),
  trust_domain: z.string().optional(),
  attested_at: instant().optional(),
  attestor: z.string().optional(),
  selectors: texts().optional(),
  client_id: z.string().optional(),
});

export const securitySchema = z.object({
  labels: labelSet().default([]),
  classification: z.string().optional(),
  subject: subjectSchema.optional(),
  objects: z.record(z.string(), objectProfileSchema).default({}),
  data: z.record(z.string(), dataPolicySchema).default({}),
  client: clientSchema.optional(),
  caller_workload: workloadSchema.optional(),
  this_workload: workloadSchema.optional(),
  auth_method: z.string().optional(),
});
