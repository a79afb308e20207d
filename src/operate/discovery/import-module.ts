/** Imports a file of a plugin package: the one place where code of packages begins to run. */
import { pathToFileURL } from "node:url";

/** Imports ES modules and CommonJS alike. */
export async function importModule(file: string): Promise<Readonly<Record<string, unknown>>> {
  return await import(pathToFileURL(file).href);
}
