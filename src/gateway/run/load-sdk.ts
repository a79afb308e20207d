/** Loads the optional peer that HTTP in front needs. */
import { GlassineError } from "../../core/errors/index.ts";
import type { McpSdk } from "./inbound.ts";

/** @throws GlassineError (as a rejection) `setting_invalid` */
export async function loadSdk(): Promise<McpSdk> {
  const name = "@modelcontextprotocol/server";
  try {
    // The types of the package name more than is used, and need more of the platform.
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
