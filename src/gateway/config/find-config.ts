/** Finds the configuration file and reads it, without checking the contents. */
import { resolve } from "node:path";
import { GlassineError } from "../../core/errors/index.ts";
import { parseStrictJson, readSmallFile, StrictJsonError } from "../../operate/packages/index.ts";
import { isThere, printable } from "../../operate/trust/index.ts";
import { importDefault } from "./import-file.ts";

/** In the order in which messages list them. */
const fileNames = ["ts", "js", "mjs", "json"].map((ending) => `glassine.config.${ending}`);

const maxBytes = 1024 * 1024;

/**
 * Returns the path of the named file, or else of the only configuration in `cwd`. `takesServer`
 * means that a command line can do without a file, which the error then says.
 *
 * @throws GlassineError `config_missing`: there is none, or more than one
 */
export async function findConfig(
  cwd: string,
  named: string | undefined,
  takesServer = false,
): Promise<string> {
  if (named !== undefined) {
    const path = resolve(cwd, named);
    if (await isThere(path)) return path;
    throw missing(`the configuration ${printable(path)} does not exist`);
  }
  const found: string[] = [];
  for (const name of fileNames) if (await isThere(resolve(cwd, name))) found.push(name);
  const [only, ...others] = found;
  if (only === undefined)
    throw missing(
      takesServer
        ? `no configuration in ${printable(cwd)}: write ${fileNames[0]}, name a file with --config, or give a server's command after --`
        : `no configuration in ${printable(cwd)}: name the gateway's configuration file with --config`,
    );
  if (others.length > 0)
    throw missing(`${printable(cwd)} has ${found.join(" and ")}: name one of them with --config`);
  return resolve(cwd, only);
}

function missing(message: string): GlassineError {
  return new GlassineError("config_missing", message);
}

/**
 * Reads a configuration file. A module is run, and imported again if it has changed.
 *
 * @throws GlassineError `config_unreadable`
 */
export async function readConfigFile(path: string): Promise<unknown> {
  if (!path.endsWith(".json"))
    return importDefault({ path, what: "the configuration", endings: ".ts, .js, .mjs or .json" });
  const read = await readSmallFile(path, { maxBytes, followLinks: true });
  if ("fault" in read) throw unreadable(path, read.fault);
  try {
    return parseStrictJson(new TextDecoder("utf-8", { fatal: true }).decode(read.bytes));
  } catch (error) {
    const fault = error instanceof StrictJsonError ? error.message : "it is not UTF-8";
    throw unreadable(path, `cannot be read: ${fault}`);
  }
}

function unreadable(path: string, fault: string): GlassineError {
  return new GlassineError("config_unreadable", `the configuration ${printable(path)} ${fault}`);
}
