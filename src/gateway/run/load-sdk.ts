/** Loads the optional peer that is needed to serve HTTP. */
import { GlassineError } from "../../core/errors/index.ts";
import type { McpSdk } from "./inbound.ts";

/** @throws GlassineError (as a rejection) `setting_invalid` */
export async function loadSdk(): Promise<McpSdk> {
  const name = "@modelcontextprotocol/server";
  try {
    // The package's own types include more than is used, and need more platform types.
    return (await import(name)) as unknown as McpSdk;
  } catch (error) {
    throw new GlassineError(
      "setting_invalid",
      `HTTP in front of the gateway needs the package ${name}, version 2.4 or later: run npm install ${name}`,
      {},
      error,
    );
  }
}
