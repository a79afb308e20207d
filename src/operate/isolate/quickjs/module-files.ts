/**
 * The modules that a plugin inside QuickJS may import: what this library offers there, and files of
 * its package, which the worker reads from disk. The code inside cannot reach files otherwise.
 */
import { readFileSync, realpathSync, statSync } from "node:fs";
import { posix, relative, resolve, sep } from "node:path";
import { capabilities, hookNames, slotNames } from "../../../core/host/index.ts";
import { systemCode } from "../../packages/index.ts";
import { guestLibrary } from "./guest-library.ts";
import { guestTurns } from "./guest-turns.ts";
import { offered } from "./questions.ts";

/** The worker's entry, and the module of the guest library. No file can have these names. */
export const entryName = "glassine:entry";
const guestName = "glassine:guest";

/** The longest file that is read, in bytes. */
const maxBytes = 4 * 1024 * 1024;

export type ModuleFiles = ReturnType<typeof moduleFiles>;

/** `file` and `folder` are real paths. */
export function moduleFiles(file: string, folder: string) {
  const pluginName = `./${relative(folder, file).split(sep).join("/")}`;
  const texts = new Map(Object.entries(ownModules(pluginName)));
  let isSealed = false;

  function read(name: string): string {
    if (isSealed)
      throw new Error(
        `The plugin imports ${name} while it runs. Import it at the top of a file: files are read when the plugin is loaded.`,
      );
    if (!/\.m?js$/.test(name))
      throw new Error(`The plugin imports ${name}. A file is .js or .mjs here.`);
    let path: string;
    try {
      path = realpathSync(resolve(folder, name));
    } catch (error) {
      throw new Error(`The plugin imports ${name}, which cannot be read: ${systemCode(error)}.`);
    }
    if (!path.startsWith(folder + sep))
      throw new Error(`The plugin imports ${name}, which leads out of its package.`);
    const facts = statSync(path);
    if (!facts.isFile() || facts.size > maxBytes)
      throw new Error(`The plugin imports ${name}. Expected a file of at most ${maxBytes} bytes.`);
    return readFileSync(path, "utf8");
  }

  return {
    /** Resolves the module of an import. Never throws: QuickJS would lose the message. */
    nameOf(base: string, requested: string): string {
      const isRelative = /^\.\.?\//.test(requested);
      if (!isRelative || !base.startsWith("./")) return requested;
      // `./a` in `./lib/b.mjs` is `./lib/a`; a path out of the package begins with `../`.
      const name = posix.join(posix.dirname(base), requested);
      return name.startsWith("../") ? name : `./${name}`;
    },
    /** @throws Error that says what to do, for modules that are not offered */
    textOf(name: string): string {
      const known = texts.get(name);
      if (known !== undefined) return known;
      if (name.startsWith("../"))
        throw new Error(`The plugin imports ${name}, which leads out of its package.`);
      if (!name.startsWith("./"))
        throw new Error(
          `The plugin imports ${JSON.stringify(name)}. It can import only ${Object.keys(offered).join(", ")}, and files of its own package, by a path that begins with ./ or ../.`,
        );
      const text = read(name);
      texts.set(name, text);
      return text;
    },
    /** Stops reading files, which could have changed since the check of the package by now. */
    seal(): void {
      isSealed = true;
    },
  };
}

/** Rewords the link error for a name of this library that is not offered inside. */
export function explained(message: string): string {
  const [, name, module] =
    /^Could not find export '([^']*)' in module '(glassine[^']*)'$/.exec(message) ?? [];
  if (name === undefined || module === undefined) return message;
  const names = (offered as Readonly<Record<string, readonly string[]>>)[module] ?? [];
  return `The plugin imports ${name} of ${module}, which is not offered with isolate: quickjs. Offered are ${names.join(", ")}.`;
}

function ownModules(pluginName: string): Readonly<Record<string, string>> {
  const names = JSON.stringify({ hookNames, slotNames, capabilities });
  const entries = Object.entries(offered).map(([module, exports]) => [
    module,
    `import { api } from "${guestName}"; export const { ${exports.join(", ")} } = api;`,
  ]);
  return {
    ...Object.fromEntries(entries),
    [guestName]: `const { api, kit } = (${guestLibrary.toString()})(${names});
export { api };
export const { ask, answered } = (${guestTurns.toString()})(kit);`,
    [entryName]: `import { ask as answer, answered } from "${guestName}";
import * as plugin from ${JSON.stringify(pluginName)};
export const ask = (line) => answer(line, plugin);
export { answered };`,
  };
}
