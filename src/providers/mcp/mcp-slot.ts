import { type ServerOptions, serverOf } from "./call-options.ts";

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

export function toolSlot(name: string, options: ServerOptions): McpSlot {
  return slotOf({ tool: Object.freeze({ name, ...serverOf(options) }) });
}

export function promptSlot(name: string, options: ServerOptions): McpSlot {
  return slotOf({ prompt: Object.freeze({ name, ...serverOf(options) }) });
}

export function resourceSlot(uri: string, options: ServerOptions): McpSlot {
  return slotOf({ resource: Object.freeze({ uri, ...serverOf(options) }) });
}

function slotOf(mcp: McpSlot["mcp"]): McpSlot {
  return Object.freeze({ mcp: Object.freeze(mcp) });
}
