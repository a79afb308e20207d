/** Shared by the plugin tests: manifests with any values, and the problems they are refused for. */
import { definePlugin, ManifestError, type ManifestProblem, type Plugin } from "glassine";

/** Defines a plugin from any value, because many tests pass what the types forbid. */
export function define(manifest: unknown): Plugin {
  return definePlugin(manifest as never);
}

/** Returns the problems for which a manifest is refused. */
export function problemsOf(
  manifest: unknown,
  definePluginOf: (manifest: never) => Plugin = definePlugin,
): readonly ManifestProblem[] {
  return refusalOf(manifest, definePluginOf).problems;
}

/** Returns the error with which a manifest is refused. */
export function refusalOf(
  manifest: unknown,
  definePluginOf: (manifest: never) => Plugin = definePlugin,
): ManifestError {
  try {
    definePluginOf(manifest as never);
  } catch (error) {
    if (error instanceof ManifestError) return error;
    throw error;
  }
  throw new Error("The manifest was accepted.");
}

/** Returns a valid manifest with some fields replaced. */
export function manifest(fields: object = {}): object {
  return { name: "plugin", version: "1.0.0", hooks: {}, ...fields };
}

/** Returns a manifest with one handler or entry on `tool_pre_invoke`. */
export function withHandler(entry: unknown): object {
  return manifest({ hooks: { tool_pre_invoke: entry } });
}
