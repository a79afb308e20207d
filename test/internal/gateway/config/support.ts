/** Loads configurations for tests. */
import type { GlassineError } from "glassine";
import { type ConfigFlags, loadConfig } from "../../../../src/gateway/config/index.ts";
import { folderWith } from "../../../support/folder.ts";

export const files = { command: "mcp-server-files" };

interface Given {
  readonly env?: Readonly<Record<string, string>>;
  readonly flags?: ConfigFlags;
}

/** Loads a configuration from a folder of its own. */
export async function load(config: unknown, { env = {}, flags = {} }: Given = {}) {
  const cwd = await folderWith({ "glassine.config.json": JSON.stringify(config) });
  return { cwd, ...(await loadConfig({ cwd, env, flags })) };
}

/** The error of a promise that has to reject. */
export async function refusalOf(promise: Promise<unknown>): Promise<GlassineError> {
  const value = await promise.then(
    () => undefined,
    (error: GlassineError) => error,
  );
  if (value === undefined) throw new Error("it was accepted");
  return value;
}
