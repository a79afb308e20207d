/** What somebody may have meant who misspelt a name. */
import { closest, ManifestError } from "../errors/index.ts";
import { libraryHostOf, quoteName } from "../hooks/index.ts";

/** Behind a sentence: ` Did you mean 'x'?`, or nothing. */
export function didYouMean(name: string, known: Iterable<string>): string {
  return near(name, known, " Did");
}

/** In a sentence: `; did you mean 'x'?`, or nothing. */
export function orClause(name: string, known: Iterable<string>): string {
  return near(name, known, "; did");
}

/** Behind unknown hooks: names like them, and the host of this library that has them. */
export function orHooks(unknown: readonly string[], known: readonly string[]): string {
  const misspelt = unknown.filter((name) => libraryHostOf(name) === undefined);
  const similar = misspelt.flatMap((name) => closest(name, known) ?? []);
  const hint =
    similar.length === 0
      ? ""
      : `; did you mean ${similar.map((name) => quoteName(name)).join(", ")}?`;
  return `${hint}${otherHosts(unknown)}`;
}

/** `; glassine/memory-node has …`, or nothing. */
function otherHosts(hooks: readonly string[]): string {
  const entries = new Set(hooks.flatMap((name) => libraryHostOf(name) ?? []));
  return [...entries]
    .map((entry) => {
      const there = hooks
        .filter((name) => libraryHostOf(name) === entry)
        .map((name) => quoteName(name));
      return `; ${entry} has ${there.join(", ")}: take definePlugin and createPluginManager from there`;
    })
    .join("");
}

function near(name: string, known: Iterable<string>, begin: string): string {
  const match = closest(name, known);
  return match === undefined ? "" : `${begin} you mean ${quoteName(match)}?`;
}

/** The error for a hook that a host does not have. */
export function unknownHook(name: string, known: readonly string[]): ManifestError {
  const message = `unknown hook ${quoteName(name)}${orClause(name, known)}`;
  return new ManifestError("hook_unknown", message, [{ field: "hook", message }]);
}
