/**
 * A plugin that is developed in its own folder has no node_modules above it with the host's
 * package. Imports of `glassine` that it cannot resolve lead to this installation.
 */
import * as nodeModule from "node:module";
import { sep } from "node:path";
import { pathToFileURL } from "node:url";

interface Context {
  readonly parentURL?: string | undefined;
}

interface Hooks {
  resolve(
    specifier: string,
    context: Context,
    next: (specifier: string, context: Context) => unknown,
  ): unknown;
}

/** Node has it since 22.15, and warns of `register` since 26. */
const { registerHooks } = nodeModule as { readonly registerHooks?: (hooks: Hooks) => void };

/** For a Node without it. Source text, because it runs in the loader's thread. */
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
  const host = import.meta.url;
  if (registerHooks === undefined) {
    nodeModule.register(`data:text/javascript,${encodeURIComponent(hooks)}`, {
      data: { folder, host },
    });
    return;
  }
  registerHooks({
    resolve(specifier, context, next) {
      try {
        return next(specifier, context);
      } catch (error) {
        const isHost = specifier === "glassine" || specifier.startsWith("glassine/");
        if (!isHost || !context.parentURL?.startsWith(folder)) throw error;
        // Not by `next`, which looks from the module itself where that calls `require`.
        const file = nodeModule.createRequire(host).resolve(specifier);
        return { url: pathToFileURL(file).href, shortCircuit: true };
      }
    },
  });
}
