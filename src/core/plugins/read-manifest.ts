/** Reads a manifest once, by descriptors, and tells all its problems in one error. */
import { ManifestError, type ManifestProblem } from "../errors/index.ts";
import { readCapabilities, unusedCapabilities } from "./capability-names.ts";
import { type ReadSchema, readSchema } from "./config-schema.ts";
import { handlerFault } from "./handler-shape.ts";
import { orClause } from "./near.ts";
import { type ReadHook, readHooks } from "./read-hooks.ts";
import { quoteName, type Report, readPlainArray, readPlainObject } from "./read-plain.ts";
import type { Surface } from "./surface.ts";

/** A manifest, read. */
export interface ReadManifest {
  readonly name: string;
  readonly version: string;
  readonly description: string | undefined;
  /** As declared; `undefined` for the host's default. Its syntax was not looked at. */
  readonly requiresHost: string | undefined;
  /** Without repeats, sorted. */
  readonly capabilities: readonly string[];
  readonly asyncSafe: boolean;
  readonly hooks: readonly ReadHook[];
  readonly routes: readonly unknown[];
  readonly healthCheck: ((context: unknown) => unknown) | undefined;
  readonly configSchema: ReadSchema | undefined;
  readonly dependsOn: readonly string[];
}

/** In the order in which their problems are told. */
const fields = [
  "name",
  "version",
  "description",
  "requiresHost",
  "capabilities",
  "asyncSafe",
  "hooks",
  "routes",
  "healthCheck",
  "configSchema",
  "dependsOn",
];
const namePattern = /^[a-z][a-z0-9-]{2,63}$/;
/** Names that records use for the host, and the one that every ordinary object has as a key. */
export const reservedNames: readonly string[] = [
  "core",
  "system",
  "host",
  "unknown",
  "constructor",
];
// Semantic versions, and the pre-release forms 1.0.0a1, 1.0.0b2, 1.0.0rc3.
const versionPattern =
  /^\d+\.\d+\.\d+(?:(?:a|b|rc)\d+|(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?)$/;

/**
 * All problems come in one error, first those with unknown fields, then in the order of the fields.
 * Its message is theirs, joined by `; `.
 *
 * @throws ManifestError `manifest_invalid`, with `problems`
 */
export function readManifest(surface: Surface, input: unknown): ReadManifest {
  const problems: ManifestProblem[] = [];
  const report = (field: string, message: string) => problems.push({ field, message });
  const values = readPlainObject(input, "(manifest)", report);
  if (values === undefined) throw failure(undefined, problems);
  for (const key of Object.keys(values)) {
    if (fields.includes(key)) continue;
    report(key, `unknown manifest field ${quoteName(key)}${orClause(key, fields)}`);
  }
  const name = readName(values.name, report);
  const { maxTimeoutMs } = surface.profile;
  const manifest: ReadManifest = {
    name,
    version: readVersion(values.version, report),
    description: readDescription(values.description, report),
    requiresHost: readRequiresHost(values.requiresHost, report),
    capabilities: readCapabilities(surface, "plugin", values.capabilities, report),
    asyncSafe: readAsyncSafe(values.asyncSafe, report),
    hooks: readHooks({ hooks: surface.hooks, maxTimeoutMs }, values.hooks, report),
    routes: readRoutes(values.routes, report),
    healthCheck: readHealthCheck(values.healthCheck, report),
    configSchema: readConfigSchema(values.configSchema, report),
    dependsOn: readDependsOn(values.dependsOn, name, report),
  };
  if (problems.length === 0) {
    const fault = unusedFault(surface, manifest);
    if (fault !== undefined) report("capabilities", fault);
  }
  if (problems.length > 0) throw failure(name, problems);
  return manifest;
}

/** Why no handler can use the capabilities, or `undefined`. A default value hides a parameter. */
function unusedFault(
  surface: Surface,
  { name, capabilities, hooks }: ReadManifest,
): string | undefined {
  const isUsed = hooks.some(
    ({ extensions, declaresExtensions }) => extensions || declaresExtensions,
  );
  if (isUsed || hooks.length === 0) return undefined;
  return unusedCapabilities(surface, `plugin ${quoteName(name)}`, capabilities);
}

function failure(name: string | undefined, problems: readonly ManifestProblem[]): ManifestError {
  const text = problems.map(({ message }) => message).join("; ");
  const data = name !== undefined && isFree(name) ? { plugin: name } : {};
  return new ManifestError("manifest_invalid", text, Object.freeze(problems), undefined, data);
}

function isFree(name: string): boolean {
  return namePattern.test(name) && !reservedNames.includes(name);
}

function readName(name: unknown, report: Report): string {
  if (typeof name !== "string" || !namePattern.test(name)) {
    report(
      "name",
      `name must match ${namePattern.source}: 3 to 64 lower-case letters, digits and hyphens`,
    );
  } else if (reservedNames.includes(name))
    report("name", `plugin name ${quoteName(name)} is reserved`);
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

function readRequiresHost(range: unknown, report: Report): string | undefined {
  if (range === undefined || typeof range === "string") return range;
  report("requiresHost", "requiresHost must be a range of versions such as >=1.2.0");
  return undefined;
}

function readAsyncSafe(asyncSafe: unknown, report: Report): boolean {
  if (asyncSafe === undefined || typeof asyncSafe === "boolean") return asyncSafe ?? true;
  report("asyncSafe", "asyncSafe must be true or false");
  return true;
}

function readRoutes(value: unknown, report: Report): readonly unknown[] {
  const routes = value === undefined ? [] : readPlainArray(value);
  if (routes !== undefined) return Object.freeze(routes);
  report("routes", "routes must be an array, of at most 1000 routes");
  return [];
}

function readHealthCheck(check: unknown, report: Report): ReadManifest["healthCheck"] {
  if (check === undefined) return undefined;
  if (typeof check === "function" && !("fault" in handlerFault(check, false)))
    return check as ReadManifest["healthCheck"];
  report("healthCheck", "health_check must be callable");
  return undefined;
}

function readConfigSchema(value: unknown, report: Report): ReadSchema | undefined {
  if (value === undefined) return undefined;
  const schema = readSchema(value);
  if (schema === undefined)
    report(
      "configSchema",
      "configSchema must be an object with parse(value) or safeParse(value), and no proxy",
    );
  return schema;
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
      report("dependsOn", `dependsOn has ${quoteName(each)}, which is no plugin name`);
    } else if (each === name) report("dependsOn", "plugin cannot depend on itself");
    else plugins.push(each);
  }
  return Object.freeze([...new Set(plugins)]);
}
