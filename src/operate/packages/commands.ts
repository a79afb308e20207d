/** The commands that installers put beside the host's, by the `bin` of a package.json. */
import { foldedName } from "./file-names.ts";
import { isObject } from "./small-file.ts";

/**
 * Why a package's commands cannot be beside those of the host, or `undefined` where they can: of two
 * packages with one command installers let either have it.
 *
 * @param commands those of the host
 */
export function commandFault(
  { name, bin, directories }: Readonly<Record<string, unknown>>,
  commands: readonly string[],
): string | undefined {
  const own = commands.map(foldedName);
  const taken = commandsIn(bin, name).find((each) => own.includes(foldedName(each)));
  if (taken !== undefined) return `its bin claims '${taken}', a command of the host`;
  if (commands.length === 0 || bin !== undefined || !isObject(directories)) return undefined;
  if (directories.bin === undefined) return undefined;
  return "its commands are those of a folder, directories.bin: bin is to name them";
}

/** As npm makes names of them: the last part of each, and for one file the package's name. */
function commandsIn(bin: unknown, name: unknown): readonly string[] {
  const given = Array.isArray(bin) ? bin : isObject(bin) ? Object.keys(bin) : [name];
  if (bin === undefined || bin === null) return [];
  return given.flatMap((each) =>
    typeof each === "string" ? [each.split(/[/\\:]/).at(-1) ?? ""] : [],
  );
}
