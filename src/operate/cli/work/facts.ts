/** Turns plugins and lockfile entries into the form that reports use. */
import { join } from "node:path";
import * as z from "zod/mini";
import { attempt, isRecord } from "../../../core/data/index.ts";
import { sensitivityOf } from "../../../core/observe/index.ts";
import {
  definitionOf,
  type HealthReport,
  isolationOf,
  type Plugin,
  streamModeOf,
} from "../../../core/plugins/index.ts";
import type {
  Assessment,
  LoadedPlugin,
  StaticPlugin,
  StaticReport,
} from "../../discovery/index.ts";
import { type Isolation, kinds } from "../../isolate/kinds.ts";
import { memberText, pathFrom } from "../../packages/index.ts";
import { type LockEntry, type Lockfile, readDependency } from "../../trust/index.ts";
import type { ConfigKey, LockedFacts, LockFacts, PluginFacts } from "../documents.ts";

export const unhashableCodes: readonly string[] = [
  "unsafe_symlink",
  "unsupported_file",
  "package_too_large",
];

export function lockFacts({ lock }: Pick<StaticReport, "lock">): LockFacts | null {
  return lock === undefined ? null : factsOfLock(lock);
}

export function factsOfLock({ path, entries }: Pick<Lockfile, "path" | "entries">): LockFacts {
  return { path, schema_version: 1, entries: entries.length };
}

export function lockedFacts(entry: LockEntry): LockedFacts {
  return {
    package: entry.package,
    version: entry.version,
    entry_point: entry.entryPoint,
    distribution_hash: entry.hash,
    capabilities: entry.capabilities ?? null,
    hooks: entry.hooks ?? null,
    signer: entry.signer ?? null,
    dependencies: (entry.dependencies ?? []).map(readDependency),
    until: entry.until ?? null,
    isolate: entry.isolate ?? null,
    accept: entry.accept ?? [],
  };
}

export function staticFacts(source: StaticPlugin, { lock }: StaticReport): PluginFacts {
  const { entry, package: found, isLocal, isBuiltin, hash, closure, trust } = source;
  // The entry of a guest with the same id says nothing about this plugin.
  const locked = lock?.entries.find(({ id, kind }) => id === entry.id && kind === undefined);
  const trusted = locked === undefined ? null : lockedFacts(locked);
  const isHooks = entry.kind === "hooks";
  return {
    id: entry.id,
    name: entry.id,
    kind: entry.kind,
    version: found.version,
    package: isLocal ? "<local>" : found.name,
    entry_point: entry.entryPoint,
    distribution_hash: isLocal ? "sha256:local" : (hash?.hash ?? null),
    builtin: isBuiltin,
    capabilities: found.capabilities === undefined ? null : [...found.capabilities].sort(),
    hooks: isHooks && found.hooks !== undefined ? [...found.hooks].sort() : null,
    streams: null,
    depends_on: [],
    discovery_source: sourceOf(source),
    signed_by: source.trust?.signedBy ?? signerOf(source),
    trust_decision: trust?.decision ?? null,
    health: null,
    requires: null,
    config: null,
    isolation: locked?.isolate === undefined ? null : isolationFacts(locked.isolate, trusted),
    trusted,
    signer: source.signer ?? null,
    missing_keyword: !found.hasKeyword,
    undeclared_capabilities: [],
    undeclared_hooks: [],
    unsupplied_capabilities: [],
    dependencies: [...new Set(closure?.members.map(memberText))].map(readDependency),
    lock_only_dependencies: lockOnly(source),
    provided_by_host: closure?.provided ?? [],
  };
}

function isolationFacts(
  isolate: Isolation,
  trusted: LockedFacts | null,
  open: readonly string[] | null = null,
): PluginFacts["isolation"] {
  return { isolate, says: kinds[isolate], accept: trusted?.accept ?? [], open };
}

/** The names of dependencies outside of the package's own hash, which no signature covers. */
function lockOnly({ closure, hash, package: { path } }: StaticPlugin): readonly string[] {
  const members = closure?.members ?? [];
  const outside = members.filter(
    (each) => hash?.files.has(pathFrom(path, join(each.path, "package.json"))) !== true,
  );
  return [...new Set(outside.map(({ name }) => name))];
}

/** The host's own and local plugins are not checked for a signature, and count as unsigned. */
function signerOf({ signer, isLocal, isBuiltin }: StaticPlugin): string | null {
  return signer ?? (isLocal || isBuiltin ? "unsigned" : null);
}

function sourceOf({ entry, package: found, isLocal }: StaticPlugin) {
  if (isLocal) return { path: found.foundAt, type: "local" };
  return {
    distribution: found.name,
    entry_point_name: entry.id,
    entry_point_value: entry.entryPoint,
    package_version: found.version,
    type: "npm_package",
  };
}

export function loadedFacts(
  { source, loaded }: LoadedPlugin,
  report: StaticReport,
  { health, supplied }: Assessment,
): PluginFacts {
  const facts = staticFacts(source, report);
  if (loaded.kind !== "hooks") {
    // For other kinds than procedures, only their hosts know more than the package says.
    if (loaded.procedure === undefined) return facts;
    const { name, requiredCapabilities: capabilities, configModel } = loaded.procedure;
    const undeclared_capabilities = missingIn(capabilities, facts.capabilities);
    const config = configKeysOf(configModel);
    return { ...facts, name, capabilities, undeclared_capabilities, config };
  }
  const { plugin } = loaded;
  const state = health.get(plugin.name);
  const isolated = isolationOf(plugin);
  return {
    ...facts,
    name: plugin.name,
    capabilities: plugin.capabilities,
    hooks: plugin.hooks,
    undeclared_capabilities: missingIn(plugin.capabilities, facts.capabilities),
    undeclared_hooks: missingIn(plugin.hooks, facts.hooks),
    streams: streamsOf(plugin),
    depends_on: [...plugin.dependsOn].sort(),
    requires: plugin.requiresHost ?? null,
    config: configKeysOf(definitionOf(plugin)?.manifest.configSchema?.schema),
    isolation:
      isolated === undefined
        ? null
        : isolationFacts(isolated.kind as Isolation, facts.trusted, isolated.open),
    health: state === undefined ? null : healthOf(state),
    unsupplied_capabilities: plugin.capabilities.filter((name) => supplied.get(name) === false),
  };
}

/** By hook, as declared by the plugin; the operator's setting can be stricter. */
function streamsOf(plugin: Plugin): PluginFacts["streams"] {
  const definition = definitionOf(plugin);
  // A plugin that another copy of the library defined has no definition here.
  if (definition === undefined) return null;
  const { hooks } = definition.surface;
  const modes = definition.manifest.hooks.flatMap(({ hook, settings }) => {
    const spec = hooks[hook];
    const stream = spec && streamModeOf(spec, settings);
    return stream === undefined ? [] : [[hook, stream] as const];
  });
  return Object.fromEntries(modes);
}

function healthOf({ status, message, checkedAt, errorSummary }: HealthReport) {
  return { status, message, checked_at: checkedAt, error_summary: errorSummary };
}

function missingIn(declared: readonly string[], requested: readonly string[] | null) {
  return (requested ?? []).filter((name) => !declared.includes(name)).sort();
}

/** The keys of a plugin's schema, never values; `null` if there is none or its keys are unknown. */
function configKeysOf(schema: object | undefined): readonly ConfigKey[] | null {
  // Fails for schemas that are not Zod's, and for those without a JSON form.
  const document: unknown = attempt(() =>
    z.toJSONSchema(schema as z.core.$ZodType, { io: "input", unrepresentable: "any" }),
  );
  if (!isRecord(document) || !isRecord(document.properties)) return null;
  const required = Array.isArray(document.required) ? document.required : [];
  return Object.entries(document.properties).map(([key, part]) => {
    const secret = isSecret(key);
    const facts = { key, type: typeOf(part), required: required.includes(key), secret };
    if (secret || !isRecord(part) || part.default === undefined) return facts;
    return hasSecret(part.default) ? facts : { ...facts, default: part.default };
  });
}

function isSecret(key: string): boolean {
  return sensitivityOf(key.toLowerCase()) !== undefined;
}

/** Whether a value of JSON has a secret at any level. A default can come from the environment. */
function hasSecret(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, inner]) => isSecret(key) || hasSecret(inner));
}

function typeOf(part: unknown): string {
  if (!isRecord(part)) return "any";
  const { enum: choices, const: only, anyOf, type } = part;
  if (Array.isArray(choices)) return choices.map((choice) => JSON.stringify(choice)).join(" | ");
  if (only !== undefined) return JSON.stringify(only);
  if (Array.isArray(anyOf)) return [...new Set(anyOf.map(typeOf))].join(" | ");
  return typeof type === "string" ? type : "any";
}
