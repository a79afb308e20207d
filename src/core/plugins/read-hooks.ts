/** The hooks of a manifest: which handler runs on each, and how. */
import { apply, isProxy } from "../data/intrinsics.ts";
import { closest, quoteName } from "../errors/index.ts";
import { type AnyHandler, type HookSpec, oneLine } from "../hooks/index.ts";
import { readPlainObject } from "../schema/index.ts";
import type { Surface } from "./profile.ts";
import { nameOrQuoted, orClause } from "./read-plain.ts";
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

/** Receives each problem as a sentence. */
type Report = (message: string) => void;

export function readHooks(surface: Surface, value: unknown, report: Report): readonly ReadHook[] {
  const { hooks } = surface;
  const entries = readPlainObject(value, "hooks", (_, message) => report(message)) ?? {};
  const unknown = Object.keys(entries).filter((name) => !Object.hasOwn(hooks, name));
  if (unknown.length > 0) {
    const names = unknown.sort().map(nameOrQuoted).join(", ");
    report(`unknown plugin hooks: ${names}${hintFor(unknown, Object.keys(hooks))}`);
  }
  return Object.entries(entries).flatMap(([hook, entry]) => {
    const spec = Object.hasOwn(hooks, hook) ? hooks[hook] : undefined;
    return (spec && readHook(surface, hook, spec, entry, report)) ?? [];
  });
}

function hintFor(unknown: readonly string[], known: readonly string[]): string {
  const similar = unknown.flatMap((hook) => closest(hook, known) ?? []);
  if (similar.length > 0)
    return `; did you mean ${similar.map((name) => quoteName(name)).join(", ")}?`;
  return unknown.length > 1
    ? ""
    : "; hookNames lists this host's hooks, and a hook of another host needs that host's definePlugin";
}

const entryFields: readonly string[] = ["handler", "extensions", ...settingNames];

function readHook(
  { profile }: Surface,
  hook: string,
  spec: HookSpec,
  value: unknown,
  report: Report,
): ReadHook | undefined {
  const where = `hook ${quoteName(hook)}`;
  const faults: string[] = [];
  const entry: Record<string, unknown> =
    typeof value === "function"
      ? { handler: value }
      : (readPlainObject(value, "the entry", (_, message) => faults.push(message)) ?? {});
  const { handler, extensions, ...settings } = entry;
  // Unknown settings are reported, too: one may be a misspelled handler.
  if (!isFunction(handler)) report(`handler for ${where} is not callable`);
  else for (const fault of faults) report(`${where}: ${fault}`);
  for (const [key, setting] of Object.entries(settings)) {
    const fault = settingFault(key, spec);
    if (!entryFields.includes(key))
      report(`${where} has the unknown setting ${quoteName(key)}${orClause(key, entryFields)}`);
    else if (fault !== undefined) {
      if (setting !== undefined) report(`${where}: ${fault}`);
      delete settings[key];
    }
  }
  if (extensions !== undefined && typeof extensions !== "boolean")
    report(`extensions of ${where} must be a boolean`);
  if (!isFunction(handler)) return undefined;
  const fault = handlerFault(handler);
  if (fault !== undefined) {
    report(`handler for ${where} ${fault}`);
    return undefined;
  }
  return {
    hook,
    handler,
    name: nameOfHandler(handler),
    extensions: takesExtensions(handler, extensions),
    declaresExtensions: typeof extensions === "boolean",
    settings: readSettings(settings, (text) => report(`${text} (${where})`), profile.maxTimeoutMs),
  };
}

export function isFunction(value: unknown): value is AnyHandler {
  return typeof value === "function";
}

// Captured, so that no plugin can pass a class off as a function.
const { toString: sourceText } = Function.prototype;
const generators: readonly unknown[] = [
  Object.getPrototypeOf(function* () {}),
  Object.getPrototypeOf(async function* () {}),
];

/** Why a function cannot be a handler, phrased to follow its name; `undefined` if it can. */
export function handlerFault(handler: AnyHandler): string | undefined {
  if (isProxy(handler)) return "is a proxy; wrap it in a function";
  if (generators.includes(Object.getPrototypeOf(handler)))
    return "is a generator; it must be a function that returns a result";
  return isClass(handler) ? "is a class; it must be a function that can be called" : undefined;
}

/**
 * A class has a `prototype` that is not writable. So does a frozen function; then the source
 * decides, as the engine reports it.
 */
function isClass(fn: AnyHandler): boolean {
  if (Object.getOwnPropertyDescriptor(fn, "prototype")?.writable !== false) return false;
  const source = apply(sourceText, fn, []);
  return Object.isExtensible(fn) || !/^(?:async\s+)?function\b/.test(source);
}

/** Whether a handler takes extensions: as declared, or else by its arity, if that is plain data. */
export function takesExtensions(handler: AnyHandler, declared: unknown): boolean {
  if (typeof declared === "boolean") return declared;
  const length: unknown = Object.getOwnPropertyDescriptor(handler, "length")?.value;
  return typeof length === "number" && length >= 3;
}

const maxName = 64;

/** Returns the function's own name on one line, if it is plain data, or else `handler`. */
function nameOfHandler(handler: AnyHandler): string {
  const name: unknown = Object.getOwnPropertyDescriptor(handler, "name")?.value;
  const line = typeof name === "string" ? oneLine(name, maxName) : "";
  return line === "" ? "handler" : line;
}
