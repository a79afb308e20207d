/** Gives configurations to the command, which says what it makes of them. */
import { join } from "node:path";
import { folderWith } from "../../support/folder.ts";
import { codeOf, double, run } from "../command/support.ts";

export const files = { command: "mcp-server-files" };
export const configFile = "glassine.config.json";

export interface Given {
  readonly env?: Readonly<Record<string, string>>;
  /** What follows `gateway` on the command line. */
  readonly flags?: readonly string[];
}

/** Starts a gateway on a configuration in a folder of its own. */
export async function load(config: unknown, given: Given = {}) {
  const cwd = await folderWith({ [configFile]: JSON.stringify(config) });
  return { cwd, config: await loadIn(cwd, given) };
}

/** Starts a gateway in a folder, and returns the configuration that it got. */
export async function loadIn(cwd: string, { env = {}, flags = [] }: Given = {}) {
  const { state, openGateway } = double();
  state.end({});
  const { stderr } = await run(["gateway", ...flags], { cwd, env, openGateway });
  const [parts] = state.parts;
  if (parts === undefined) throw new Error(stderr);
  return parts.config;
}

/** The code and the message of a gateway that has to refuse to start. */
export async function refusalIn(cwd: string, { env = {}, flags = [] }: Given = {}) {
  const { state, openGateway } = double();
  state.end({});
  const { code, stderr } = await run(["gateway", ...flags], { cwd, env, openGateway });
  const { document } = await run(["gateway", "--check", "--json", ...flags], { cwd, env });
  if (code !== 2) throw new Error("it was accepted");
  return { code: codeOf(document()), message: stderr.trimEnd() };
}

/** The problems of a configuration, by path, as they are printed. */
export async function problemsOf(config: unknown): Promise<Readonly<Record<string, string>>> {
  const cwd = await folderWith({ [configFile]: JSON.stringify(config) });
  const { code, message } = await refusalIn(cwd);
  if (code !== "config_invalid") throw new Error(code);
  const sentence = `${join(cwd, configFile)} is not a valid configuration.`;
  if (!message.startsWith(sentence)) throw new Error(message);
  const lines = message.slice(sentence.length).trim().split("\n");
  return Object.fromEntries(
    lines.map((line) => {
      const end = line.indexOf(": ");
      return [line.slice(0, end).trim(), line.slice(end + 2)];
    }),
  );
}
