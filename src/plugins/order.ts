/** The order of plugins: as given or by name, but each after those it depends on. */
import { ManifestError, PluginDependencyError } from "../errors/index.ts";
import { single } from "./read-plain.ts";
import { sameData } from "./same-data.ts";

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
    const message = `plugin ${single(plugin.name)} is already registered`;
    const problems = [{ field: "name", message }];
    // One plugin listed twice is a slip; two under one name may be an attack.
    const data = { plugin: plugin.name, isSame: sameData(plugin, other) };
    return [
      { plugin, error: new ManifestError("plugin_duplicate", message, problems, undefined, data) },
    ];
  });
}

/**
 * Each plugin after those it depends on; among the others the order in which they come. Names are
 * unique by now.
 *
 * @throws PluginDependencyError `dependency_unresolved`
 */
export function inOrder<P extends Ordered>(plugins: readonly P[]): readonly P[] {
  const byName = new Map(plugins.map((plugin) => [plugin.name, plugin]));
  expectAll(plugins, byName);
  const order: P[] = [];
  const placed = new Set<P>();
  const open = new Set<P>();
  for (const first of plugins) {
    // Down the dependencies and back, on a list instead of the stack: a row of them may be long.
    const path: { readonly plugin: P; next: number }[] = [];
    const enter = (plugin: P): void => {
      if (placed.has(plugin)) return;
      if (open.has(plugin)) throw circleOf([...path.map((step) => step.plugin.name), plugin.name]);
      open.add(plugin);
      path.push({ plugin, next: 0 });
    };
    enter(first);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const { plugin, next } = top;
      const name = plugin.dependsOn[next];
      if (name === undefined) {
        path.pop();
        placed.add(plugin);
        order.push(plugin);
        continue;
      }
      top.next += 1;
      enter(byName.get(name) as P);
    }
  }
  return order;
}

/** The order in which plugins register: the same for every order in which they are given. */
export function byName<P extends Ordered>(plugins: readonly P[]): readonly P[] {
  const sorted = plugins.map((plugin) => ({
    plugin,
    name: plugin.name,
    dependsOn: [...plugin.dependsOn].sort(byUnits),
  }));
  sorted.sort((a, b) => byUnits(a.name, b.name));
  return inOrder(sorted).map(({ plugin }) => plugin);
}

/** By UTF-16 code unit, whatever the language. */
export function byUnits(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** `path` ends with a name that it has before: the circle begins there. */
function circleOf(path: readonly string[]): PluginDependencyError {
  const circle = path.slice(path.indexOf(path.at(-1) as string)).join(" -> ");
  return new PluginDependencyError(`plugin dependency cycle detected: ${circle}`, { circle });
}

function expectAll<P extends Ordered>(plugins: readonly P[], known: ReadonlyMap<string, P>): void {
  const missing = plugins
    .map(({ name, dependsOn }) => ({
      name,
      missing: dependsOn.filter((other) => !known.has(other)).sort(byUnits),
    }))
    .filter((plugin) => plugin.missing.length > 0)
    .sort((a, b) => byUnits(a.name, b.name));
  if (missing.length === 0) return;
  const told = missing.map((each) => `${each.name} missing ${each.missing.join(", ")}`).join("; ");
  throw new PluginDependencyError(`missing plugin dependencies: ${told}`, {
    missing: missing.map((each) => ({ plugin: each.name, dependencies: each.missing })),
  });
}
