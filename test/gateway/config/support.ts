/** Gives configurations to the command, which says what it makes of them. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { PluginManager } from "glassine";
import { afterTest } from "../../support/cleanup.ts";
import { folderWith } from "../../support/folder.ts";
import { double, errorDocument, run, type StockPlugins, start } from "../command/support.ts";

export const files = { command: "mcp-server-files" };
export const configFile = "glassine.config.json";

export interface Given {
  readonly env?: Readonly<Record<string, string>>;
  /** What follows `gateway` on the command line. */
  readonly flags?: readonly string[];
  readonly stock?: StockPlugins;
}

/** Writes a configuration into a folder, with a server if it names none. */
export const configure = (folder: string, config: object) =>
  writeFile(join(folder, configFile), JSON.stringify({ servers: { files }, ...config }));

/** Starts a gateway on a configuration in a folder of its own. */
export async function load(config: unknown, given: Given = {}) {
  const cwd = await folderWith({ [configFile]: JSON.stringify(config) });
  return { cwd, config: await loadIn(cwd, given) };
}

/** Starts a gateway in a folder, and returns the configuration that it got. */
export async function loadIn(cwd: string, { flags = [], ...given }: Given = {}) {
  const { state, openGateway } = double();
  state.end({});
  const { stderr } = await run(["gateway", ...flags], { cwd, openGateway, ...given });
  const [parts] = state.parts;
  if (parts === undefined) throw new Error(stderr);
  return parts.config;
}

/** Starts a gateway in a folder, which runs until the test is over. */
export async function runningIn(cwd: string, { flags = [], ...given }: Given = {}) {
  const { state, openGateway } = double();
  const running = start(["gateway", ...flags], { cwd, openGateway, ...given });
  const close = async () => {
    state.end({});
    await running.code;
  };
  afterTest(close);
  await Promise.race([running.seen("ready"), running.code]);
  const [parts] = state.parts;
  if (parts === undefined) throw new Error(running.texts.err);
  // The command makes it, with all hooks.
  return { ...running, parts, manager: parts.manager as PluginManager, close };
}

/** The code and the message for which the configuration in a folder is refused. */
export async function refusalIn(cwd: string, { flags = [], ...given }: Given = {}) {
  const { document } = await run(["gateway", "--check", "--json", ...flags], { cwd, ...given });
  return errorDocument.parse(document()).error;
}

/** The problems for which a gateway does not start on a configuration, by path, as printed. */
export async function problemsOf(config: unknown): Promise<Readonly<Record<string, string>>> {
  const cwd = await folderWith({ [configFile]: JSON.stringify(config) });
  const { code, stderr } = await run(["gateway"], { cwd });
  const sentence = `${join(cwd, configFile)} is not a valid configuration.`;
  if (code !== 2 || !stderr.startsWith(sentence)) throw new Error(stderr);
  const lines = stderr.slice(sentence.length).trim().split("\n");
  return Object.fromEntries(
    lines.map((line) => {
      const end = line.indexOf(": ");
      return [line.slice(0, end).trim(), line.slice(end + 2)];
    }),
  );
}
