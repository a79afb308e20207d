/** Checks the headers of MCP 2026-07-28 that repeat parts of a request. */
import { mcpRequestHeaders } from "../../providers/mcp/index.ts";
import type { Message } from "../transports/index.ts";

/**
 * Returns the first of `mcp-protocol-version`, `mcp-method` and `mcp-name` that is missing or
 * differs from the body. A proxy that routes by headers would see another request than the server.
 */
export function mismatchedHeader(headers: Headers, message: Message): string | undefined {
  const expected = Object.entries(mcpRequestHeaders(message));
  return expected.find(([name, value]) => textOf(headers.get(name)) !== textOf(value))?.[0];
}

/** Decodes a value in Base64 (SEP-2243). Returns undefined if the encoding is not canonical. */
function textOf(value: string | null): string | null | undefined {
  const encoded = /^=\?base64\?(.*)\?=$/s.exec(value ?? "")?.[1];
  if (encoded === undefined) return value;
  const bytes = Buffer.from(encoded, "base64");
  if (bytes.toString("base64") !== encoded) return undefined;
  return bytes.toString("utf8");
}
