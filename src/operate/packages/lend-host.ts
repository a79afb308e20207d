/**
 * A plugin that is developed in its own folder has no node_modules above it with the host's
 * package. Imports of `glassine` that it cannot resolve lead to this installation.
 */
import { register } from "node:module";
import { sep } from "node:path";
import { pathToFileURL } from "node:url";

/** Source text, because it runs in the loader's thread and cannot use this module. */
const hooks = `
let folder;
let host;
export function initialize(data) {
  folder = data.folder;
  host = data.host;
}
export async function resolve(specifier, context, next) {
  try {
    return await next(specifier, context);
  } catch (error) {
    const isHost = specifier === "glassine" || specifier.startsWith("glassine/");
    if (!isHost || !context.parentURL?.startsWith(folder)) throw error;
    return next(specifier, { ...context, parentURL: host });
  }
}
`;

const lent = new Set<string>();

/** For modules below a folder, from now on. What they can resolve themselves stays unchanged. */
export function lendHost(path: string): void {
  const folder = pathToFileURL(path + sep).href;
  if (lent.has(folder)) return;
  lent.add(folder);
  // Any file of a package can import the package by its name.
  const data = { folder, host: import.meta.url };
  register(`data:text/javascript,${encodeURIComponent(hooks)}`, { data });
}
