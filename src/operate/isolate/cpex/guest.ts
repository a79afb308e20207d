/** Describes a CPEX plugin for this host: its manifest, and what this host does not support. */
import { isRecord } from "../../../core/data/index.ts";
import { optionsInvalid, quoted, suggestion } from "../../../core/errors/index.ts";
import { hookNames } from "../../../core/host/index.ts";
import type { RunSettings } from "../../../core/plugins/index.ts";
import type { FarManifest } from "../protocol.ts";
import type { Wheel } from "./wheels.ts";
import { cpexCapabilities, cpexHooks, type Guest } from "./worker-lines.ts";

/** Something in a plugin or its configuration that has no effect on this host, and why. */
export interface Unsupported {
  readonly what: "hook" | "capability" | "setting";
  readonly name: string;
  readonly why: string;
}

/** What a plugin's wheel says about it in `plugin-manifest.yaml`. */
export interface PackageManifest {
  readonly kind: string;
  readonly description: string | undefined;
  readonly hooks: readonly string[];
  readonly defaults: Readonly<Record<string, unknown>>;
}

/** Reads what it can from the document; `undefined` if there is no `kind`. */
export function readPackageManifest(document: unknown): PackageManifest | undefined {
  if (!isRecord(document) || typeof document.kind !== "string") return undefined;
  const { kind, description, available_hooks: hooks, default_configs: defaults } = document;
  return {
    kind,
    description: typeof description === "string" ? description : undefined,
    hooks: Array.isArray(hooks) ? hooks.filter((each) => typeof each === "string") : [],
    defaults: isRecord(defaults) ? defaults : {},
  };
}

/** A plugin as somebody configured it. */
export interface GuestEntry {
  readonly kind: string;
  /** Its name on this host; `title` is the one that CPEX uses. */
  readonly name: string | undefined;
  readonly title: string | undefined;
  readonly version?: string | undefined;
  readonly hooks: readonly string[] | undefined;
  readonly capabilities: readonly string[];
  readonly config: Readonly<Record<string, unknown>>;
  readonly settings: RunSettings;
  /** The parts of its configuration that have no effect. */
  readonly unsupported: readonly Unsupported[];
}

/**
 * @param source `own`: the manifest of its wheel, which may describe another class
 * @throws GlassineError `options_invalid` if no hook is left
 */
export function describeGuest(
  entry: GuestEntry,
  source: {
    readonly wheel: Wheel | undefined;
    readonly own: PackageManifest | undefined;
    readonly pluginDirs: readonly string[];
  },
) {
  const { kind, settings } = entry;
  const { wheel, pluginDirs } = source;
  const own = source.own?.kind === kind ? source.own : undefined;
  const title = entry.title ?? wheel?.name ?? kind.slice(kind.lastIndexOf(".") + 1);
  const version = entry.version ?? wheel?.version ?? "0.0.0";
  const requested = entry.hooks ?? own?.hooks ?? [];
  const isHook = (hook: string) => cpexHooks.includes(hook);
  const isCapability = (name: string) => cpexCapabilities.includes(name);
  const hooks = requested.filter(isHook);
  const capabilities = entry.capabilities.filter(isCapability);
  const unsupported: readonly Unsupported[] = [
    ...requested
      .filter((name) => !isHook(name))
      .map((name) => ({ what: "hook" as const, name, why: whyNot(name) })),
    ...entry.capabilities
      .filter((name) => !isCapability(name))
      .map((name) => ({
        what: "capability" as const,
        name,
        why: `CPEX knows no such capability.${suggestion(name, cpexCapabilities)}`,
      })),
  ];
  if (requested.length === 0)
    throw optionsInvalid(
      wheel === undefined
        ? `No wheel in the virtual environment contains ${quoted(kind)}. Install its package there. If its code is in pluginDirs, name its hooks in hooks.`
        : `The wheel of ${quoted(kind)} does not say which hooks it has. Name them in hooks, as in its own configuration.`,
    );
  if (hooks.length === 0) {
    const why = unsupported.map(({ name, why }) => `${quoted(name)}: ${why}`).join(" ");
    throw optionsInvalid(`This host has none of the hooks of ${quoted(kind)}. ${why}`);
  }
  const entries = hooks.map((hook) => [hook, { ...settings, extensions: true }]);
  // The worker does not apply the defaults.
  const config = { ...own?.defaults, ...entry.config };
  const guest: Guest = { name: title, kind, version, hooks, capabilities, config, pluginDirs };
  const manifest: FarManifest = {
    name: entry.name ?? pluginName(title),
    version: semanticVersion(version),
    capabilities,
    hasHealthCheck: false,
    ...(own?.description === undefined ? {} : { description: own.description }),
    hooks: Object.fromEntries(entries),
  };
  return { guest, manifest, unsupported: [...entry.unsupported, ...unsupported] };
}

function whyNot(hook: string): string {
  return Object.hasOwn(hookNames, hook)
    ? "CPEX has no such hook."
    : `This host has no such hook.${suggestion(hook, cpexHooks)}`;
}

/** Turns a Python version into a semantic one. What has no place there becomes build metadata. */
export function semanticVersion(version: string): string {
  const [, major, minor = "0", patch = "0", rest = ""] =
    /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(.*)$/.exec(version) ?? [];
  if (major === undefined) return "0.0.0";
  const build = rest.replaceAll(/[^0-9A-Za-z]+/g, ".").replaceAll(/^\.|\.$/g, "");
  const release = [major, minor, patch].map((each) => String(Number(each))).join(".");
  return build === "" ? release : `${release}+${build}`;
}

/** Turns a CPEX name, such as `PIIFilter`, into a name of this library: `pii-filter`. */
export function pluginName(title: string): string {
  return title
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, "$1-$2")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^[-0-9]+|-+$/g, "");
}
