/** The HTTP headers that repeat parts of a message, made from the message that is sent. */
import { isObject } from "./json.ts";
import { encode, follow } from "./param-headers.ts";
import { isRequest } from "./transport.ts";

/** The field of `params` that `Mcp-Name` repeats. MCP 2026-07-28, SEP-2243 and SEP-2663. */
const nameFields: Readonly<Record<string, string>> = {
  "tools/call": "name",
  "prompts/get": "name",
  "resources/read": "uri",
  "tasks/get": "taskId",
  "tasks/update": "taskId",
  "tasks/cancel": "taskId",
};

const versionKey = "io.modelcontextprotocol/protocolVersion";
const repeated = /^mcp-param-/;

/** A request as a gateway got it. */
export interface ReceivedRequest {
  readonly headers: Headers;
  readonly message: unknown;
}

/**
 * Returns the headers of MCP 2026-07-28 that repeat a message: `mcp-protocol-version`,
 * `mcp-method`, `mcp-name` and `mcp-param-*`. A gateway sends them with the message that it
 * forwards, since a server refuses a request whose headers contradict its body.
 *
 * The first three are read from `message`. Only the server knows which argument an `mcp-param-*`
 * repeats, so each of `received` becomes the present value of the argument that had its value. One
 * that repeats no argument is left out, since plugins may not have seen it. So is one that could
 * stand for several arguments with different new values, and the server then refuses the request.
 *
 * For a message without the protocol version in its `_meta`, as in MCP 2025-11-25, there are none.
 *
 * @example
 * ```ts
 * import { mcpRequestHeaders } from "glassine/mcp";
 *
 * const _meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28" };
 * const params = { name: "add", arguments: { a: 1 }, _meta };
 * const headers = mcpRequestHeaders({ jsonrpc: "2.0", id: 1, method: "tools/call", params });
 * console.log(headers["mcp-name"]); // add
 * ```
 */
export function mcpRequestHeaders(
  message: object,
  received?: ReceivedRequest,
): Readonly<Record<string, string>> {
  if (!isObject(message) || !isRequest(message)) return {};
  const { method } = message;
  const params = isObject(message.params) ? message.params : {};
  const version = isObject(params._meta) ? params._meta[versionKey] : undefined;
  if (typeof version !== "string" || typeof method !== "string") return {};
  const field = Object.hasOwn(nameFields, method) ? nameFields[method] : undefined;
  const name = field === undefined ? undefined : params[field];
  return {
    "mcp-protocol-version": version,
    "mcp-method": method,
    ...(typeof name === "string" && { "mcp-name": encode(name) }),
    ...(received !== undefined && paramHeaders(params.arguments, received)),
  };
}

function paramHeaders(after: unknown, { headers, message }: ReceivedRequest) {
  const sent = [...headers].filter(([name]) => repeated.test(name));
  if (sent.length === 0) return {};
  const params = isObject(message) && isObject(message.params) ? message.params : {};
  const kept = follow(Object.fromEntries(sent), params.arguments, after);
  return Object.fromEntries(Object.entries(kept).map(([name, value]) => [name, String(value)]));
}
