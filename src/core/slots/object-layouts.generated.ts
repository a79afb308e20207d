// Generated from the slot table by `npm run generate`. Edit the table, not this file.
import type { ObjectLayout } from "./object-layout-types.ts";

/** Keys that are named in the source cost the engine a fraction of keys that are looked up. */
export const objectLayouts: Readonly<Record<string, ObjectLayout>> = {
  "": {
    keys: [
      "request",
      "agent",
      "http",
      "security",
      "delegation",
      "mcp",
      "completion",
      "provenance",
      "llm",
      "framework",
      "meta",
      "custom",
    ],
    build: (values) => ({
      request: values[0],
      agent: values[1],
      http: values[2],
      security: values[3],
      delegation: values[4],
      mcp: values[5],
      completion: values[6],
      provenance: values[7],
      llm: values[8],
      framework: values[9],
      meta: values[10],
      custom: values[11],
    }),
    values: (from) => [
      from.request,
      from.agent,
      from.http,
      from.security,
      from.delegation,
      from.mcp,
      from.completion,
      from.provenance,
      from.llm,
      from.framework,
      from.meta,
      from.custom,
    ],
    copy: (from) => ({
      request: from.request,
      agent: from.agent,
      http: from.http,
      security: from.security,
      delegation: from.delegation,
      mcp: from.mcp,
      completion: from.completion,
      provenance: from.provenance,
      llm: from.llm,
      framework: from.framework,
      meta: from.meta,
      custom: from.custom,
    }),
    differences: (a, b) =>
      (a.request === b.request ? 0 : 1) |
      (a.agent === b.agent ? 0 : 2) |
      (a.http === b.http ? 0 : 4) |
      (a.security === b.security ? 0 : 8) |
      (a.delegation === b.delegation ? 0 : 16) |
      (a.mcp === b.mcp ? 0 : 32) |
      (a.completion === b.completion ? 0 : 64) |
      (a.provenance === b.provenance ? 0 : 128) |
      (a.llm === b.llm ? 0 : 256) |
      (a.framework === b.framework ? 0 : 512) |
      (a.meta === b.meta ? 0 : 1024) |
      (a.custom === b.custom ? 0 : 2048),
  },
  request: {
    keys: ["environment", "request_id", "timestamp", "trace_id", "span_id"],
    build: (values) => ({
      environment: values[0],
      request_id: values[1],
      timestamp: values[2],
      trace_id: values[3],
      span_id: values[4],
    }),
    values: (from) => [
      from.environment,
      from.request_id,
      from.timestamp,
      from.trace_id,
      from.span_id,
    ],
    copy: (from) => ({
      environment: from.environment,
      request_id: from.request_id,
      timestamp: from.timestamp,
      trace_id: from.trace_id,
      span_id: from.span_id,
    }),
    differences: (a, b) =>
      (a.environment === b.environment ? 0 : 1) |
      (a.request_id === b.request_id ? 0 : 2) |
      (a.timestamp === b.timestamp ? 0 : 4) |
      (a.trace_id === b.trace_id ? 0 : 8) |
      (a.span_id === b.span_id ? 0 : 16),
  },
  agent: {
    keys: [
      "input",
      "session_id",
      "conversation_id",
      "turn",
      "agent_id",
      "parent_agent_id",
      "conversation",
    ],
    build: (values) => ({
      input: values[0],
      session_id: values[1],
      conversation_id: values[2],
      turn: values[3],
      agent_id: values[4],
      parent_agent_id: values[5],
      conversation: values[6],
    }),
    values: (from) => [
      from.input,
      from.session_id,
      from.conversation_id,
      from.turn,
      from.agent_id,
      from.parent_agent_id,
      from.conversation,
    ],
    copy: (from) => ({
      input: from.input,
      session_id: from.session_id,
      conversation_id: from.conversation_id,
      turn: from.turn,
      agent_id: from.agent_id,
      parent_agent_id: from.parent_agent_id,
      conversation: from.conversation,
    }),
    differences: (a, b) =>
      (a.input === b.input ? 0 : 1) |
      (a.session_id === b.session_id ? 0 : 2) |
      (a.conversation_id === b.conversation_id ? 0 : 4) |
      (a.turn === b.turn ? 0 : 8) |
      (a.agent_id === b.agent_id ? 0 : 16) |
      (a.parent_agent_id === b.parent_agent_id ? 0 : 32) |
      (a.conversation === b.conversation ? 0 : 64),
  },
  "agent.conversation": {
    keys: ["history", "summary", "topics"],
    build: (values) => ({
      history: values[0],
      summary: values[1],
      topics: values[2],
    }),
    values: (from) => [from.history, from.summary, from.topics],
    copy: (from) => ({
      history: from.history,
      summary: from.summary,
      topics: from.topics,
    }),
    differences: (a, b) =>
      (a.history === b.history ? 0 : 1) |
      (a.summary === b.summary ? 0 : 2) |
      (a.topics === b.topics ? 0 : 4),
  },
  http: {
    keys: ["headers", "request_headers", "response_headers", "method", "path", "host", "scheme"],
    build: (values) => ({
      headers: values[0],
      request_headers: values[1],
      response_headers: values[2],
      method: values[3],
      path: values[4],
      host: values[5],
      scheme: values[6],
    }),
    values: (from) => [
      from.headers,
      from.request_headers,
      from.response_headers,
      from.method,
      from.path,
      from.host,
      from.scheme,
    ],
    copy: (from) => ({
      headers: from.headers,
      request_headers: from.request_headers,
      response_headers: from.response_headers,
      method: from.method,
      path: from.path,
      host: from.host,
      scheme: from.scheme,
    }),
    differences: (a, b) =>
      (a.headers === b.headers ? 0 : 1) |
      (a.request_headers === b.request_headers ? 0 : 2) |
      (a.response_headers === b.response_headers ? 0 : 4) |
      (a.method === b.method ? 0 : 8) |
      (a.path === b.path ? 0 : 16) |
      (a.host === b.host ? 0 : 32) |
      (a.scheme === b.scheme ? 0 : 64),
  },
  security: {
    keys: [
      "labels",
      "classification",
      "subject",
      "objects",
      "data",
      "client",
      "caller_workload",
      "this_workload",
      "auth_method",
    ],
    build: (values) => ({
      labels: values[0],
      classification: values[1],
      subject: values[2],
      objects: values[3],
      data: values[4],
      client: values[5],
      caller_workload: values[6],
      this_workload: values[7],
      auth_method: values[8],
    }),
    values: (from) => [
      from.labels,
      from.classification,
      from.subject,
      from.objects,
      from.data,
      from.client,
      from.caller_workload,
      from.this_workload,
      from.auth_method,
    ],
    copy: (from) => ({
      labels: from.labels,
      classification: from.classification,
      subject: from.subject,
      objects: from.objects,
      data: from.data,
      client: from.client,
      caller_workload: from.caller_workload,
      this_workload: from.this_workload,
      auth_method: from.auth_method,
    }),
    differences: (a, b) =>
      (a.labels === b.labels ? 0 : 1) |
      (a.classification === b.classification ? 0 : 2) |
      (a.subject === b.subject ? 0 : 4) |
      (a.objects === b.objects ? 0 : 8) |
      (a.data === b.data ? 0 : 16) |
      (a.client === b.client ? 0 : 32) |
      (a.caller_workload === b.caller_workload ? 0 : 64) |
      (a.this_workload === b.this_workload ? 0 : 128) |
      (a.auth_method === b.auth_method ? 0 : 256),
  },
  "security.subject": {
    keys: ["id", "type", "roles", "permissions", "teams", "claims"],
    build: (values) => ({
      id: values[0],
      type: values[1],
      roles: values[2],
      permissions: values[3],
      teams: values[4],
      claims: values[5],
    }),
    values: (from) => [from.id, from.type, from.roles, from.permissions, from.teams, from.claims],
    copy: (from) => ({
      id: from.id,
      type: from.type,
      roles: from.roles,
      permissions: from.permissions,
      teams: from.teams,
      claims: from.claims,
    }),
    differences: (a, b) =>
      (a.id === b.id ? 0 : 1) |
      (a.type === b.type ? 0 : 2) |
      (a.roles === b.roles ? 0 : 4) |
      (a.permissions === b.permissions ? 0 : 8) |
      (a.teams === b.teams ? 0 : 16) |
      (a.claims === b.claims ? 0 : 32),
  },
  "security.client": {
    keys: [
      "client_id",
      "client_name",
      "trust_level",
      "authorized_scopes",
      "authorized_audiences",
      "roles",
      "permissions",
      "teams",
      "claims",
    ],
    build: (values) => ({
      client_id: values[0],
      client_name: values[1],
      trust_level: values[2],
      authorized_scopes: values[3],
      authorized_audiences: values[4],
      roles: values[5],
      permissions: values[6],
      teams: values[7],
      claims: values[8],
    }),
    values: (from) => [
      from.client_id,
      from.client_name,
      from.trust_level,
      from.authorized_scopes,
      from.authorized_audiences,
      from.roles,
      from.permissions,
      from.teams,
      from.claims,
    ],
    copy: (from) => ({
      client_id: from.client_id,
      client_name: from.client_name,
      trust_level: from.trust_level,
      authorized_scopes: from.authorized_scopes,
      authorized_audiences: from.authorized_audiences,
      roles: from.roles,
      permissions: from.permissions,
      teams: from.teams,
      claims: from.claims,
    }),
    differences: (a, b) =>
      (a.client_id === b.client_id ? 0 : 1) |
      (a.client_name === b.client_name ? 0 : 2) |
      (a.trust_level === b.trust_level ? 0 : 4) |
      (a.authorized_scopes === b.authorized_scopes ? 0 : 8) |
      (a.authorized_audiences === b.authorized_audiences ? 0 : 16) |
      (a.roles === b.roles ? 0 : 32) |
      (a.permissions === b.permissions ? 0 : 64) |
      (a.teams === b.teams ? 0 : 128) |
      (a.claims === b.claims ? 0 : 256),
  },
  "security.caller_workload": {
    keys: ["spiffe_id", "trust_domain", "attested_at", "attestor", "selectors", "client_id"],
    build: (values) => ({
      spiffe_id: values[0],
      trust_domain: values[1],
      attested_at: values[2],
      attestor: values[3],
      selectors: values[4],
      client_id: values[5],
    }),
    values: (from) => [
      from.spiffe_id,
      from.trust_domain,
      from.attested_at,
      from.attestor,
      from.selectors,
      from.client_id,
    ],
    copy: (from) => ({
      spiffe_id: from.spiffe_id,
      trust_domain: from.trust_domain,
      attested_at: from.attested_at,
      attestor: from.attestor,
      selectors: from.selectors,
      client_id: from.client_id,
    }),
    differences: (a, b) =>
      (a.spiffe_id === b.spiffe_id ? 0 : 1) |
      (a.trust_domain === b.trust_domain ? 0 : 2) |
      (a.attested_at === b.attested_at ? 0 : 4) |
      (a.attestor === b.attestor ? 0 : 8) |
      (a.selectors === b.selectors ? 0 : 16) |
      (a.client_id === b.client_id ? 0 : 32),
  },
  "security.this_workload": {
    keys: ["spiffe_id", "trust_domain", "attested_at", "attestor", "selectors", "client_id"],
    build: (values) => ({
      spiffe_id: values[0],
      trust_domain: values[1],
      attested_at: values[2],
      attestor: values[3],
      selectors: values[4],
      client_id: values[5],
    }),
    values: (from) => [
      from.spiffe_id,
      from.trust_domain,
      from.attested_at,
      from.attestor,
      from.selectors,
      from.client_id,
    ],
    copy: (from) => ({
      spiffe_id: from.spiffe_id,
      trust_domain: from.trust_domain,
      attested_at: from.attested_at,
      attestor: from.attestor,
      selectors: from.selectors,
      client_id: from.client_id,
    }),
    differences: (a, b) =>
      (a.spiffe_id === b.spiffe_id ? 0 : 1) |
      (a.trust_domain === b.trust_domain ? 0 : 2) |
      (a.attested_at === b.attested_at ? 0 : 4) |
      (a.attestor === b.attestor ? 0 : 8) |
      (a.selectors === b.selectors ? 0 : 16) |
      (a.client_id === b.client_id ? 0 : 32),
  },
  delegation: {
    keys: ["chain", "depth", "origin_subject_id", "actor_subject_id", "delegated", "age_seconds"],
    build: (values) => ({
      chain: values[0],
      depth: values[1],
      origin_subject_id: values[2],
      actor_subject_id: values[3],
      delegated: values[4],
      age_seconds: values[5],
    }),
    values: (from) => [
      from.chain,
      from.depth,
      from.origin_subject_id,
      from.actor_subject_id,
      from.delegated,
      from.age_seconds,
    ],
    copy: (from) => ({
      chain: from.chain,
      depth: from.depth,
      origin_subject_id: from.origin_subject_id,
      actor_subject_id: from.actor_subject_id,
      delegated: from.delegated,
      age_seconds: from.age_seconds,
    }),
    differences: (a, b) =>
      (a.chain === b.chain ? 0 : 1) |
      (a.depth === b.depth ? 0 : 2) |
      (a.origin_subject_id === b.origin_subject_id ? 0 : 4) |
      (a.actor_subject_id === b.actor_subject_id ? 0 : 8) |
      (a.delegated === b.delegated ? 0 : 16) |
      (a.age_seconds === b.age_seconds ? 0 : 32),
  },
  mcp: {
    keys: ["tool", "resource", "prompt"],
    build: (values) => ({
      tool: values[0],
      resource: values[1],
      prompt: values[2],
    }),
    values: (from) => [from.tool, from.resource, from.prompt],
    copy: (from) => ({
      tool: from.tool,
      resource: from.resource,
      prompt: from.prompt,
    }),
    differences: (a, b) =>
      (a.tool === b.tool ? 0 : 1) |
      (a.resource === b.resource ? 0 : 2) |
      (a.prompt === b.prompt ? 0 : 4),
  },
  "mcp.tool": {
    keys: [
      "name",
      "title",
      "description",
      "input_schema",
      "output_schema",
      "server_id",
      "namespace",
      "annotations",
    ],
    build: (values) => ({
      name: values[0],
      title: values[1],
      description: values[2],
      input_schema: values[3],
      output_schema: values[4],
      server_id: values[5],
      namespace: values[6],
      annotations: values[7],
    }),
    values: (from) => [
      from.name,
      from.title,
      from.description,
      from.input_schema,
      from.output_schema,
      from.server_id,
      from.namespace,
      from.annotations,
    ],
    copy: (from) => ({
      name: from.name,
      title: from.title,
      description: from.description,
      input_schema: from.input_schema,
      output_schema: from.output_schema,
      server_id: from.server_id,
      namespace: from.namespace,
      annotations: from.annotations,
    }),
    differences: (a, b) =>
      (a.name === b.name ? 0 : 1) |
      (a.title === b.title ? 0 : 2) |
      (a.description === b.description ? 0 : 4) |
      (a.input_schema === b.input_schema ? 0 : 8) |
      (a.output_schema === b.output_schema ? 0 : 16) |
      (a.server_id === b.server_id ? 0 : 32) |
      (a.namespace === b.namespace ? 0 : 64) |
      (a.annotations === b.annotations ? 0 : 128),
  },
  "mcp.resource": {
    keys: ["uri", "name", "description", "mime_type", "server_id", "annotations"],
    build: (values) => ({
      uri: values[0],
      name: values[1],
      description: values[2],
      mime_type: values[3],
      server_id: values[4],
      annotations: values[5],
    }),
    values: (from) => [
      from.uri,
      from.name,
      from.description,
      from.mime_type,
      from.server_id,
      from.annotations,
    ],
    copy: (from) => ({
      uri: from.uri,
      name: from.name,
      description: from.description,
      mime_type: from.mime_type,
      server_id: from.server_id,
      annotations: from.annotations,
    }),
    differences: (a, b) =>
      (a.uri === b.uri ? 0 : 1) |
      (a.name === b.name ? 0 : 2) |
      (a.description === b.description ? 0 : 4) |
      (a.mime_type === b.mime_type ? 0 : 8) |
      (a.server_id === b.server_id ? 0 : 16) |
      (a.annotations === b.annotations ? 0 : 32),
  },
  "mcp.prompt": {
    keys: ["name", "description", "arguments", "server_id", "annotations"],
    build: (values) => ({
      name: values[0],
      description: values[1],
      arguments: values[2],
      server_id: values[3],
      annotations: values[4],
    }),
    values: (from) => [
      from.name,
      from.description,
      from.arguments,
      from.server_id,
      from.annotations,
    ],
    copy: (from) => ({
      name: from.name,
      description: from.description,
      arguments: from.arguments,
      server_id: from.server_id,
      annotations: from.annotations,
    }),
    differences: (a, b) =>
      (a.name === b.name ? 0 : 1) |
      (a.description === b.description ? 0 : 2) |
      (a.arguments === b.arguments ? 0 : 4) |
      (a.server_id === b.server_id ? 0 : 8) |
      (a.annotations === b.annotations ? 0 : 16),
  },
  completion: {
    keys: ["stop_reason", "tokens", "model", "raw_format", "created_at", "latency_ms"],
    build: (values) => ({
      stop_reason: values[0],
      tokens: values[1],
      model: values[2],
      raw_format: values[3],
      created_at: values[4],
      latency_ms: values[5],
    }),
    values: (from) => [
      from.stop_reason,
      from.tokens,
      from.model,
      from.raw_format,
      from.created_at,
      from.latency_ms,
    ],
    copy: (from) => ({
      stop_reason: from.stop_reason,
      tokens: from.tokens,
      model: from.model,
      raw_format: from.raw_format,
      created_at: from.created_at,
      latency_ms: from.latency_ms,
    }),
    differences: (a, b) =>
      (a.stop_reason === b.stop_reason ? 0 : 1) |
      (a.tokens === b.tokens ? 0 : 2) |
      (a.model === b.model ? 0 : 4) |
      (a.raw_format === b.raw_format ? 0 : 8) |
      (a.created_at === b.created_at ? 0 : 16) |
      (a.latency_ms === b.latency_ms ? 0 : 32),
  },
  "completion.tokens": {
    keys: ["input_tokens", "output_tokens", "total_tokens"],
    build: (values) => ({
      input_tokens: values[0],
      output_tokens: values[1],
      total_tokens: values[2],
    }),
    values: (from) => [from.input_tokens, from.output_tokens, from.total_tokens],
    copy: (from) => ({
      input_tokens: from.input_tokens,
      output_tokens: from.output_tokens,
      total_tokens: from.total_tokens,
    }),
    differences: (a, b) =>
      (a.input_tokens === b.input_tokens ? 0 : 1) |
      (a.output_tokens === b.output_tokens ? 0 : 2) |
      (a.total_tokens === b.total_tokens ? 0 : 4),
  },
  provenance: {
    keys: ["source", "message_id", "parent_id"],
    build: (values) => ({
      source: values[0],
      message_id: values[1],
      parent_id: values[2],
    }),
    values: (from) => [from.source, from.message_id, from.parent_id],
    copy: (from) => ({
      source: from.source,
      message_id: from.message_id,
      parent_id: from.parent_id,
    }),
    differences: (a, b) =>
      (a.source === b.source ? 0 : 1) |
      (a.message_id === b.message_id ? 0 : 2) |
      (a.parent_id === b.parent_id ? 0 : 4),
  },
  llm: {
    keys: ["model_id", "provider", "capabilities"],
    build: (values) => ({
      model_id: values[0],
      provider: values[1],
      capabilities: values[2],
    }),
    values: (from) => [from.model_id, from.provider, from.capabilities],
    copy: (from) => ({
      model_id: from.model_id,
      provider: from.provider,
      capabilities: from.capabilities,
    }),
    differences: (a, b) =>
      (a.model_id === b.model_id ? 0 : 1) |
      (a.provider === b.provider ? 0 : 2) |
      (a.capabilities === b.capabilities ? 0 : 4),
  },
  framework: {
    keys: ["framework", "framework_version", "node_id", "graph_id", "metadata"],
    build: (values) => ({
      framework: values[0],
      framework_version: values[1],
      node_id: values[2],
      graph_id: values[3],
      metadata: values[4],
    }),
    values: (from) => [
      from.framework,
      from.framework_version,
      from.node_id,
      from.graph_id,
      from.metadata,
    ],
    copy: (from) => ({
      framework: from.framework,
      framework_version: from.framework_version,
      node_id: from.node_id,
      graph_id: from.graph_id,
      metadata: from.metadata,
    }),
    differences: (a, b) =>
      (a.framework === b.framework ? 0 : 1) |
      (a.framework_version === b.framework_version ? 0 : 2) |
      (a.node_id === b.node_id ? 0 : 4) |
      (a.graph_id === b.graph_id ? 0 : 8) |
      (a.metadata === b.metadata ? 0 : 16),
  },
  meta: {
    keys: ["tags", "scope", "properties", "entity_type", "entity_name"],
    build: (values) => ({
      tags: values[0],
      scope: values[1],
      properties: values[2],
      entity_type: values[3],
      entity_name: values[4],
    }),
    values: (from) => [from.tags, from.scope, from.properties, from.entity_type, from.entity_name],
    copy: (from) => ({
      tags: from.tags,
      scope: from.scope,
      properties: from.properties,
      entity_type: from.entity_type,
      entity_name: from.entity_name,
    }),
    differences: (a, b) =>
      (a.tags === b.tags ? 0 : 1) |
      (a.scope === b.scope ? 0 : 2) |
      (a.properties === b.properties ? 0 : 4) |
      (a.entity_type === b.entity_type ? 0 : 8) |
      (a.entity_name === b.entity_name ? 0 : 16),
  },
};
