/** The order of plugins: as given or by name, but each after those it depends on. */
import { ManifestError, PluginDependencyError } from "../errors/index.ts";
import { quoteName } from "./read-plain.ts";

interface Ordered {
  readonly name: string;
  readonly dependsOn: readonly string[];
}

/** Every plugin whose name another one has already, with the error to tell. */
export function duplicatesIn<P extends Ordered>(
  plugins: readonly P[],
): readonly { readonly plugin: P; readonly error: ManifestError }[] {
  const first = new Map<string, P>();
  return plugins.flatMap((plugin) => {
    const other = first.get(plugin.name);
    if (other === undefined) {
      first.set(plugin.name, plugin);
      return [];
    }
    const message = `plugin ${quoteName(plugin.name)} is already registered`;
    const problems = [{ field: "name", message }];
    // One plugin listed twice is a slip; two of one name may be an attack, however much alike.
    const data = { plugin: plugin.name, isSame: plugin === other };
    return [
      { plugin, error: new ManifestError("plugin_duplicate", message, problems, undefined, data) },
    ];
  });
}

/** What one plugin depends on and nobody is, sorted. */
export interface Missing {
  readonly plugin: string;
  readonly dependencies: readonly string[];
}

/** Each plugin that lacks some of what it depends on, by name, with what it lacks. */
export function missingIn<P extends Ordered>(
  plugins: readonly P[],
): readonly { readonly plugin: P; readonly dependencies: readonly string[] }[] {
  const known = new Set(plugins.map(({ name }) => name));
  return plugins
    .map((plugin) => ({
      plugin,
      dependencies: plugin.dependsOn.filter((other) => !known.has(other)).sort(byUnits),
    }))
    .filter(({ dependencies }) => dependencies.length > 0)
    .sort((a, b) => byUnits(a.plugin.name, b.plugin.name));
}

export function missingError(missing: readonly Missing[]): PluginDependencyError {
  const sentences = missing.map(
    ({ plugin, dependencies }) => `${plugin} missing ${dependencies.join(", ")}`,
  );
  const text = `missing plugin dependencies: ${sentences.join("; ")}`;
  return new PluginDependencyError(text, { missing });
}

/**
 * A circle of plugins that depend on each other: the same one, from the same plugin on, whatever the
 * order in which they are given. `undefined` where there is none.
 */
export function circleIn(plugins: readonly Ordered[]): readonly string[] | undefined {
  return walked(sorted(plugins)).circle;
}

export function circleError(names: readonly string[]): PluginDependencyError {
  const circle = names.join(" -> ");
  return new PluginDependencyError(`plugin dependency cycle detected: ${circle}`, { circle });
}

/**
 * Each plugin after those it depends on; otherwise in the order given. By now names
 * are unique, nothing is missing, and there is no circle.
 */
export function inOrder<P extends Ordered>(plugins: readonly P[]): readonly P[] {
  return walked(plugins).order;
}

/** Copies in the order in which plugins register: the same for every order in which they are given. */
export function byName<P extends Ordered>(plugins: readonly P[]): readonly P[] {
  return inOrder(sorted(plugins));
}

function sorted<P extends Ordered>(plugins: readonly P[]): readonly P[] {
  return plugins
    .map((plugin) => ({ ...plugin, dependsOn: [...plugin.dependsOn].sort(byUnits) }))
    .sort((a, b) => byUnits(a.name, b.name));
}

/** Goes down the dependencies of each plugin, up to the first circle. */
function walked<P extends Ordered>(
  plugins: readonly P[],
): { readonly order: readonly P[]; readonly circle: readonly string[] | undefined } {
  const named = new Map(plugins.map((plugin) => [plugin.name, plugin]));
  const order = new Set<P>();
  const open = new Set<P>();
  for (const first of plugins) {
    // Down and back on a list instead of the stack: a row of dependencies may be long.
    const path: { readonly plugin: P; readonly rest: Iterator<string> }[] = [];
    const enter = (plugin: P) => {
      open.add(plugin);
      path.push({ plugin, rest: plugin.dependsOn.values() });
    };
    if (!order.has(first)) enter(first);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const { value: name, done } = top.rest.next();
      if (done === true) {
        path.pop();
        order.add(top.plugin);
        continue;
      }
      const next = named.get(name);
      if (next === undefined || order.has(next)) continue;
      if (open.has(next)) return { order: [...order], circle: circleOf(path, next) };
      enter(next);
    }
  }
  return { order: [...order], circle: undefined };
}

/** The names of the circle, the plugin that closes it at both ends. */
function circleOf(path: readonly { readonly plugin: Ordered }[], back: Ordered): readonly string[] {
  const names = path.map(({ plugin }) => plugin.name);
  return [...names.slice(names.indexOf(back.name)), back.name];
}

/** By UTF-16 code unit, whatever the language. */
export function byUnits(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
