// Generated from the slot table by `npm run generate`. Edit the table, not this file.
// Types without a schema in them: the compiler reads these, and never compares zod's classes.
// Aliases, not interfaces, so that they are still values of Record<string, unknown>.
import type { Json } from "../data/index.ts";
import type { Given, PlainSchema } from "./types.ts";

/** The slot `request`. The request: its environment, ids and trace. */
export type RequestSlot = {
  readonly environment?: string | undefined;
  readonly request_id?: string | undefined;
  readonly timestamp?: string | undefined;
  readonly trace_id?: string | undefined;
  readonly span_id?: string | undefined;
};
type RequestInput = Given<RequestSlot>;

/** The slot `agent`. The agent that runs, its session and its conversation. */
export type AgentSlot = {
  readonly input?: string | undefined;
  readonly session_id?: string | undefined;
  readonly conversation_id?: string | undefined;
  readonly turn?: number | undefined;
  readonly agent_id?: string | undefined;
  readonly parent_agent_id?: string | undefined;
  readonly conversation?:
    | {
        readonly history: readonly Json[];
        readonly summary?: string | undefined;
        readonly topics: readonly string[];
      }
    | undefined;
};
type AgentInput = Given<AgentSlot>;

/** The slot `http`. Headers, and what else is known of the HTTP request. */
export type HttpSlot = {
  readonly headers: { readonly [key: string]: string };
  readonly request_headers?: { readonly [key: string]: string } | undefined;
  readonly response_headers?: { readonly [key: string]: string } | undefined;
  readonly method?: string | undefined;
  readonly path?: string | undefined;
  readonly host?: string | undefined;
  readonly scheme?: string | undefined;
};
type HttpInput = Given<HttpSlot>;

/** The slot `security`. Who calls, what the data is marked with, and what policy says of it. */
export type SecuritySlot = {
  readonly labels: readonly string[];
  readonly classification?: string | undefined;
  readonly subject?:
    | {
        readonly id?: string | undefined;
        readonly type?: "user" | "agent" | "service" | "system" | undefined;
        readonly roles: readonly string[];
        readonly permissions: readonly string[];
        readonly teams: readonly string[];
        readonly claims: { readonly [key: string]: string };
      }
    | undefined;
  readonly objects: {
    readonly [key: string]: {
      readonly managed_by: string;
      readonly permissions: readonly string[];
      readonly trust_domain?: string | undefined;
      readonly data_scope: readonly string[];
    };
  };
  readonly data: {
    readonly [key: string]: {
      readonly apply_labels: readonly string[];
      readonly allowed_actions?: readonly string[] | undefined;
      readonly denied_actions: readonly string[];
      readonly retention?:
        | {
            readonly max_age_seconds?: number | undefined;
            readonly policy: string;
            readonly delete_after?: string | undefined;
          }
        | undefined;
    };
  };
  readonly client?:
    | {
        readonly client_id: string;
        readonly client_name?: string | undefined;
        readonly trust_level: string;
        readonly authorized_scopes?: readonly string[] | undefined;
        readonly authorized_audiences?: readonly string[] | undefined;
        readonly roles?: readonly string[] | undefined;
        readonly permissions?: readonly string[] | undefined;
        readonly teams?: readonly string[] | undefined;
        readonly claims?: { readonly [key: string]: Json } | undefined;
      }
    | undefined;
  readonly caller_workload?:
    | {
        readonly spiffe_id?: string | undefined;
        readonly trust_domain?: string | undefined;
        readonly attested_at?: string | undefined;
        readonly attestor?: string | undefined;
        readonly selectors?: readonly string[] | undefined;
        readonly client_id?: string | undefined;
      }
    | undefined;
  readonly this_workload?:
    | {
        readonly spiffe_id?: string | undefined;
        readonly trust_domain?: string | undefined;
        readonly attested_at?: string | undefined;
        readonly attestor?: string | undefined;
        readonly selectors?: readonly string[] | undefined;
        readonly client_id?: string | undefined;
      }
    | undefined;
  readonly auth_method?: string | undefined;
};
type SecurityInput = Given<SecuritySlot, "client_id">;

/** The slot `delegation`. On whose behalf the call is made: a chain of hops. */
export type DelegationSlot = {
  readonly chain: readonly {
    readonly subject_id: string;
    readonly subject_type: string;
    readonly audience?: string | undefined;
    readonly scopes_granted: readonly string[];
    readonly timestamp: string;
    readonly ttl_seconds?: number | undefined;
    readonly strategy?: string | undefined;
    readonly from_cache: boolean;
    readonly authorization_details?:
      | readonly {
          readonly type: string;
          readonly locations?: readonly string[] | undefined;
          readonly actions?: readonly string[] | undefined;
          readonly datatypes?: readonly string[] | undefined;
          readonly identifier?: string | undefined;
          readonly privileges?: readonly string[] | undefined;
          readonly [key: string]: Json | undefined;
        }[]
      | undefined;
  }[];
  readonly depth: number;
  readonly origin_subject_id?: string | undefined;
  readonly actor_subject_id?: string | undefined;
  readonly delegated: boolean;
  readonly age_seconds: number;
};
type DelegationInput = Given<DelegationSlot, "subject_id" | "subject_type" | "type">;

/** The slot `mcp`. The MCP tool, resource or prompt in question. */
export type McpSlot = {
  readonly tool?:
    | {
        readonly name: string;
        readonly title?: string | undefined;
        readonly description?: string | undefined;
        readonly input_schema?: Json | undefined;
        readonly output_schema?: Json | undefined;
        readonly server_id?: string | undefined;
        readonly namespace?: string | undefined;
        readonly annotations: { readonly [key: string]: Json };
      }
    | undefined;
  readonly resource?:
    | {
        readonly uri: string;
        readonly name?: string | undefined;
        readonly description?: string | undefined;
        readonly mime_type?: string | undefined;
        readonly server_id?: string | undefined;
        readonly annotations: { readonly [key: string]: Json };
      }
    | undefined;
  readonly prompt?:
    | {
        readonly name: string;
        readonly description?: string | undefined;
        readonly arguments?: readonly Json[] | undefined;
        readonly server_id?: string | undefined;
        readonly annotations: { readonly [key: string]: Json };
      }
    | undefined;
};
type McpInput = Given<McpSlot, "name" | "uri">;

/** The slot `completion`. How a model's answer ended, and what it cost. */
export type CompletionSlot = {
  readonly stop_reason?: "end" | "return" | "call" | "max_tokens" | "stop_sequence" | undefined;
  readonly tokens?:
    | {
        readonly input_tokens: number;
        readonly output_tokens: number;
        readonly total_tokens: number;
      }
    | undefined;
  readonly model?: string | undefined;
  readonly raw_format?: string | undefined;
  readonly created_at?: string | undefined;
  readonly latency_ms?: number | undefined;
};
type CompletionInput = Given<CompletionSlot, "input_tokens" | "output_tokens" | "total_tokens">;

/** The slot `provenance`. Where the message comes from and which one it answers. */
export type ProvenanceSlot = {
  readonly source?: string | undefined;
  readonly message_id?: string | undefined;
  readonly parent_id?: string | undefined;
};
type ProvenanceInput = Given<ProvenanceSlot>;

/** The slot `llm`. The model, its provider and what it can do. */
export type LlmSlot = {
  readonly model_id?: string | undefined;
  readonly provider?: string | undefined;
  readonly capabilities: readonly string[];
};
type LlmInput = Given<LlmSlot>;

/** The slot `framework`. The agent framework that runs the node. */
export type FrameworkSlot = {
  readonly framework?: string | undefined;
  readonly framework_version?: string | undefined;
  readonly node_id?: string | undefined;
  readonly graph_id?: string | undefined;
  readonly metadata: { readonly [key: string]: Json };
};
type FrameworkInput = Given<FrameworkSlot>;

/** The slot `meta`. Tags, scope and properties of the entity. */
export type MetaSlot = {
  readonly tags: readonly string[];
  readonly scope?: string | undefined;
  readonly properties: { readonly [key: string]: string };
  readonly entity_type?: string | undefined;
  readonly entity_name?: string | undefined;
};
type MetaInput = Given<MetaSlot>;

/** The slot `custom`. Data that plugins share. Unattributed: never base a decision on it. */
export type CustomSlot = { readonly [key: string]: Json };
type CustomInput = Given<CustomSlot>;

/** The standard slots by name. */
export type StandardSlots = {
  readonly request: {
    readonly tier: "immutable";
    readonly read: "everyone";
    readonly description: string;
    readonly schema: PlainSchema<RequestSlot, RequestInput>;
  };
  readonly agent: {
    readonly tier: "immutable";
    readonly read: "read_agent";
    readonly description: string;
    readonly schema: PlainSchema<AgentSlot, AgentInput>;
  };
  readonly http: {
    readonly tier: "mutable";
    readonly read: "read_headers";
    readonly write: "write_headers";
    readonly fields: {
      readonly method: { readonly tier: "immutable" };
      readonly path: { readonly tier: "immutable" };
      readonly host: { readonly tier: "immutable" };
      readonly scheme: { readonly tier: "immutable" };
    };
    readonly description: string;
    readonly schema: PlainSchema<HttpSlot, HttpInput>;
  };
  readonly security: {
    readonly tier: "immutable";
    readonly read: "everyone";
    readonly fields: {
      readonly labels: {
        readonly tier: "monotonic";
        readonly read: "read_labels";
        readonly write: "append_labels";
      };
      readonly subject: {
        readonly read: "read_subject";
        readonly fields: {
          readonly roles: { readonly read: "read_roles" };
          readonly teams: { readonly read: "read_teams" };
          readonly claims: { readonly read: "read_claims" };
          readonly permissions: { readonly read: "read_permissions" };
        };
      };
      readonly client: { readonly read: "read_client" };
      readonly caller_workload: { readonly read: "read_workload" };
      readonly this_workload: { readonly read: "read_workload" };
    };
    readonly description: string;
    readonly schema: PlainSchema<SecuritySlot, SecurityInput>;
  };
  readonly delegation: {
    readonly tier: "monotonic";
    readonly read: "read_delegation";
    readonly write: "append_delegation";
    readonly grows: "chain";
    readonly description: string;
    readonly schema: PlainSchema<DelegationSlot, DelegationInput>;
  };
  readonly mcp: {
    readonly tier: "immutable";
    readonly read: "everyone";
    readonly description: string;
    readonly schema: PlainSchema<McpSlot, McpInput>;
  };
  readonly completion: {
    readonly tier: "immutable";
    readonly read: "everyone";
    readonly description: string;
    readonly schema: PlainSchema<CompletionSlot, CompletionInput>;
  };
  readonly provenance: {
    readonly tier: "immutable";
    readonly read: "everyone";
    readonly description: string;
    readonly schema: PlainSchema<ProvenanceSlot, ProvenanceInput>;
  };
  readonly llm: {
    readonly tier: "immutable";
    readonly read: "everyone";
    readonly description: string;
    readonly schema: PlainSchema<LlmSlot, LlmInput>;
  };
  readonly framework: {
    readonly tier: "immutable";
    readonly read: "everyone";
    readonly description: string;
    readonly schema: PlainSchema<FrameworkSlot, FrameworkInput>;
  };
  readonly meta: {
    readonly tier: "immutable";
    readonly read: "everyone";
    readonly description: string;
    readonly schema: PlainSchema<MetaSlot, MetaInput>;
  };
  readonly custom: {
    readonly tier: "mutable";
    readonly read: "everyone";
    readonly write: "everyone";
    readonly description: string;
    readonly schema: PlainSchema<CustomSlot, CustomInput>;
  };
};
