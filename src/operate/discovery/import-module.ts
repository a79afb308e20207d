/** Imports a file of a plugin package: the one place where code of packages begins to run. */
import { pathToFileURL } from "node:url";

/** ES modules and CommonJS alike. What runs longer than that is nobody's any more. */
export async function importModule(file: string): Promise<Readonly<Record<string, unknown>>> {
  return await import(pathToFileURL(file).href);
}
