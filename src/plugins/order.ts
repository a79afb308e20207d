/** The order of plugins: as given, but each after those it depends on. */
import { GlassineError } from "../errors/index.ts";
import { single } from "./read-plain.ts";
import { sameData } from "./same-data.ts";

interface Ordered {
  readonly name: string;
  readonly dependsOn: readonly string[];
  readonly facts: object;
}

/** @throws GlassineError `plugin_duplicate`, `dependency_unresolved` */
export function inOrder<P extends Ordered>(plugins: readonly P[]): readonly P[] {
  const byName = new Map<string, P>();
  for (const plugin of plugins) {
    const other = byName.get(plugin.name);
    if (other !== undefined) throw duplicate(plugin, other);
    byName.set(plugin.name, plugin);
  }
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
      enter(byName.get(name) ?? missing(plugin, name));
    }
  }
  return order;
}

/** `path` ends with a name that it has before: the circle begins there. */
function circleOf(path: readonly string[]): GlassineError {
  const circle = path.slice(path.indexOf(path.at(-1) as string)).join(" -> ");
  return new GlassineError(
    "dependency_unresolved",
    `Plugins depend on each other in a circle: ${circle}.`,
    { circle },
  );
}

function missing(plugin: Ordered, name: string): never {
  throw new GlassineError(
    "dependency_unresolved",
    `The plugin ${single(plugin.name)} depends on ${single(name)}, which is not among the plugins given.`,
    { plugin: plugin.name, missing: name },
  );
}

/** One plugin listed twice is a slip; two under one name may be an attack. */
function duplicate(a: Ordered, b: Ordered): GlassineError {
  const text = sameData(a.facts, b.facts)
    ? `The plugin ${single(a.name)} is given twice.`
    : `Two different plugins have the name ${single(a.name)}. Rename or leave out one.`;
  return new GlassineError("plugin_duplicate", text, { plugin: a.name });
}
