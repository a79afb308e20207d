/** The standard host, with small helpers for the examples. */
import { isGlassineError } from "glassine";
import { defineHost } from "glassine/host";

export const host = defineHost({});
export const slotNames = Object.keys(host.slotNames);
export const capabilities: readonly string[] = Object.keys(host.capabilities);

export type Envelope = ReturnType<typeof host.createExtensions>;

/** Creates an envelope from any value, because many examples pass what the types forbid. */
export function envelope(value: unknown, options?: object): Envelope {
  return host.createExtensions(value as never, options as never);
}

export function view(extensions: Envelope, ...capabilities: readonly string[]): Envelope {
  return host.filterExtensions(extensions, capabilities as never) as Envelope;
}

export function merge(
  current: Envelope,
  returned: unknown,
  capabilities: readonly string[] = [],
  options: object = {},
) {
  return host.mergeExtensions(current, returned, capabilities as never, options);
}

/** Writes a value with `JSON.stringify` and parses the result. */
export function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** Returns the parts of the error that `run` throws on which a caller relies. */
export function refusal(run: () => unknown): { code: string; slot?: unknown; problems: string[] } {
  try {
    run();
  } catch (error) {
    if (!isGlassineError(error)) throw error;
    const { slot, problems = [] } = error.data;
    return { code: error.code, slot, problems: problems.map((problem) => problem.code) };
  }
  throw new Error("Nothing was refused.");
}

export function codeOf(run: () => unknown): string {
  return refusal(run).code;
}

export const subject = {
  id: "ada",
  type: "user",
  roles: ["admin"],
  permissions: ["read"],
  teams: ["core"],
  claims: { tenant: "acme" },
};

export const hop = (id: string) => ({
  subject_id: id,
  subject_type: "agent",
  timestamp: "2026-01-02T03:04:05Z",
});

/** An envelope's input with something in every slot. */
export const everything = {
  request: { environment: "test", request_id: "r-1" },
  agent: { session_id: "s-1", turn: 0 },
  http: { headers: { "X-A": "1" }, method: "GET" },
  security: {
    labels: ["PII"],
    classification: "internal",
    subject,
    objects: { search: { permissions: ["call"] } },
    data: { search: { apply_labels: ["EU"] } },
    client: { client_id: "app" },
    caller_workload: { spiffe_id: "spiffe://a/b" },
    this_workload: { spiffe_id: "spiffe://a/c" },
    auth_method: "oidc",
  },
  delegation: {
    chain: [hop("ada")],
    depth: 1,
    origin_subject_id: "root",
    actor_subject_id: "ada",
    delegated: true,
    age_seconds: 5,
  },
  mcp: { tool: { name: "search" } },
  completion: { stop_reason: "end" },
  provenance: { source: "chat" },
  llm: { model_id: "m" },
  framework: { framework: "f" },
  meta: { tags: ["t"] },
  custom: { note: "n" },
};
