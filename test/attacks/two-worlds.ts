/** Two worlds that look the same to a plugin: with all hidden data, and with only what it sees. */
import { createExtensions, type Extensions, filterExtensions } from "glassine";
import type { Capability } from "../dispatch/support.ts";

/** Part of everything that a capability hides, and of no string that the library creates. */
export const canary = "c4n4ry";

export const full: Extensions = createExtensions({
  request: { request_id: "r-1" },
  agent: { input: canary, session_id: canary, turn: 3 },
  http: { headers: { authorization: canary, "x-a": canary }, method: "GET" },
  security: {
    labels: [canary, "PII"],
    subject: {
      id: canary,
      type: "user",
      roles: [canary],
      teams: [canary],
      permissions: [canary],
      claims: { token: canary },
    },
    client: { client_id: canary, claims: { token: canary } },
    caller_workload: { spiffe_id: `spiffe://${canary}` },
    this_workload: { spiffe_id: `spiffe://${canary}` },
  },
  delegation: { chain: [{ subject_id: canary, subject_type: "user" }], depth: 1, delegated: true },
  mcp: { tool: { name: "add" } },
  custom: { note: 1 },
});

/** Some of each: nothing, one field of a mixed slot, whole slots, and write access. */
export const grants: readonly (readonly Capability[])[] = [
  [],
  ["read_labels"],
  ["append_labels"],
  ["read_subject"],
  ["read_roles", "read_client"],
  ["read_agent", "read_delegation"],
  ["write_headers"],
];

/** The envelope in which nothing is hidden from this grant: what it hides in `full` is absent. */
export function worldWithout(grant: readonly Capability[], of = full): Extensions {
  return createExtensions(JSON.parse(JSON.stringify(filterExtensions(of, grant))) as never);
}
