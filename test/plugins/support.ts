/** What the tests of plugins share: manifests of any value, and the problems they are refused for. */
import { definePlugin, ManifestError, type ManifestProblem, type Plugin } from "glassine";

/** Defines a plugin from any value; what the types forbid is what many tests are about. */
export function define(manifest: unknown): Plugin {
  return definePlugin(manifest as never);
}

/** The problems a manifest is refused for. */
export function problemsOf(
  manifest: unknown,
  definePluginOf: (manifest: never) => Plugin = definePlugin,
): readonly ManifestProblem[] {
  return refusalOf(manifest, definePluginOf).problems;
}

/** The error a manifest is refused with. */
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

/** A sound manifest with some fields replaced. */
export function manifest(fields: object = {}): object {
  return { name: "plugin", version: "1.0.0", hooks: {}, ...fields };
}

/** A manifest with one handler, or entry, on `tool_pre_invoke`. */
export function withHandler(entry: unknown): object {
  return manifest({ hooks: { tool_pre_invoke: entry } });
}
