/** What `gateway pin` does: asks the servers for their tools, and stores the hashes. */

import type { GlassineError } from "../../core/errors/index.ts";
import { describeThrown } from "../../core/observe/index.ts";
import { printable, refusal, say } from "../../operate/cli/index.ts";
import { type GatewayConfig, loadConfig, type Secret, secretReader } from "../config/index.ts";
import {
  changePins,
  definitionHash,
  listTools,
  type Pins,
  readPins,
} from "../definitions/index.ts";
import { connectionsTo } from "../transports/index.ts";
import type { PinContext } from "./options.ts";

export async function pinTools({ cwd, env, options }: PinContext) {
  const { config } = await loadConfig({
    cwd,
    env,
    flags: { file: options.config },
    serves: false,
  });
  const file = config.definitionsFile;
  const pins = await readPins(file);
  const asked: Asked[] = [];
  for (const name of Object.keys(config.servers))
    asked.push(await ask(name, config, secretReader(env), pins.get(name)));
  const isSame = asked.every(({ fault, ...each }) => fault !== null || isUnchanged(each));
  const isConfigured = (name: string) => Object.hasOwn(config.servers, name);
  // Another configuration may share the file.
  const others = [...pins.keys()].filter((name) => !isConfigured(name));
  const [kept, dropped] = options.prune === true ? [[], others] : [others, []];
  const isCurrent = isSame && dropped.length === 0;
  const written = options.check !== true && !isCurrent;
  if (written)
    await write(file, (now) => {
      const old = [...now].filter(([name]) => options.prune !== true || isConfigured(name));
      const news = asked.flatMap(({ server, found }) =>
        found === undefined ? [] : [[server, found] as const],
      );
      return new Map([...old, ...news]);
    });
  const isFine = asked.every(({ fault }) => fault === null) && (written || isCurrent);
  return {
    exitCode: isFine ? (0 as const) : (1 as const),
    document: { action: "pin" as const, file, written, pinned: asked, kept, dropped },
    lines: [
      ...asked.flatMap(linesOf),
      ...kept.map((name) => say`${name}: not in this configuration; --prune removes its pins`),
      ...dropped.map((name) => say`${name}: not in this configuration`),
      ...(written ? [say`written: ${file}`] : []),
      ...(written || options.check === true ? [] : [say`nothing was written: ${file}`]),
    ],
    hasChanged: written,
  };
}

/** @throws CommandFailure `io_failed` if the file cannot be written */
async function write(file: string, edit: Parameters<typeof changePins>[1]): Promise<void> {
  await changePins(file, edit).catch((error: unknown) => {
    const { code, message, data } = error as Partial<GlassineError>;
    if (code === "lockfile_busy")
      throw refusal(
        "io_failed",
        say`${file} is being changed by another process; nothing was written: try again, or remove ${String(data?.path)} if no process changes it`,
      );
    if (code !== "lockfile_failed") throw error;
    throw refusal("io_failed", printable(`${message} The pins are unchanged.`));
  });
}

interface Difference {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

interface Asked extends Difference {
  readonly server: string;
  readonly tools: number;
  readonly fault: string | null;
  /** Its pins from now on; `undefined` if it could not be asked and keeps those that it has. */
  readonly found: Pins | undefined;
}

async function ask(
  server: string,
  config: GatewayConfig,
  secrets: (secret: string | Secret) => string,
  pins: Pins | undefined,
): Promise<Asked> {
  const log = { warn: () => {} };
  const of = config.servers[server] as GatewayConfig["servers"][string];
  const connections = connectionsTo(server, of, { config, secrets, processes: new Set(), log });
  try {
    const tools = await listTools((exchange) =>
      connections.connect({ key: "pin", ...(exchange && { exchange }) }),
    );
    const found = Object.fromEntries(
      tools
        .map((tool) => [String(tool.name), definitionHash(tool)] as const)
        // No file can have this key, so that a tool of this name is never pinned.
        .filter(([name]) => name !== "__proto__"),
    );
    return { server, tools: tools.length, ...differenceOf(pins ?? {}, found), fault: null, found };
  } catch (error) {
    const none = { added: [], changed: [], removed: [] };
    return { server, tools: 0, ...none, fault: describeThrown(error).text, found: undefined };
  } finally {
    await connections.close();
  }
}

function differenceOf(before: Pins, after: Pins): Difference {
  const all = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  const has = (pins: Pins, tool: string) => Object.hasOwn(pins, tool);
  return {
    added: all.filter((tool) => !has(before, tool)),
    changed: all.filter(
      (tool) => has(before, tool) && has(after, tool) && before[tool] !== after[tool],
    ),
    removed: all.filter((tool) => !has(after, tool)),
  };
}

function isUnchanged({ added, changed, removed }: Difference): boolean {
  return added.length + changed.length + removed.length === 0;
}

function linesOf({ server, tools, fault, ...found }: Asked): readonly string[] {
  if (fault !== null) return [say`${server}: could not be asked: ${printable(fault)}`];
  const state = isUnchanged(found) ? ", as pinned" : "";
  return [
    say`${server}: ${tools} ${tools === 1 ? "tool" : "tools"}${state}`,
    ...found.added.map((tool) => say`  new: ${tool}`),
    ...found.changed.map((tool) => say`  changed: ${tool}`),
    ...found.removed.map((tool) => say`  gone: ${tool}`),
  ];
}
