/** The slot table, listed a second time. A change here needs an entry in CHANGELOG.md. */
import { capabilities, resolveCapabilities, slotNames } from "glassine";
import { defineSlots } from "glassine/host";
import { expect, it } from "vitest";
import { standardSlots, zodOf } from "../../src/core/slots/index.ts";

interface Spec {
  readonly tier?: string;
  readonly read?: string;
  readonly write?: string;
  readonly grows?: string;
  readonly closed?: boolean;
  readonly fields?: { readonly [field: string]: Spec };
}

/** Returns a row for each slot and field: path, tier, read, write, and more. */
function rowsOf(specs: { readonly [name: string]: Spec }, above = ""): readonly string[] {
  return Object.entries(specs).flatMap(([name, spec]) => {
    const { tier = "", read = "", write = "", grows, closed, fields = {} } = spec;
    const more = [grows && `grows ${grows}`, closed && "closed"].filter(Boolean);
    const row = [`${above}${name}`, tier, read, write, ...more].join(" | ");
    return [row, ...rowsOf(fields, `${above}${name}.`)];
  });
}

it("slots that defineSlots accepts, in a table that nobody can change", () => {
  expect(Object.isFrozen(standardSlots)).toBe(true);
  expect(defineSlots({ ...standardSlots })).toEqual(standardSlots);
});

it("slots, tiers and gates", () => {
  expect(rowsOf(standardSlots)).toEqual([
    "request | immutable | everyone | ",
    "agent | immutable | read_agent | ",
    "http | mutable | read_headers | write_headers",
    "http.method | immutable |  | ",
    "http.path | immutable |  | ",
    "http.host | immutable |  | ",
    "http.scheme | immutable |  | ",
    "security | immutable | everyone |  | closed",
    "security.labels | monotonic | read_labels | append_labels",
    "security.subject |  | read_subject | ",
    "security.subject.roles |  | read_roles | ",
    "security.subject.teams |  | read_teams | ",
    "security.subject.claims |  | read_claims | ",
    "security.subject.permissions |  | read_permissions | ",
    "security.client |  | read_client | ",
    "security.caller_workload |  | read_workload | ",
    "security.this_workload |  | read_workload | ",
    "delegation | monotonic | read_delegation | append_delegation | grows chain | closed",
    "mcp | immutable | everyone | ",
    "completion | immutable | everyone | ",
    "provenance | immutable | everyone | ",
    "llm | immutable | everyone | ",
    "framework | immutable | everyone | ",
    "meta | immutable | everyone | ",
    "custom | mutable | everyone | everyone",
  ]);
});

it("fields of each slot", () => {
  const fields = Object.entries(standardSlots).map(([slot, { schema }]) => {
    const { shape } = zodOf(schema)._zod.def as { readonly shape?: object };
    return [slot, shape === undefined ? "any" : Object.keys(shape).join(" ")];
  });
  expect(Object.fromEntries(fields)).toEqual({
    request: "environment request_id timestamp trace_id span_id",
    agent: "input session_id conversation_id turn agent_id parent_agent_id conversation",
    http: "headers request_headers response_headers method path host scheme",
    security:
      "labels classification subject objects data client caller_workload this_workload auth_method",
    delegation: "chain depth origin_subject_id actor_subject_id delegated age_seconds",
    mcp: "tool resource prompt",
    completion: "stop_reason tokens model raw_format created_at latency_ms",
    provenance: "source message_id parent_id",
    llm: "model_id provider capabilities",
    framework: "framework framework_version node_id graph_id metadata",
    meta: "tags scope properties entity_type entity_name",
    custom: "any",
  });
});

it("slot names", () => {
  expect(Object.entries(slotNames).flat()).toEqual(
    Object.keys(standardSlots).flatMap((name) => [name, name]),
  );
});

it("capabilities and what they bring with them", () => {
  const brought = Object.keys(capabilities).map((name) => [
    name,
    resolveCapabilities([name as never])
      .filter((each) => each !== name)
      .join(" "),
  ]);
  expect(Object.fromEntries(brought)).toEqual({
    append_delegation: "read_delegation",
    append_labels: "read_labels",
    read_agent: "",
    read_claims: "read_subject",
    read_client: "",
    read_delegation: "",
    read_headers: "",
    read_labels: "",
    read_permissions: "read_subject",
    read_roles: "read_subject",
    read_subject: "",
    read_teams: "read_subject",
    read_workload: "",
    write_headers: "read_headers",
  });
});
