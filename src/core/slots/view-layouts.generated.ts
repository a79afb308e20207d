// Generated from the slot table by `npm run generate`. Edit the table, not this file.
import type { ViewLayout } from "./object-layout-types.ts";

/** One literal a level: every object of it has one shape, which is what makes views cheap. */
export const viewLayouts: Readonly<Record<string, ViewLayout>> = {
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
    part: "security",
    partOf: (from) => from.security,
    build: (from, on, part) => ({
      request: from.request,
      agent: on[1] === true ? from.agent : undefined,
      http: on[2] === true ? from.http : undefined,
      security: part,
      delegation: on[4] === true ? from.delegation : undefined,
      mcp: from.mcp,
      completion: from.completion,
      provenance: from.provenance,
      llm: from.llm,
      framework: from.framework,
      meta: from.meta,
      custom: from.custom,
    }),
    any: (level, says) =>
      says(level.request) ||
      says(level.agent) ||
      says(level.http) ||
      says(level.delegation) ||
      says(level.mcp) ||
      says(level.completion) ||
      says(level.provenance) ||
      says(level.llm) ||
      says(level.framework) ||
      says(level.meta) ||
      says(level.custom),
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
    part: "subject",
    partOf: (from) => from.subject,
    build: (from, on, part) => ({
      labels: on[0] === true ? from.labels : undefined,
      classification: from.classification,
      subject: part,
      objects: from.objects,
      data: from.data,
      client: on[5] === true ? from.client : undefined,
      caller_workload: on[6] === true ? from.caller_workload : undefined,
      this_workload: on[7] === true ? from.this_workload : undefined,
      auth_method: from.auth_method,
    }),
    any: (level, says) =>
      says(level.labels) ||
      says(level.classification) ||
      says(level.objects) ||
      says(level.data) ||
      says(level.client) ||
      says(level.caller_workload) ||
      says(level.this_workload) ||
      says(level.auth_method),
  },
  "security.subject": {
    keys: ["id", "type", "roles", "permissions", "teams", "claims"],
    part: undefined,
    partOf: () => undefined,
    build: (from, on) => ({
      id: from.id,
      type: from.type,
      roles: on[2] === true ? from.roles : undefined,
      permissions: on[3] === true ? from.permissions : undefined,
      teams: on[4] === true ? from.teams : undefined,
      claims: on[5] === true ? from.claims : undefined,
    }),
    any: (level, says) =>
      says(level.id) ||
      says(level.type) ||
      says(level.roles) ||
      says(level.permissions) ||
      says(level.teams) ||
      says(level.claims),
  },
};
