/**
 * A plugin that is developed in a folder of its own has no node_modules with the host's package
 * above it. What it imports of `glassine` and does not find is this installation's.
 */
import { register } from "node:module";
import { sep } from "node:path";
import { pathToFileURL } from "node:url";

/** Runs in the loader's thread, so it is source text that cannot use this module. */
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

/** For modules below a folder, from now on. What they find themselves stays what they import. */
export function lendHost(path: string): void {
  const folder = pathToFileURL(path + sep).href;
  if (lent.has(folder)) return;
  lent.add(folder);
  // A package finds itself by its name from any of its own files.
  const data = { folder, host: import.meta.url };
  register(`data:text/javascript,${encodeURIComponent(hooks)}`, { data });
}
