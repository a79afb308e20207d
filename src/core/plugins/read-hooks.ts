/** The hooks of a manifest: which handler runs on each, and how. */
import type { AnyHandler, HookTable } from "../hooks/index.ts";
import { handlerFault, handlerFaultText, nameOfHandler } from "./handler-shape.ts";
import { orHooks } from "./near.ts";
import { nameOrQuoted, quoteName, type Report, readPlainObject } from "./read-plain.ts";
import { readSettings, settingFault, settingNames } from "./settings.ts";
import type { RunSettings } from "./types.ts";

/** One hook of a manifest, read. */
export interface ReadHook {
  readonly hook: string;
  readonly handler: AnyHandler;
  /** The function's own name on one line, or `handler`. */
  readonly name: string;
  readonly extensions: boolean;
  /** Whether the entry says if it takes extensions; otherwise its arity decided. */
  readonly declaresExtensions: boolean;
  readonly settings: RunSettings;
}

/** What the hooks of a manifest are held against. */
interface Known {
  readonly hooks: HookTable;
  readonly maxTimeoutMs: number;
}

export function readHooks(known: Known, value: unknown, report: Report): readonly ReadHook[] {
  const entries = readPlainObject(value === undefined ? {} : value, "hooks", report);
  if (entries === undefined) return [];
  const names = Object.keys(entries);
  const unknown = names.filter((name) => !Object.hasOwn(known.hooks, name)).sort();
  if (unknown.length > 0) {
    const hint = orHooks(unknown, Object.keys(known.hooks));
    report("hooks", `unknown plugin hooks: ${unknown.map(nameOrQuoted).join(", ")}${hint}`);
  }
  return names
    .filter((name) => Object.hasOwn(known.hooks, name))
    .flatMap((hook) => readHook(known, hook, entries[hook], report));
}

const entryFields: readonly string[] = ["handler", "extensions", ...settingNames];

function readHook(known: Known, hook: string, value: unknown, report: Report): ReadHook[] {
  const where = `hook ${quoteName(hook)}`;
  const faults: string[] = [];
  const entry =
    typeof value === "function"
      ? { handler: value }
      : readPlainObject(value, "the entry", (_, message) => faults.push(message));
  const { handler } = entry ?? {};
  if (entry === undefined || typeof handler !== "function") {
    report("hooks", `handler for ${where} is not callable`);
    return [];
  }
  for (const fault of faults) report("hooks", `${where}: ${fault}`);
  const settings: Record<string, unknown> = {};
  const { semantic } = known.hooks[hook] as HookTable[string];
  for (const key of Object.keys(entry)) {
    if (!entryFields.includes(key)) {
      report("hooks", `${where} has the unknown setting ${quoteName(key)}`);
      continue;
    }
    const fault = settingFault(key, semantic);
    if (fault === undefined) settings[key] = (entry as Record<string, unknown>)[key];
    else if ((entry as Record<string, unknown>)[key] !== undefined)
      report("hooks", `${where}: ${fault}`);
  }
  const { extensions } = settings;
  if (extensions !== undefined && typeof extensions !== "boolean") {
    report("hooks", `extensions of ${where} must be true or false`);
  }
  const shape = handlerFault(handler, typeof extensions === "boolean" ? extensions : undefined);
  if ("fault" in shape) report("hooks", handlerFaultText(hook, shape));
  return [
    {
      hook,
      handler: handler as AnyHandler,
      name: nameOfHandler(handler),
      extensions: "fault" in shape ? false : shape.extensions,
      declaresExtensions: typeof extensions === "boolean",
      settings: readSettings(
        settings,
        (text) => report("hooks", `${text} (${where})`),
        known.maxTimeoutMs,
      ),
    },
  ];
}
