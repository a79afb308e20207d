// Generated from the slot table by `npm run generate`. Edit the table, not this file.
// Types without a schema in them: the compiler reads these, and never compares zod's classes.
// Aliases, not interfaces, so that they are still values of Record<string, unknown>.
import type { Json } from "../data/index.ts";
import type { PlainSchema } from "./types.ts";

/** The slot `request`. The request: its environment, ids and trace. */
export type RequestSlot = {
  readonly environment?: string | undefined;
  readonly request_id?: string | undefined;
  readonly timestamp?: string | undefined;
  readonly trace_id?: string | undefined;
  readonly span_id?: string | undefined;
};
/** The slot `request` as a host may write it. */
type RequestInput = {
  readonly environment?: string | undefined | null;
  readonly request_id?: string | undefined | null;
  readonly timestamp?: string | undefined | null;
  readonly trace_id?: string | undefined | null;
  readonly span_id?: string | undefined | null;
};

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
/** The slot `agent` as a host may write it. */
type AgentInput = {
  readonly input?: string | undefined | null;
  readonly session_id?: string | undefined | null;
  readonly conversation_id?: string | undefined | null;
  readonly turn?: number | undefined | null;
  readonly agent_id?: string | undefined | null;
  readonly parent_agent_id?: string | undefined | null;
  readonly conversation?:
    | {
        readonly history?: readonly Json[] | undefined;
        readonly summary?: string | undefined | null;
        readonly topics?: readonly string[] | undefined;
      }
    | undefined
    | null;
};

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
/** The slot `http` as a host may write it. */
type HttpInput = {
  readonly headers?: { readonly [key: string]: string } | undefined;
  readonly request_headers?: { readonly [key: string]: string } | undefined | null;
  readonly response_headers?: { readonly [key: string]: string } | undefined | null;
  readonly method?: string | undefined | null;
  readonly path?: string | undefined | null;
  readonly host?: string | undefined | null;
  readonly scheme?: string | undefined | null;
};

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
/** The slot `security` as a host may write it. */
type SecurityInput = {
  readonly labels?: readonly string[] | undefined;
  readonly classification?: string | undefined | null;
  readonly subject?:
    | {
        readonly id?: string | undefined | null;
        readonly type?: "user" | "agent" | "service" | "system" | undefined | null;
        readonly roles?: readonly string[] | undefined;
        readonly permissions?: readonly string[] | undefined;
        readonly teams?: readonly string[] | undefined;
        readonly claims?: { readonly [key: string]: string } | undefined;
      }
    | undefined
    | null;
  readonly objects?:
    | {
        readonly [key: string]: {
          readonly managed_by?: string | undefined;
          readonly permissions?: readonly string[] | undefined;
          readonly trust_domain?: string | undefined | null;
          readonly data_scope?: readonly string[] | undefined;
        };
      }
    | undefined;
  readonly data?:
    | {
        readonly [key: string]: {
          readonly apply_labels?: readonly string[] | undefined;
          readonly allowed_actions?: readonly string[] | undefined | null;
          readonly denied_actions?: readonly string[] | undefined;
          readonly retention?:
            | {
                readonly max_age_seconds?: number | undefined | null;
                readonly policy?: string | undefined;
                readonly delete_after?: string | undefined | null;
              }
            | undefined
            | null;
        };
      }
    | undefined;
  readonly client?:
    | {
        readonly client_id: string;
        readonly client_name?: string | undefined | null;
        readonly trust_level?: string | undefined;
        readonly authorized_scopes?: readonly string[] | undefined | null;
        readonly authorized_audiences?: readonly string[] | undefined | null;
        readonly roles?: readonly string[] | undefined | null;
        readonly permissions?: readonly string[] | undefined | null;
        readonly teams?: readonly string[] | undefined | null;
        readonly claims?: { readonly [key: string]: Json } | undefined | null;
      }
    | undefined
    | null;
  readonly caller_workload?:
    | {
        readonly spiffe_id?: string | undefined | null;
        readonly trust_domain?: string | undefined | null;
        readonly attested_at?: string | undefined | null;
        readonly attestor?: string | undefined | null;
        readonly selectors?: readonly string[] | undefined | null;
        readonly client_id?: string | undefined | null;
      }
    | undefined
    | null;
  readonly this_workload?:
    | {
        readonly spiffe_id?: string | undefined | null;
        readonly trust_domain?: string | undefined | null;
        readonly attested_at?: string | undefined | null;
        readonly attestor?: string | undefined | null;
        readonly selectors?: readonly string[] | undefined | null;
        readonly client_id?: string | undefined | null;
      }
    | undefined
    | null;
  readonly auth_method?: string | undefined | null;
};

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
/** The slot `delegation` as a host may write it. */
type DelegationInput = {
  readonly chain?:
    | readonly {
        readonly subject_id: string;
        readonly subject_type: string;
        readonly audience?: string | undefined | null;
        readonly scopes_granted?: readonly string[] | undefined;
        readonly timestamp?: string | undefined;
        readonly ttl_seconds?: number | undefined | null;
        readonly strategy?: string | undefined | null;
        readonly from_cache?: boolean | undefined;
        readonly authorization_details?:
          | readonly {
              readonly type: string;
              readonly locations?: readonly string[] | undefined | null;
              readonly actions?: readonly string[] | undefined | null;
              readonly datatypes?: readonly string[] | undefined | null;
              readonly identifier?: string | undefined | null;
              readonly privileges?: readonly string[] | undefined | null;
              readonly [key: string]: Json | undefined;
            }[]
          | undefined
          | null;
      }[]
    | undefined;
  readonly depth?: number | undefined;
  readonly origin_subject_id?: string | undefined | null;
  readonly actor_subject_id?: string | undefined | null;
  readonly delegated?: boolean | undefined;
  readonly age_seconds?: number | undefined;
};

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
/** The slot `mcp` as a host may write it. */
type McpInput = {
  readonly tool?:
    | {
        readonly name: string;
        readonly title?: string | undefined | null;
        readonly description?: string | undefined | null;
        readonly input_schema?: Json | undefined | null;
        readonly output_schema?: Json | undefined | null;
        readonly server_id?: string | undefined | null;
        readonly namespace?: string | undefined | null;
        readonly annotations?: { readonly [key: string]: Json } | undefined;
      }
    | undefined
    | null;
  readonly resource?:
    | {
        readonly uri: string;
        readonly name?: string | undefined | null;
        readonly description?: string | undefined | null;
        readonly mime_type?: string | undefined | null;
        readonly server_id?: string | undefined | null;
        readonly annotations?: { readonly [key: string]: Json } | undefined;
      }
    | undefined
    | null;
  readonly prompt?:
    | {
        readonly name: string;
        readonly description?: string | undefined | null;
        readonly arguments?: readonly Json[] | undefined | null;
        readonly server_id?: string | undefined | null;
        readonly annotations?: { readonly [key: string]: Json } | undefined;
      }
    | undefined
    | null;
};

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
/** The slot `completion` as a host may write it. */
type CompletionInput = {
  readonly stop_reason?:
    | "end"
    | "return"
    | "call"
    | "max_tokens"
    | "stop_sequence"
    | undefined
    | null;
  readonly tokens?:
    | {
        readonly input_tokens: number;
        readonly output_tokens: number;
        readonly total_tokens: number;
      }
    | undefined
    | null;
  readonly model?: string | undefined | null;
  readonly raw_format?: string | undefined | null;
  readonly created_at?: string | undefined | null;
  readonly latency_ms?: number | undefined | null;
};

/** The slot `provenance`. Where the message comes from and which one it answers. */
export type ProvenanceSlot = {
  readonly source?: string | undefined;
  readonly message_id?: string | undefined;
  readonly parent_id?: string | undefined;
};
/** The slot `provenance` as a host may write it. */
type ProvenanceInput = {
  readonly source?: string | undefined | null;
  readonly message_id?: string | undefined | null;
  readonly parent_id?: string | undefined | null;
};

/** The slot `llm`. The model, its provider and what it can do. */
export type LlmSlot = {
  readonly model_id?: string | undefined;
  readonly provider?: string | undefined;
  readonly capabilities: readonly string[];
};
/** The slot `llm` as a host may write it. */
type LlmInput = {
  readonly model_id?: string | undefined | null;
  readonly provider?: string | undefined | null;
  readonly capabilities?: readonly string[] | undefined;
};

/** The slot `framework`. The agent framework that runs the node. */
export type FrameworkSlot = {
  readonly framework?: string | undefined;
  readonly framework_version?: string | undefined;
  readonly node_id?: string | undefined;
  readonly graph_id?: string | undefined;
  readonly metadata: { readonly [key: string]: Json };
};
/** The slot `framework` as a host may write it. */
type FrameworkInput = {
  readonly framework?: string | undefined | null;
  readonly framework_version?: string | undefined | null;
  readonly node_id?: string | undefined | null;
  readonly graph_id?: string | undefined | null;
  readonly metadata?: { readonly [key: string]: Json } | undefined;
};

/** The slot `meta`. Tags, scope and properties of the entity. */
export type MetaSlot = {
  readonly tags: readonly string[];
  readonly scope?: string | undefined;
  readonly properties: { readonly [key: string]: string };
  readonly entity_type?: string | undefined;
  readonly entity_name?: string | undefined;
};
/** The slot `meta` as a host may write it. */
type MetaInput = {
  readonly tags?: readonly string[] | undefined;
  readonly scope?: string | undefined | null;
  readonly properties?: { readonly [key: string]: string } | undefined;
  readonly entity_type?: string | undefined | null;
  readonly entity_name?: string | undefined | null;
};

/** The slot `custom`. Anything plugins tell each other. Shared and unattributed: never decide by it. */
export type CustomSlot = { readonly [key: string]: Json };
/** The slot `custom` as a host may write it. */
type CustomInput = { readonly [key: string]: Json };

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
