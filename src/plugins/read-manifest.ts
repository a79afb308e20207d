/** Reads a manifest once, by descriptors, and tells all its problems in one error. */
import { match } from "ts-pattern";
import { closest, ManifestError, type ManifestProblem } from "../errors/index.ts";
import type { AnyHandler, HookTable } from "../hooks/index.ts";
import type { CapabilityBits } from "../slots/index.ts";
import { type HandlerFault, handlerFault } from "./handler-shape.ts";
import { type Report, readPlainArray, readPlainObject, single } from "./read-plain.ts";
import { readSettings, settingNames } from "./settings.ts";
import type { RunSettings } from "./types.ts";

/** What a host knows, for a manifest to be held against. */
export interface Surface {
  readonly hooks: HookTable;
  readonly capabilities: CapabilityBits;
}

/** One hook of a manifest, read. */
export interface ReadHook {
  readonly hook: string;
  readonly handler: AnyHandler;
  readonly extensions: boolean;
  readonly settings: RunSettings;
}

/** A manifest, read. */
export interface ReadManifest {
  readonly name: string;
  readonly version: string;
  readonly description: string | undefined;
  readonly capabilities: readonly string[];
  readonly dependsOn: readonly string[];
  readonly hooks: readonly ReadHook[];
}

const fields = ["name", "version", "description", "capabilities", "hooks", "dependsOn"];
const namePattern = /^[a-z][a-z0-9-]{2,63}$/;
// Names that records use for the host, and the one that every ordinary object has as a key.
const reservedNames = ["core", "system", "host", "unknown", "constructor"];
// Semantic versions, and the pre-release forms 1.0.0a1, 1.0.0b2, 1.0.0rc3.
const versionPattern =
  /^\d+\.\d+\.\d+(?:(?:a|b|rc)\d+|(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?)$/;

/** @throws ManifestError `manifest_invalid`, with `problems` */
export function readManifest(surface: Surface, input: unknown): ReadManifest {
  const problems: ManifestProblem[] = [];
  const report = (field: string, message: string) => problems.push({ field, message });
  const values = readPlainObject(input, "(manifest)", report);
  if (values === undefined) throw failure(undefined, problems);
  for (const key of Object.keys(values)) {
    if (fields.includes(key)) continue;
    const near = closest(key, fields);
    report(
      key,
      `unknown manifest field ${single(key)}${near === undefined ? "" : `; did you mean ${single(near)}?`}`,
    );
  }
  const name = readName(values.name, report);
  const version = readVersion(values.version, report);
  const description = readDescription(values.description, report);
  const capabilities = readCapabilities(surface, values.capabilities, report);
  const hooks = readHooks(surface, values.hooks, report);
  const dependsOn = readDependsOn(values.dependsOn, name, report);
  if (problems.length > 0) throw failure(name, problems);
  return { name, version, description, capabilities, hooks, dependsOn };
}

function failure(name: string | undefined, problems: readonly ManifestProblem[]): ManifestError {
  const who = name === undefined || !namePattern.test(name) ? "Plugin" : `Plugin "${name}"`;
  // A field of the author's own choosing is named in the message, where it is escaped.
  const text = problems.map(({ field, message }) =>
    fields.includes(field) && !message.includes(field) ? `${field}: ${message}` : message,
  );
  return new ManifestError(
    "manifest_invalid",
    `${who}: ${text.join("; ")}`,
    Object.freeze(problems),
  );
}

function readName(name: unknown, report: Report): string {
  if (typeof name !== "string" || !namePattern.test(name)) {
    report(
      "name",
      `name must match ${namePattern.source}: 3 to 64 lower-case letters, digits and hyphens`,
    );
  } else if (reservedNames.includes(name))
    report("name", `plugin name ${single(name)} is reserved`);
  return typeof name === "string" ? name : "";
}

function readVersion(version: unknown, report: Report): string {
  if (typeof version === "string" && versionPattern.test(version)) return version;
  report("version", "version must be a semantic version such as 1.0.0");
  return "";
}

function readDescription(description: unknown, report: Report): string | undefined {
  if (description === undefined) return undefined;
  if (typeof description === "string" && description.length <= 2000) return description;
  report("description", "description must be a text of at most 2000 characters");
  return undefined;
}

function readCapabilities(surface: Surface, value: unknown, report: Report): readonly string[] {
  const names = value === undefined ? [] : readPlainArray(value);
  if (names === undefined || !names.every((name) => typeof name === "string")) {
    report("capabilities", "capabilities must be an array of names");
    return [];
  }
  const unknown = [...new Set(names as string[])]
    .filter((name) => !surface.capabilities.has(name))
    .sort();
  if (unknown.length > 0) {
    const near =
      unknown.length === 1 ? closest(unknown[0] as string, surface.capabilities.names) : undefined;
    const shown = unknown.map(bare).join(", ");
    report(
      "capabilities",
      `unknown plugin capabilities: ${shown}${near === undefined ? "" : `; did you mean ${single(near)}?`}`,
    );
  }
  return Object.freeze([...new Set(names as string[])].sort());
}

/** A name without quotes where it is a clean one, else quoted and escaped. */
function bare(name: string): string {
  return /^[A-Za-z0-9_.-]{1,64}$/.test(name) ? name : single(name);
}

function readHooks(surface: Surface, value: unknown, report: Report): readonly ReadHook[] {
  const entries = readPlainObject(value === undefined ? {} : value, "hooks", report);
  if (entries === undefined) return [];
  const names = Object.keys(entries);
  const unknown = names.filter((name) => !Object.hasOwn(surface.hooks, name)).sort();
  if (unknown.length > 0) {
    const near =
      unknown.length === 1 ? closest(unknown[0] as string, Object.keys(surface.hooks)) : undefined;
    const shown = unknown.map(bare).join(", ");
    report(
      "hooks",
      `unknown plugin hooks: ${shown}${near === undefined ? "" : `; did you mean ${single(near)}?`}`,
    );
  }
  const known = names.filter(
    (name) => Object.hasOwn(surface.hooks, name) && entries[name] !== undefined,
  );
  return known.flatMap((hook) => readHook(hook, entries[hook], report));
}

const entryFields = ["handler", "extensions", ...settingNames];

function readHook(hook: string, value: unknown, report: Report): ReadHook[] {
  const isFunction = typeof value === "function";
  const faults: string[] = [];
  const entry = isFunction
    ? { handler: value }
    : readPlainObject(value, "the entry", (_, message) => faults.push(message));
  const { handler } = entry ?? {};
  if (entry === undefined || typeof handler !== "function") {
    report("hooks", `handler for hook ${single(hook)} is not callable`);
    return [];
  }
  for (const fault of faults) report("hooks", `hook ${single(hook)}: ${fault}`);
  for (const key of Object.keys(entry)) {
    if (!entryFields.includes(key))
      report("hooks", `hook ${single(hook)} has the unknown setting ${single(key)}`);
  }
  const { extensions } = entry as { extensions?: unknown };
  if (extensions !== undefined && typeof extensions !== "boolean") {
    report("hooks", `extensions of hook ${single(hook)} must be true or false`);
  }
  const shape = handlerFault(handler, typeof extensions === "boolean" ? extensions : undefined);
  if ("fault" in shape) report("hooks", faultText(hook, shape));
  const settings = readSettings(entry, (text) => report("hooks", `hook ${single(hook)}: ${text}`));
  const takes = "fault" in shape ? false : shape.extensions;
  return [{ hook, handler: handler as AnyHandler, extensions: takes, settings }];
}

function faultText(hook: string, { fault }: HandlerFault): string {
  const handler = `handler for hook ${single(hook)}`;
  return match(fault)
    .with(
      "no_parameters",
      () =>
        `${handler} must accept at least 1 positional argument; where the arity is hidden, say { handler, extensions: true } or { handler, extensions: false }`,
    )
    .with("class", () => `${handler} is a class; it must be a function that can be called`)
    .with(
      "generator",
      () => `${handler} is a generator; it must be a function that returns a result`,
    )
    .with("proxy", () => `${handler} is a proxy; wrap it in a function`)
    .exhaustive();
}

function readDependsOn(value: unknown, name: string, report: Report): readonly string[] {
  const names = value === undefined ? [] : readPlainArray(value);
  if (names === undefined) {
    report("dependsOn", "dependsOn must be an array of plugin names");
    return [];
  }
  const plugins: string[] = [];
  for (const each of names) {
    if (typeof each !== "string") {
      report("dependsOn", `dependsOn has a ${typeof each}; plugin names are texts`);
    } else if (!namePattern.test(each)) {
      report("dependsOn", `dependsOn has ${single(each)}, which is no plugin name`);
    } else if (each === name) report("dependsOn", "plugin cannot depend on itself");
    else plugins.push(each);
  }
  return Object.freeze([...new Set(plugins)]);
}
