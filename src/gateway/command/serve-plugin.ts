/** What `serve-plugin` does: serves a plugin until its host ends, or describes it. */
import { resolve } from "node:path";
import process from "node:process";
import { StringDecoder } from "node:string_decoder";
import { createPluginManager } from "../../core/host/index.ts";
import { endIsolated, isolationOf } from "../../core/plugins/index.ts";
import { misuse, type Outcome, printable, say } from "../../operate/cli/index.ts";
import { cpexFacts, cpexServer, linesTo } from "../../operate/isolate/cpex/cpex-server.ts";
import { type PluginMode, readPluginMode } from "../../operate/trust/index.ts";
import { loadPlugin, readGatewaySettings, type SinglePlugin } from "../config/index.ts";
import type { ServePluginContext } from "./options.ts";

/** `config`: for a plugin that runs isolated; the others get theirs from their manager. */
async function load(
  context: ServePluginContext,
  config?: unknown,
): Promise<SinglePlugin & { readonly mode: PluginMode }> {
  const { cwd, env, operands, options } = context;
  const { path, pluginMode, pluginsLock: lock, root } = options;
  const [id] = operands;
  if ((id === undefined) === (path === undefined))
    throw misuse("serve-plugin expects either the id of a plugin or --path");
  const mode =
    pluginMode === undefined
      ? (readGatewaySettings(env).mode ?? "dev")
      : readPluginMode(pluginMode);
  const given =
    id === undefined ? { path: resolve(cwd, String(path)) } : { package: id, options: config };
  const at = { root: resolve(cwd, root ?? "."), lock: lock && resolve(cwd, lock) };
  return { ...(await loadPlugin(given, { mode, env, ...at })), mode };
}

export async function serve(context: ServePluginContext): Promise<Outcome<never>> {
  const { stdin, stdout, options } = context;
  if (options.json === true) throw misuse("--json needs --check");
  const found = await load(context);
  const { plugin } = found;
  // Each configuration of the host has an instance of its own, which reads it when it starts.
  await endIsolated([plugin]);
  const server = cpexServer({
    plugin,
    managerOf: (item) => managerOf(context, found, item),
    write: (line) => void stdout.write(line, () => {}),
    warn: (line) => void process.stderr.write(`${printable(line)}\n`),
  });
  // A host that no longer reads has ended.
  const gone = new Promise<void>((end) => void stdout.on("error", () => end()));
  await Promise.race([server.shutdown, gone, readLines(stdin, server.handle)]);
  await server.close();
  // Never printed: --json needs --check.
  return { exitCode: 0, document: undefined as never, lines: [] };
}

type Item = Parameters<Parameters<typeof cpexServer>[0]["managerOf"]>[0];

async function managerOf(context: ServePluginContext, found: SinglePlugin, item: Item) {
  const { env } = context;
  const isIsolated = isolationOf(found.plugin) !== undefined;
  const { plugin, discovered } = isIsolated ? await load(context, item.config) : found;
  const own = isIsolated ? { ...item, plugin } : item;
  try {
    return await createPluginManager({ plugins: [own], env, ...(discovered && { discovered }) });
  } catch (error) {
    await endIsolated([plugin]);
    throw error;
  }
}

async function readLines(
  stdin: ServePluginContext["stdin"],
  take: (line: string) => void,
): Promise<void> {
  const decoder = new StringDecoder("utf8");
  // A line that is too long is replaced with "{", which is answered as an invalid task.
  const put = linesTo(take, () => take("{"));
  for await (const piece of stdin)
    put(typeof piece === "string" ? piece : decoder.write(Buffer.from(piece)));
}

export async function check(context: ServePluginContext) {
  const { plugin, discovered, mode } = await load(context);
  await endIsolated([plugin]);
  const { name, version } = plugin;
  const { hooks, capabilities, without } = await cpexFacts(plugin);
  const warnings = discovered?.warnings ?? [];
  return {
    exitCode: 0 as const,
    document: { name, version, mode, hooks, capabilities, without, warnings },
    lines: [
      context.paint.title(say`${name} ${version}`),
      `hooks: [${hooks.join(", ")}]`,
      `capabilities: [${capabilities.join(", ")}]`,
      ...(without.length === 0 ? [] : [say`without: ${without.join(", ")}`]),
    ],
    warnings,
  };
}
