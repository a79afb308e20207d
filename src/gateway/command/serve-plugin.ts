/** What `serve-plugin` does: serves a plugin until its host ends, or describes it. */
import { resolve } from "node:path";
import process from "node:process";
import { StringDecoder } from "node:string_decoder";
import { PluginDiscoveryError } from "../../core/errors/index.ts";
import { createPluginManager } from "../../core/host/index.ts";
import {
  discoveryFactsOf,
  endIsolated,
  isolationOf,
  warnOfUnsigned,
} from "../../core/plugins/index.ts";
import { type AuditSink, streamAuditSink } from "../../node/index.ts";
import { misuse, type Outcome, printable, refusal, say } from "../../operate/cli/index.ts";
import {
  cpexFacts,
  cpexServer,
  linesTo,
  type Serve,
} from "../../operate/isolate/cpex/cpex-server.ts";
import { type PluginMode, readPluginMode } from "../../operate/trust/index.ts";
import {
  loadPlugin,
  readConfigFile,
  readGatewaySettings,
  type SinglePlugin,
} from "../config/index.ts";
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
  // What code in this process prints is there already.
  const onPrinted = (_: string, text: string) =>
    void process.stderr.write(`${printable(text.trimEnd())}\n`);
  return { ...(await loadPlugin(given, { mode, env, onPrinted, ...at })), mode };
}

export async function serve(context: ServePluginContext): Promise<Outcome<never>> {
  const { stdin, stdout, options } = context;
  if (options.json === true) throw misuse("--json needs --check");
  if (options.options !== undefined)
    throw misuse("--options needs --check: a CPEX host sends the configuration");
  const found = await loadedBefore(context);
  const sink = streamAuditSink(process.stderr);
  const server = cpexServer({
    serve: (config, itemOf) => serveWith({ context, config, itemOf, found, sink }),
    write: (line) => void stdout.write(line, () => {}),
    warn: (line) => void process.stderr.write(`${printable(line)}\n`),
  });
  // A host that no longer reads has ended.
  const gone = new Promise<void>((end) => void stdout.on("error", () => end()));
  try {
    await Promise.race([server.shutdown, gone, readLines(stdin, server.handle)]);
  } finally {
    await server.close();
  }
  // Never printed: --json needs --check.
  return { exitCode: 0, document: undefined as never, lines: [] };
}

/**
 * Loads the plugin before the host asks for it, so that a faulty one is reported at once. Returns
 * `undefined` for one that runs isolated: each configuration of the host has an instance of its
 * own, which reads it when it starts.
 */
async function loadedBefore(context: ServePluginContext): Promise<SinglePlugin | undefined> {
  try {
    const found = await load(context);
    if (isolationOf(found.plugin) === undefined) return found;
    await endIsolated([found.plugin]);
  } catch (error) {
    // Only a plugin that runs isolated reads its configuration here, and it may need one.
    const problems = error instanceof PluginDiscoveryError ? error.problems : [];
    if (problems[0]?.code !== "config_rejected") throw error;
  }
  return undefined;
}

async function serveWith({
  context,
  config,
  itemOf,
  found,
  sink,
}: {
  readonly context: ServePluginContext;
  readonly config: unknown;
  readonly itemOf: Parameters<Serve>[1];
  readonly found: SinglePlugin | undefined;
  readonly sink: AuditSink;
}): ReturnType<Serve> {
  const { env } = context;
  const { plugin, discovered } = found ?? (await load(context, config));
  try {
    const manager = await createPluginManager({
      plugins: [itemOf(plugin)],
      env,
      ...(discovered && { discovered, audit: { sink } }),
    });
    return { plugin, manager };
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
  const put = linesTo(take, () => {
    // Its id is unknown. The end of the process is an answer to a host that waits for it.
    throw refusal("io_failed", "The host wrote a line of more than 33,554,432 characters.");
  });
  for await (const piece of stdin)
    put(typeof piece === "string" ? piece : decoder.write(Buffer.from(piece)));
}

export async function check(context: ServePluginContext) {
  const { cwd, options } = context;
  const { options: file } = options;
  const config = file === undefined ? undefined : await readConfigFile(resolve(cwd, file));
  const { plugin, discovered, mode } = await load(context, config);
  await endIsolated([plugin]);
  if (file !== undefined && isolationOf(plugin) === undefined)
    throw misuse(
      "--options is for a plugin that runs isolated: the others need none to be described",
    );
  const { name, version } = plugin;
  const { hooks, capabilities, without } = await cpexFacts(plugin);
  const warnings = [...(discovered?.warnings ?? [])];
  warnOfUnsigned(discoveryFactsOf(discovered), { warn: (text) => void warnings.push(text) });
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
