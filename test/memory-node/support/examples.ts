/** Payloads of a memory node: one or more for each hook, each with its operation's facts. */
import type { HookSpec } from "glassine/host";
import { memoryNodeHooks, type Tenant } from "glassine/memory-node";

export type Hook = keyof typeof memoryNodeHooks;

/** The table, typed for code that does not know the hooks. */
export const table: { readonly [hook: string]: HookSpec } = memoryNodeHooks;
export const hooks = Object.keys(memoryNodeHooks) as readonly Hook[];

export interface Example {
  readonly payload: unknown;
  readonly operation?: { readonly [fact: string]: unknown };
}

export const fact = {
  id: "3f0d9a52-6a0e-4a39-9a55-0f7f6d4c2b11",
  entity: "project:apollo",
  relation: "status",
  value: { type: "string", v: "launched" },
  source: "agent:planner",
  scope: "team",
  confidence: 0.9,
  timestamp: "2026-03-01T10:00:00Z",
  contradicted: false,
  hlc: null,
};
export const identity = {
  entity_uri: "stigmem://acme.example/agent/planner",
  tenant_id: "acme",
  permissions: ["facts:read", "facts:write"],
};
export const tenant: Tenant = {
  tenantId: "acme",
  metadata: { tenant_context_source: "hook", source_tenant_id: "acme" },
};
export const requestId = "0c9f1a0e-7f3b-4c6d-8f0a-2f6a1f1f5a11";
export const request = { identity, tenant, requestId };
export const req = {
  entity: "project:apollo",
  relation: "status",
  value: { type: "string", v: "launched" },
  source: "agent:planner",
  scope: "team",
  confidence: 0.9,
};
export const query = {
  entity: "project:apollo",
  relation: null,
  source: null,
  scope: "team",
  min_confidence: 0.5,
  include_contradicted: false,
  include_expired: false,
  after: null,
  cursor: null,
  limit: 20,
  garden_id: null,
  attested: null,
  include_low_trust: false,
  as_of: null,
};
const scored = [
  { fact, score: 0.81, hop_distance: 0 },
  { fact: { ...fact, id: "f-2" }, score: 0.4, hop_distance: 1 },
];
const weights = { lexical: 0.4, semantic: 0.4, recency: 0.2 };
const peer = { node_id: "stigmem:node:berlin", node_url: "https://berlin.example", trusted: true };
const tokenPayload = { scopes: ["company"], exp: 1780000000 };
const byPeer = { factScope: "company", tenant, peer, tokenPayload };
const byToken = { factScope: "company", tenant, capToken: { subject: "stigmem:node:berlin" } };
const outbound = { peer, tokenPayload, tenant };
const migration = {
  plugin_name: "tombstones",
  migration_id: 1,
  sql: "CREATE TABLE tombstones (fact_id TEXT PRIMARY KEY)",
  description: "tombstones of facts",
  plugin_version: "0.1.0",
  backend: "sqlite",
};

export const examples: { readonly [Name in Hook]: readonly [Example, ...Example[]] } = {
  pre_assert_authorize: [{ payload: { req, ...request } }],
  pre_assert_validate: [{ payload: { req, ...request } }],
  pre_assert_transform: [{ payload: req, operation: request }],
  post_assert_persist: [{ payload: { fact, ...request } }],
  post_assert_propagate: [{ payload: { fact, ...request } }],
  post_assert_audit: [
    { payload: { fact, req, ...request, outcome: { kind: "success" } } },
    { payload: { fact: null, req, ...request, outcome: { kind: "failure", reason: "no" } } },
    {
      payload: {
        fact: null,
        req,
        ...request,
        outcome: { kind: "failure", reason: "disk full", exceptionType: "StoreError" },
      },
    },
  ],
  pre_recall_authorize: [{ payload: { ...request, query } }],
  pre_recall_rewrite: [{ payload: query, operation: request }],
  recall_filter: [
    { payload: [fact, { ...fact, id: "f-2", value: null }], operation: request },
    { payload: [], operation: request },
  ],
  recall_rank: [
    { payload: [fact], operation: request },
    { payload: scored, operation: { identity, weights, depth: 2 } },
    { payload: scored, operation: { identity, weights, asOf: "2026-01-01T00:00:00Z" } },
  ],
  post_recall_audit: [
    { payload: { result: { facts: [fact], total: 1 }, ...request, outcome: { kind: "success" } } },
    { payload: { result: null, ...request, outcome: { kind: "failure", reason: "no" } } },
  ],
  federation_peer_authenticate: [{ payload: { req: peer, identity, tenant } }],
  federation_inbound_validate: [
    { payload: { fact, ...byToken } },
    { payload: { fact, ...byPeer } },
  ],
  federation_inbound_filter: [
    { payload: fact, operation: byToken },
    { payload: fact, operation: byPeer },
  ],
  federation_outbound_filter: [{ payload: [fact], operation: outbound }],
  federation_outbound_sign: [
    { payload: [{ ...fact, origin_sig: "c2lnbmVk" }], operation: outbound },
  ],
  identity_resolve: [
    { payload: identity, operation: { rawCredentials: { authorization: "Bearer abc" } } },
    { payload: {}, operation: { rawCredentials: "Bearer abc" } },
  ],
  tenant_resolve: [
    {
      payload: { tenantId: "default", metadata: { source_tenant_id: "acme" } },
      operation: { identity },
    },
  ],
  capability_check: [{ payload: { identity, capability: "facts:write", tenant } }],
  migration_register: [
    {
      payload: [migration],
      operation: {
        dbPath: "node.db",
        migrationsDir: "migrations",
        settings: { backend: "sqlite" },
      },
    },
    { payload: [], operation: { dbPath: ":memory:", migrationsDir: "migrations", settings: {} } },
  ],
  audit_emit: [
    {
      payload: {
        event: {
          eventType: "plugin.registered",
          actorUri: "system:plugin-registry",
          targetUri: "plugin:tombstones",
          tenantId: "system",
          timestamp: "2026-03-01T10:00:00.000Z",
          outcome: "success",
          metadata: { plugin_name: "tombstones", hooks: ["recall_filter"], package: null },
        },
      },
    },
  ],
  config_validate: [
    {
      payload: {
        plugin: {
          name: "tombstones",
          version: "0.1.0",
          requiresHost: ">=0.9.0a10",
          capabilities: ["facts.read"],
          hooks: ["recall_filter"],
          dependsOn: [],
          asyncSafe: true,
        },
      },
    },
  ],
};
