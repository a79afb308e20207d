/** What a configuration names and this machine does not have. */
import { access, constants } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";
import process from "node:process";
import { isGlassineError } from "../../core/errors/index.ts";
import type { Environment } from "../../core/plugins/index.ts";
import { type GatewayConfig, secretReader, secretsIn } from "../config/index.ts";

/** Programs of servers that are not there. */
export async function missingCommands(
  { servers }: GatewayConfig,
  folder: string,
  env: Environment,
): Promise<readonly string[]> {
  const problems: string[] = [];
  // Windows finds programs by more than their name.
  if (process.platform === "win32") return problems;
  for (const [name, server] of Object.entries(servers)) {
    if (!("command" in server)) continue;
    const { command, cwd = folder } = server;
    const places = command.includes("/")
      ? [resolve(cwd, command)]
      : (env.PATH ?? "").split(delimiter).map((place) => join(place, command));
    if (!(await anyRuns(places)))
      problems.push(
        `servers.${name}.command: ${command} is not found: install it, or write its path.`,
      );
  }
  return problems;
}

async function anyRuns(places: readonly string[]): Promise<boolean> {
  for (const place of places) {
    const runs = await access(place, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return true;
  }
  return false;
}

/** They may be there where the gateway will run. */
export function missingSecrets(config: GatewayConfig, env: Environment): readonly string[] {
  const read = secretReader(env);
  return secretsIn(config).flatMap(({ path, secret }) => {
    try {
      read(secret);
      return [];
    } catch (error) {
      if (!isGlassineError(error)) throw error;
      return [`${path.join(".")}: ${error.message}`];
    }
  });
}
