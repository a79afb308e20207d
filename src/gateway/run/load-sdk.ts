/** Loads the optional peer that is needed to serve HTTP. */
import { loadPeer } from "../../operate/packages/index.ts";
import type { McpSdk } from "./inbound.ts";

/** @throws GlassineError (as a rejection) `setting_invalid` */
export async function loadSdk(): Promise<McpSdk> {
  return (await loadPeer({
    name: "@modelcontextprotocol/server",
    install: "@modelcontextprotocol/server@2",
    exports: ["WebStandardStreamableHTTPServerTransport", "classifyInboundRequest"],
    neededBy: "HTTP in front of the gateway",
  })) as McpSdk;
}
