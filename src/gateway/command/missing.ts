/** Finds what a configuration names and this machine does not have. */
import { access, constants, stat } from "node:fs/promises";
import { delimiter, join } from "node:path";
import process from "node:process";
import { attempt, isHeaderValue } from "../../core/data/index.ts";
import { isGlassineError } from "../../core/errors/index.ts";
import type { Environment } from "../../core/plugins/index.ts";
import { printable } from "../../operate/cli/index.ts";
import {
  type GatewayConfig,
  type LoadedConfig,
  programOf,
  secretReader,
  secretsIn,
} from "../config/index.ts";

/** Missing folders and secrets are kept apart: they may exist where the gateway will run. */
export async function missingHere({ config, folder }: LoadedConfig, env: Environment) {
  return {
    commands: await missingCommands(config, folder, env),
    folders: await missingFolders(config),
    secrets: missingSecrets(config, env),
  };
}

/** Returns a sentence for each server whose program is not found. */
async function missingCommands(
  { servers }: GatewayConfig,
  folder: string,
  env: Environment,
): Promise<readonly string[]> {
  const problems: string[] = [];
  // Windows finds programs by more than their exact name.
  if (process.platform === "win32") return problems;
  for (const [name, server] of Object.entries(servers)) {
    if (!("command" in server)) continue;
    const { command } = server;
    const program = programOf(server, folder);
    // The system looks for a program in the PATH that it gets.
    const own = attempt(() => secretReader(env)(server.env.PATH ?? ""));
    const places =
      program === undefined
        ? (own || env.PATH || "").split(delimiter).map((place) => join(place, command))
        : [program];
    if (await anyRuns(places)) continue;
    // As written in the configuration, since the folder's own name may contain spaces.
    const isInFolder = command.startsWith(`${folder}/`);
    const said = isInFolder ? command.slice(folder.length + 1) : command;
    const isThere = program !== undefined && (await isFile(program));
    // Shows the program only: arguments may contain a secret. In `node ./x.js`, only they have a slash.
    const [first = "", ...others] = said.trim().split(/\s+/);
    const isWhole = others.length === 0;
    const shown = isWhole && isInFolder ? `./${first}` : first;
    const remedy = isWhole
      ? "install it, or write its path."
      : "`command` is the program alone, and its arguments belong in `args`.";
    const fault = isThere
      ? "is not executable: make it so with `chmod +x`, or name the program that runs it and pass it in `args`."
      : `is not found: ${remedy}`;
    problems.push(`servers.${name}.command: ${printable(shown)} ${fault}`);
  }
  return problems;
}

/** Returns a sentence for each server whose working folder is missing. */
async function missingFolders({ servers }: GatewayConfig): Promise<readonly string[]> {
  const missing: string[] = [];
  for (const [name, server] of Object.entries(servers)) {
    const cwd = "command" in server ? server.cwd : undefined;
    if (cwd === undefined) continue;
    const found = await stat(cwd).catch(() => undefined);
    if (found === undefined)
      missing.push(`servers.${name}.cwd: there is no folder ${printable(cwd)}.`);
    else if (!found.isDirectory())
      missing.push(`servers.${name}.cwd: ${printable(cwd)} is not a folder.`);
  }
  return missing;
}

function anyRuns(places: readonly string[]): Promise<boolean> {
  return Promise.any(
    places.map(async (place) => {
      await access(place, constants.X_OK);
      if (!(await isFile(place))) throw new Error("a folder");
    }),
  ).then(
    () => true,
    () => false,
  );
}

async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true;
}

function missingSecrets(config: GatewayConfig, env: Environment): readonly string[] {
  const read = secretReader(env);
  return secretsIn(config).flatMap(({ path, secret }) => {
    try {
      const value = read(secret);
      if (path.at(-2) !== "headers" || isHeaderValue(value)) return [];
      const what = /[\r\n]/.test(value) ? "a line break, which" : "a character that";
      return [`${path.join(".")}: the secret has ${what} no header can have.`];
    } catch (error) {
      if (!isGlassineError(error)) throw error;
      return [`${path.join(".")}: ${error.message}`];
    }
  });
}
