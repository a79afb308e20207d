// Generated from the slot table by `npm run generate`. Edit the table, not this file.
// Types without a schema in them: the compiler reads these, and never compares zod's classes.
// Aliases, not interfaces, so that they are still values of Record<string, unknown>.
import type { Json } from "../data/index.ts";
import type { Given, PlainSchema } from "./types.ts";

/** A slot of which plugins can only see all or nothing. */
interface ImmutableSlot<Read, Slot, Input> {
  readonly tier: "immutable";
  readonly read: Read;
  readonly description: string;
  readonly schema: PlainSchema<Slot, Input>;
}

/** The slot `request`. The request: its environment, ids and trace. */
export type RequestSlot = {
  /** Immutable. Shown with `request`. */
  readonly environment?: string | undefined;
  /** Immutable. Shown with `request`. */
  readonly request_id?: string | undefined;
  /** Immutable. Shown with `request`. */
  readonly timestamp?: string | undefined;
  /** Immutable. Shown with `request`. */
  readonly trace_id?: string | undefined;
  /** Immutable. Shown with `request`. */
  readonly span_id?: string | undefined;
};
type RequestInput = Given<RequestSlot>;

/** The slot `agent`. The agent that runs, its session and its conversation. */
export type AgentSlot = {
  /** Immutable. Shown with `agent`. */
  readonly input?: string | undefined;
  /** Immutable. Shown with `agent`. */
  readonly session_id?: string | undefined;
  /** Immutable. Shown with `agent`. */
  readonly conversation_id?: string | undefined;
  /** Immutable. Shown with `agent`. */
  readonly turn?: number | undefined;
  /** Immutable. Shown with `agent`. */
  readonly agent_id?: string | undefined;
  /** Immutable. Shown with `agent`. */
  readonly parent_agent_id?: string | undefined;
  /** Immutable. Shown with `agent`. */
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
  /** Mutable. Shown with `http`; `write_headers` changes it. */
  readonly headers: { readonly [key: string]: string };
  /** Mutable. Shown with `http`; `write_headers` changes it. */
  readonly request_headers?: { readonly [key: string]: string } | undefined;
  /** Mutable. Shown with `http`; `write_headers` changes it. */
  readonly response_headers?: { readonly [key: string]: string } | undefined;
  /** Immutable. Shown with `http`. */
  readonly method?: string | undefined;
  /** Immutable. Shown with `http`. */
  readonly path?: string | undefined;
  /** Immutable. Shown with `http`. */
  readonly host?: string | undefined;
  /** Immutable. Shown with `http`. */
  readonly scheme?: string | undefined;
};
type HttpInput = Given<HttpSlot>;

/** The slot `security`. Who calls, what the data is marked with, and what policy says of it. */
export type SecuritySlot = {
  /** Monotonic. Shown by `append_labels` or `read_labels`; `append_labels` adds to it. */
  readonly labels: readonly string[];
  /** Immutable. Shown with `security`. */
  readonly classification?: string | undefined;
  /** Immutable. Shown by `read_claims`, `read_permissions`, `read_roles`, `read_subject` or `read_teams`. */
  readonly subject?:
    | {
        /** Immutable. Shown with `security.subject`. */
        readonly id?: string | undefined;
        /** Immutable. Shown with `security.subject`. */
        readonly type?: "user" | "agent" | "service" | "system" | undefined;
        /** Immutable. Shown by `read_roles`. */
        readonly roles: readonly string[];
        /** Immutable. Shown by `read_permissions`. */
        readonly permissions: readonly string[];
        /** Immutable. Shown by `read_teams`. */
        readonly teams: readonly string[];
        /** Immutable. Shown by `read_claims`. */
        readonly claims: { readonly [key: string]: string };
      }
    | undefined;
  /** Immutable. Shown with `security`. */
  readonly objects: {
    readonly [key: string]: {
      readonly managed_by: string;
      readonly permissions: readonly string[];
      readonly trust_domain?: string | undefined;
      readonly data_scope: readonly string[];
    };
  };
  /** Immutable. Shown with `security`. */
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
  /** Immutable. Shown by `read_client`. */
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
  /** Immutable. Shown by `read_workload`. */
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
  /** Immutable. Shown by `read_workload`. */
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
  /** Immutable. Shown with `security`. */
  readonly auth_method?: string | undefined;
};
type SecurityInput = Given<SecuritySlot, "client_id">;

/** The slot `delegation`. On whose behalf the call is made: a chain of hops. */
export type DelegationSlot = {
  /** Monotonic. Shown with `delegation`; `append_delegation` adds to it. */
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
  /** Follows from `chain`. Shown with `delegation`. */
  readonly depth: number;
  /** Follows from `chain`. Shown with `delegation`. */
  readonly origin_subject_id?: string | undefined;
  /** Follows from `chain`. Shown with `delegation`. */
  readonly actor_subject_id?: string | undefined;
  /** Follows from `chain`. Shown with `delegation`. */
  readonly delegated: boolean;
  /** Follows from `chain`. Shown with `delegation`. */
  readonly age_seconds: number;
};
type DelegationInput = Given<DelegationSlot, "subject_id" | "subject_type" | "type">;

/** The slot `mcp`. The MCP tool, resource or prompt in question. */
export type McpSlot = {
  /** Immutable. Shown with `mcp`. */
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
  /** Immutable. Shown with `mcp`. */
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
  /** Immutable. Shown with `mcp`. */
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
  /** Immutable. Shown with `completion`. */
  readonly stop_reason?: "end" | "return" | "call" | "max_tokens" | "stop_sequence" | undefined;
  /** Immutable. Shown with `completion`. */
  readonly tokens?:
    | {
        readonly input_tokens: number;
        readonly output_tokens: number;
        readonly total_tokens: number;
      }
    | undefined;
  /** Immutable. Shown with `completion`. */
  readonly model?: string | undefined;
  /** Immutable. Shown with `completion`. */
  readonly raw_format?: string | undefined;
  /** Immutable. Shown with `completion`. */
  readonly created_at?: string | undefined;
  /** Immutable. Shown with `completion`. */
  readonly latency_ms?: number | undefined;
};
type CompletionInput = Given<CompletionSlot, "input_tokens" | "output_tokens" | "total_tokens">;

/** The slot `provenance`. Where the message comes from and which one it answers. */
export type ProvenanceSlot = {
  /** Immutable. Shown with `provenance`. */
  readonly source?: string | undefined;
  /** Immutable. Shown with `provenance`. */
  readonly message_id?: string | undefined;
  /** Immutable. Shown with `provenance`. */
  readonly parent_id?: string | undefined;
};
type ProvenanceInput = Given<ProvenanceSlot>;

/** The slot `llm`. The model, its provider and what it can do. */
export type LlmSlot = {
  /** Immutable. Shown with `llm`. */
  readonly model_id?: string | undefined;
  /** Immutable. Shown with `llm`. */
  readonly provider?: string | undefined;
  /** Immutable. Shown with `llm`. */
  readonly capabilities: readonly string[];
};
type LlmInput = Given<LlmSlot>;

/** The slot `framework`. The agent framework that runs the node. */
export type FrameworkSlot = {
  /** Immutable. Shown with `framework`. */
  readonly framework?: string | undefined;
  /** Immutable. Shown with `framework`. */
  readonly framework_version?: string | undefined;
  /** Immutable. Shown with `framework`. */
  readonly node_id?: string | undefined;
  /** Immutable. Shown with `framework`. */
  readonly graph_id?: string | undefined;
  /** Immutable. Shown with `framework`. */
  readonly metadata: { readonly [key: string]: Json };
};
type FrameworkInput = Given<FrameworkSlot>;

/** The slot `meta`. Tags, scope and properties of the entity. */
export type MetaSlot = {
  /** Immutable. Shown with `meta`. */
  readonly tags: readonly string[];
  /** Immutable. Shown with `meta`. */
  readonly scope?: string | undefined;
  /** Immutable. Shown with `meta`. */
  readonly properties: { readonly [key: string]: string };
  /** Immutable. Shown with `meta`. */
  readonly entity_type?: string | undefined;
  /** Immutable. Shown with `meta`. */
  readonly entity_name?: string | undefined;
};
type MetaInput = Given<MetaSlot>;

/** The slot `custom`. Data that plugins share. Unattributed: never base a decision on it. */
export type CustomSlot = { readonly [key: string]: Json };
type CustomInput = Given<CustomSlot>;

/** The standard slots by name. */
export type StandardSlots = {
  /** The request: its environment, ids and trace. Immutable. Every plugin sees it. */
  readonly request: ImmutableSlot<"everyone", RequestSlot, RequestInput>;
  /** The agent that runs, its session and its conversation. Immutable. Shown by `read_agent`. */
  readonly agent: ImmutableSlot<"read_agent", AgentSlot, AgentInput>;
  /** Headers, and what else is known of the HTTP request. Mutable. Shown by `read_headers` or `write_headers`; `write_headers` changes it. */
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
  /** Who calls, what the data is marked with, and what policy says of it. Immutable. Every plugin sees it. */
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
  /** On whose behalf the call is made: a chain of hops. Monotonic. Shown by `append_delegation` or `read_delegation`; `append_delegation` adds to it. */
  readonly delegation: {
    readonly tier: "monotonic";
    readonly read: "read_delegation";
    readonly write: "append_delegation";
    readonly grows: "chain";
    readonly description: string;
    readonly schema: PlainSchema<DelegationSlot, DelegationInput>;
  };
  /** The MCP tool, resource or prompt in question. Immutable. Every plugin sees it. */
  readonly mcp: ImmutableSlot<"everyone", McpSlot, McpInput>;
  /** How a model's answer ended, and what it cost. Immutable. Every plugin sees it. */
  readonly completion: ImmutableSlot<"everyone", CompletionSlot, CompletionInput>;
  /** Where the message comes from and which one it answers. Immutable. Every plugin sees it. */
  readonly provenance: ImmutableSlot<"everyone", ProvenanceSlot, ProvenanceInput>;
  /** The model, its provider and what it can do. Immutable. Every plugin sees it. */
  readonly llm: ImmutableSlot<"everyone", LlmSlot, LlmInput>;
  /** The agent framework that runs the node. Immutable. Every plugin sees it. */
  readonly framework: ImmutableSlot<"everyone", FrameworkSlot, FrameworkInput>;
  /** Tags, scope and properties of the entity. Immutable. Every plugin sees it. */
  readonly meta: ImmutableSlot<"everyone", MetaSlot, MetaInput>;
  /** Data that plugins share. Unattributed: never base a decision on it. Mutable. Every plugin sees it and may change it. */
  readonly custom: {
    readonly tier: "mutable";
    readonly read: "everyone";
    readonly write: "everyone";
    readonly description: string;
    readonly schema: PlainSchema<CustomSlot, CustomInput>;
  };
};
