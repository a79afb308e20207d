/** Imports a file of a plugin package. In the host, package code starts to run only here. */
import { pathToFileURL } from "node:url";

/** Imports ES modules and CommonJS alike. */
export async function importModule(file: string): Promise<Readonly<Record<string, unknown>>> {
  return await import(pathToFileURL(file).href);
}
