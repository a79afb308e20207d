/** Imports the operator's own host from the module of `--host`. No other file runs that module. */
import { stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { within } from "../../core/data/index.ts";
import { surfaceOf } from "../../core/host/index.ts";
import { exportOf } from "../../core/plugins/index.ts";
import { systemCode } from "../packages/index.ts";
import { describeText } from "../trust/index.ts";
import { namesOf } from "./command-host.ts";
import { refusal } from "./failure.ts";
import { texts } from "./texts.ts";

const timeoutMs = 30_000;

/**
 * Imports `MODULE` or `MODULE:EXPORT`. The module is a file, relative to the current directory, an
 * entry of this package, such as `glassine/memory-node`, or a package that is installed there.
 * Without a name, the export is `default`, `host`, or else the only one that is a host.
 */
export async function importHost(
  { value: given, from }: { readonly value: string; readonly from: string },
  cwd: string,
) {
  const { specifier, exportName } = splitName(given);
  const refused = (fault: string) =>
    refusal("options_invalid", texts.hostModule(from, given, fault));
  const imported = await within(timeoutMs, async () => {
    const module = (await import(await urlOf(specifier, cwd))) as Record<string, unknown>;
    return exportName === undefined ? hostIn(module) : exportOf(module, exportName);
  });
  if (imported.how === "timeout")
    throw refused(`it takes longer than ${timeoutMs / 1000} seconds to load`);
  if (imported.how === "threw") throw refused(describeText(imported.value));
  const found = imported.value;
  const names = namesOf(found);
  if (names === undefined) throw refused(texts.noHost(exportName ?? "default"));
  return { host: found as object, ...names };
}

function hostIn(module: Readonly<Record<string, unknown>>): unknown {
  const isHost = (each: unknown) => surfaceOf(each) !== undefined;
  const [only, ...others] = Object.values(module).filter(isHost);
  // A CommonJS module always has a `default`: the object of its exports.
  const named = [exportOf(module, "default"), module.host].find(isHost);
  return named ?? (others.length === 0 ? only : undefined);
}

/** Splits at a colon that comes before a name and is not a drive letter's. */
function splitName(given: string): { specifier: string; exportName: string | undefined } {
  const match = /^(.{2,}):([A-Za-z_$][\w$]*)$/s.exec(given);
  return { specifier: match?.[1] ?? given, exportName: match?.[2] };
}

async function urlOf(specifier: string, cwd: string): Promise<string> {
  const path = resolve(cwd, specifier);
  const isFile = await stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
  if (isFile) return pathToFileURL(path).href;
  // From the copy that runs this command, which does not recognize hosts of another copy.
  if (specifier.startsWith("glassine/")) return specifier;
  try {
    return pathToFileURL(createRequire(join(cwd, "package.json")).resolve(specifier)).href;
  } catch (error) {
    if (systemCode(error) !== "ERR_PACKAGE_PATH_NOT_EXPORTED") throw error;
    throw new Error("the package exports this only to `import`, or not at all: name its file");
  }
}
