/** Reads a manifest once, and reports all its problems in one error. */
import * as z from "zod/mini";
import { quoteName } from "../errors/index.ts";
import { capabilityList, unusedCapabilities } from "./capabilities.ts";
import { type ReadSchema, readSchema } from "./config-schema.ts";
import type { Surface } from "./profile.ts";
import { handlerFault, isFunction, type ReadHook, readHooks } from "./read-hooks.ts";
import { manifestError, orClause, plainList, readFields } from "./read-plain.ts";
import { settingNames } from "./settings.ts";

/** A manifest, read. `requiresHost` is as declared: its syntax was not checked. */
export type ReadManifest = z.output<ReturnType<typeof manifestSchema>>;

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

const texts = {
  name: `name must match ${namePattern.source}: 3 to 64 lower-case letters, digits and hyphens`,
  version: "version must be a semantic version such as 1.0.0",
  description: "description must be a string of at most 2000 characters",
  requiresHost: "requiresHost must be a range of versions such as >=1.2.0",
  asyncSafe: "asyncSafe must be a boolean",
  routes: "routes must be an array, of at most 1000 routes",
  healthCheck: "health_check must be callable",
  configSchema:
    "configSchema must be an object with parse(value) or safeParse(value), and not a proxy",
  dependsOn: "dependsOn must be an array of plugin names",
};

/** Problems are reported in the order of these fields. */
function manifestSchema(surface: Surface) {
  return z.object({
    name: z.string(texts.name).check(
      z.regex(namePattern, texts.name),
      z.refine((name) => !reservedNames.includes(name), {
        error: ({ input }) => `plugin name ${quoteName(String(input))} is reserved`,
      }),
    ),
    version: z.string(texts.version).check(z.regex(versionPattern, texts.version)),
    // Not `z.maxLength`: zod would read the length of any value, and a proxy may throw.
    description: z.optional(
      z.string(texts.description).check(z.refine((text) => text.length <= 2000, texts.description)),
    ),
    requiresHost: z.optional(z.string(texts.requiresHost)),
    capabilities: z._default(capabilityList(surface, "plugin"), []),
    asyncSafe: z._default(z.boolean(texts.asyncSafe), true),
    hooks: z._default(hookList(surface), []),
    routes: z._default(plainList(z.unknown(), texts.routes), []),
    healthCheck: z.optional(z.custom<(context: unknown) => unknown>(isCallable, texts.healthCheck)),
    configSchema: z.optional(
      z.pipe(
        z.transform(readSchema),
        z.custom<ReadSchema>((read) => read !== undefined, texts.configSchema),
      ),
    ),
    dependsOn: z._default(
      plainList(
        z.string("dependsOn has a name that is not a string").check(
          z.regex(namePattern, {
            error: ({ input }) =>
              `dependsOn has ${quoteName(String(input))}, which is not a plugin name`,
          }),
        ),
        texts.dependsOn,
      ),
      [],
    ),
  });
}

const isCallable = (value: unknown) => isFunction(value) && handlerFault(value) === undefined;

function hookList(surface: Surface) {
  return z.transform((value: unknown, { issues }): readonly ReadHook[] =>
    readHooks(surface, value, (message) => issues.push({ code: "custom", message, input: value })),
  );
}

/** Made once for each host. */
const schemas = new WeakMap<Surface, ReturnType<typeof manifestSchema>>();

/** @throws ManifestError `manifest_invalid`, with `problems` */
export function readManifest(surface: Surface, input: unknown): ReadManifest {
  const schema = schemas.get(surface) ?? manifestSchema(surface);
  schemas.set(surface, schema);
  const manifest = readFields(schema, input, "manifest", nameIn, hintFor);
  const { name, dependsOn } = manifest;
  if (dependsOn.includes(name))
    throw manifestError("dependsOn", "plugin cannot depend on itself", name);
  const fault = unusedFault(surface, manifest);
  if (fault !== undefined) throw manifestError("capabilities", fault, name);
  return { ...manifest, dependsOn: Object.freeze([...new Set(dependsOn)]) };
}

function hintFor(field: string, known: readonly string[]): string {
  if (!settingNames.includes(field)) return orClause(field, known);
  return `; it is a setting of a hook: { hooks: { HOOK: { handler, ${field} } } }`;
}

function nameIn({ name }: { readonly name?: unknown }): string | undefined {
  const isName =
    typeof name === "string" && namePattern.test(name) && !reservedNames.includes(name);
  return isName ? name : undefined;
}

/** Why no handler can use the capabilities, or `undefined`. The arity omits default parameters. */
function unusedFault(surface: Surface, { name, capabilities, hooks }: ReadManifest) {
  const isUsed = hooks.some(
    ({ extensions, declaresExtensions }) => extensions || declaresExtensions,
  );
  if (isUsed || hooks.length === 0) return undefined;
  return unusedCapabilities(surface, `plugin ${quoteName(name)}`, capabilities);
}
