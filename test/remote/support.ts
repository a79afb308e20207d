import { type Capability, createExtensions, filterExtensions, type PluginContext } from "glassine";

export const hook = "cmf.tool_pre_invoke";
export const payload = {
  role: "user",
  content: [{ content_type: "text", text: "ahoy" }],
} as const;

/** Returns a context like the one that a handler receives. */
export function contextOf(
  capabilities: readonly string[],
  more: Partial<PluginContext> = {},
): PluginContext {
  return {
    plugin: { name: "far-away", version: "1.2.3" },
    hook,
    capabilities,
    config: { level: 2 },
    operation: { trace: "t-1" },
    request: "r-1",
    signal: new AbortController().signal,
    state: new Map(),
    ...more,
  };
}

export const headers = {
  Authorization: "Bearer s3cr3t",
  " Cookie ": "s3cr3t",
  "SET-COOKIE": "s3cr3t",
  "x-api-key": "s3cr3t",
  "Proxy-Authorization": "s3cr3t",
  "X-A": "1",
};

export const envelope = createExtensions({
  request: { request_id: "r-1" },
  http: { headers, request_headers: headers, response_headers: headers, method: "POST" },
  security: {
    labels: ["PII"],
    subject: { id: "ada", type: "user", roles: ["admin"], claims: { email: "a@b" } },
  },
  custom: { note: 1 },
});

export function turnOf(capabilities: readonly Capability[], more: Partial<PluginContext> = {}) {
  return {
    payload,
    context: contextOf(capabilities, more),
    extensions: filterExtensions(envelope, capabilities),
  };
}

/** Returns what `run` throws, and fails if it returns. */
export function refusalOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error("Expected the call to be refused, but it returned.");
}
