import type { ServerOptions } from "./call-options.ts";

/** The `mcp` slot that a request fills, for `createExtensions` or `withSlots`. */
export interface McpSlot {
  readonly mcp: {
    readonly tool?: Named;
    readonly prompt?: Named;
    readonly resource?: { readonly uri: string; readonly server_id?: string };
  };
}

interface Named {
  readonly name: string;
  readonly server_id?: string;
}

/** The slot of a request for something with this name, or for the resource with this URI. */
export function mcpSlot(
  kind: keyof McpSlot["mcp"],
  named: { readonly name: string } | { readonly uri: string },
  { serverId }: ServerOptions,
): McpSlot {
  const server = typeof serverId === "string" && { server_id: serverId };
  const entity = Object.assign({}, named, server);
  return Object.freeze({ mcp: Object.freeze({ [kind]: Object.freeze(entity) }) });
}
