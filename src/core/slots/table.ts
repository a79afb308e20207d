/**
 * The slot table: which slots exist, what they may contain, how they may change, and which
 * capability opens each part. Everything else is derived from this table. Slots are listed, encoded
 * and documented in its order, so a new one belongs next to similar ones.
 *
 * Source of names and types: the Common Message Format as CPEX writes it, older and newer
 * generation. Source of gates: `spec/filter.md`; of tiers: `spec/merge.md`.
 */
import { jsonObject } from "../schema/index.ts";
import { agentSchema } from "./schemas/agent.ts";
import { delegationSchema, deriveDelegation } from "./schemas/delegation.ts";
import { httpSchema } from "./schemas/http.ts";
import { mcpSchema } from "./schemas/mcp.ts";
import {
  completionSchema,
  frameworkSchema,
  llmSchema,
  metaSchema,
  provenanceSchema,
} from "./schemas/model.ts";
import { requestSchema } from "./schemas/request.ts";
import { securitySchema } from "./schemas/security.ts";
import type { StandardSlots } from "./slot-types.generated.ts";
import type { HostInputOf } from "./types.ts";

/** As `defineSlots` demands, which a test checks, not each start. */
export const standardSlots: StandardSlots = Object.freeze({
  request: {
    tier: "immutable",
    read: "everyone",
    description: "The request: its environment, ids and trace.",
    schema: requestSchema,
  },
  agent: {
    tier: "immutable",
    read: "read_agent",
    description: "The agent that runs, its session and its conversation.",
    schema: agentSchema,
  },
  http: {
    tier: "mutable",
    read: "read_headers",
    write: "write_headers",
    description: "Headers, and what else is known of the HTTP request.",
    schema: httpSchema,
    fields: {
      method: { tier: "immutable" },
      path: { tier: "immutable" },
      host: { tier: "immutable" },
      scheme: { tier: "immutable" },
    },
  },
  security: {
    tier: "immutable",
    read: "everyone",
    description: "Who calls, what the data is marked with, and what policy says of it.",
    schema: securitySchema,
    closed: true,
    fields: {
      labels: { tier: "monotonic", read: "read_labels", write: "append_labels" },
      subject: {
        read: "read_subject",
        fields: {
          roles: { read: "read_roles" },
          teams: { read: "read_teams" },
          claims: { read: "read_claims" },
          permissions: { read: "read_permissions" },
        },
      },
      client: { read: "read_client" },
      caller_workload: { read: "read_workload" },
      this_workload: { read: "read_workload" },
    },
  },
  delegation: {
    tier: "monotonic",
    read: "read_delegation",
    write: "append_delegation",
    description: "On whose behalf the call is made: a chain of hops.",
    schema: delegationSchema,
    closed: true,
    grows: "chain",
    derive: deriveDelegation,
  },
  mcp: {
    tier: "immutable",
    read: "everyone",
    description: "The MCP tool, resource or prompt in question.",
    schema: mcpSchema,
  },
  completion: {
    tier: "immutable",
    read: "everyone",
    description: "How a model's answer ended, and what it cost.",
    schema: completionSchema,
  },
  provenance: {
    tier: "immutable",
    read: "everyone",
    description: "Where the message comes from and which one it answers.",
    schema: provenanceSchema,
  },
  llm: {
    tier: "immutable",
    read: "everyone",
    description: "The model, its provider and what it can do.",
    schema: llmSchema,
  },
  framework: {
    tier: "immutable",
    read: "everyone",
    description: "The agent framework that runs the node.",
    schema: frameworkSchema,
  },
  meta: {
    tier: "immutable",
    read: "everyone",
    description: "Tags, scope and properties of the entity.",
    schema: metaSchema,
  },
  custom: {
    tier: "mutable",
    read: "everyone",
    write: "everyone",
    description: "Data that plugins share. Unattributed: never base a decision on it.",
    schema: jsonObject(),
  },
});

/** What `appendHop` accepts: fields with a default may be left out. */
export type HopInput = NonNullable<
  HostInputOf<StandardSlots["delegation"]["schema"]>["chain"]
>[number];
