/** Loads plugins whose code runs elsewhere. The host imports none of it. */
import { join } from "node:path";
import { type GlassineError, isGlassineError, quoted } from "../../core/errors/index.ts";
import { type IsolatedPlugin, isolatePlugin } from "../isolate/index.ts";
import { loadQuickJs } from "../isolate/quickjs/library.ts";
import type { RejectionCode } from "../packages/index.ts";
import { describeText } from "../trust/index.ts";
import { type Fault, factoryFailed, importFailed, loadTimedOut } from "./fault.ts";
import type { ReadIsolation } from "./isolation-settings.ts";
import type { PrivateCopy } from "./private-copy.ts";
import type { ReadDiscoverOptions } from "./static-options.ts";
import type { StaticPlugin } from "./types.ts";

/** Returns the plugin, not yet compared with anything, or why there is none. */
export async function loadIsolated(
  source: StaticPlugin,
  isolation: ReadIsolation,
  copy: PrivateCopy | undefined,
  options: ReadDiscoverOptions,
): Promise<IsolatedPlugin | Fault> {
  const { entry, package: found, hash, isBuiltin } = source;
  const { id } = entry;
  const { path } = found;
  const { folder, readable, hasHash } = copy ?? { folder: path, readable: [path], hasHash: false };
  const unfit = isolationFault(source, options);
  if (unfit !== undefined) {
    const todo = isBuiltin ? "take it out of what is isolated" : "remove it, or do not isolate it";
    const reason = `it is to run in ${quoted(isolation.isolate)}, but ${unfit}: ${todo}`;
    return { code: "isolation_refused", reason };
  }
  try {
    if (isolation.isolate === "quickjs") await loadQuickJs();
    return await isolatePlugin(join(folder, ...entry.file.split("/")), {
      ...isolation,
      exportName: entry.exportName,
      readable,
      startTimeoutMs: options.loadTimeoutMs,
      onOutput: (text) => options.onOutput(id, text),
      onEnd: (why) => options.onEnd(id, why),
      package: { folder, hash: hash !== undefined && hasHash ? hash.hash : null },
    });
  } catch (error) {
    if (!isGlassineError(error)) throw error;
    const reason = describeText(error).replaceAll(folder, path);
    if (error.code === "plugin_ended" && "startTimeoutMs" in error.data) return loadTimedOut(id);
    const code = codeOf(error);
    if (code === "import_failed") return importFailed(id, reason);
    return code === "factory_failed" ? factoryFailed(id, reason) : { code, reason };
  }
}

/** Why a plugin cannot run elsewhere on any machine, or `undefined`. */
export function isolationFault(
  { entry, isBuiltin }: StaticPlugin,
  { hasStandardPlugins }: ReadDiscoverOptions,
): string | undefined {
  if (isBuiltin) return "it is part of the host";
  if (entry.kind !== "hooks") return `a ${entry.kind} runs in the host only`;
  if (!hasStandardPlugins)
    return "a host with slots, hooks or services of its own runs its plugins itself";
  return undefined;
}

const codes: Readonly<Record<string, RejectionCode>> = {
  package: "hash_mismatch",
  import: "import_failed",
  factory: "factory_failed",
  manifest: "manifest_invalid",
  config: "config_rejected",
};

function codeOf({ code, data }: GlassineError): RejectionCode {
  if (code === "isolation_refused" || code === "manifest_invalid") return code;
  // The package that QuickJS comes with is not installed.
  if (code === "setting_invalid") return "isolation_refused";
  const { step } = data as { readonly step?: string };
  // No step is known if its code ended or its file is gone.
  return codes[step ?? "import"] ?? "import_failed";
}
