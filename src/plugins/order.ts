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
  const placed = new Set<string>();
  const order: P[] = [];
  const place = (plugin: P, path: readonly string[]): void => {
    if (placed.has(plugin.name)) return;
    const at = path.indexOf(plugin.name);
    if (at >= 0) {
      const circle = [...path.slice(at), plugin.name].join(" -> ");
      throw new GlassineError(
        "dependency_unresolved",
        `Plugins depend on each other in a circle: ${circle}.`,
        {
          circle,
        },
      );
    }
    for (const name of plugin.dependsOn) {
      const needed = byName.get(name);
      if (needed === undefined) {
        throw new GlassineError(
          "dependency_unresolved",
          `The plugin ${single(plugin.name)} depends on ${single(name)}, which is not among the plugins given.`,
          { plugin: plugin.name, missing: name },
        );
      }
      place(needed, [...path, plugin.name]);
    }
    placed.add(plugin.name);
    order.push(plugin);
  };
  for (const plugin of plugins) place(plugin, []);
  return order;
}

/** One plugin listed twice is a slip; two under one name may be an attack. */
function duplicate(a: Ordered, b: Ordered): GlassineError {
  const text = sameData(a.facts, b.facts)
    ? `The plugin ${single(a.name)} is given twice.`
    : `Two different plugins have the name ${single(a.name)}. Rename or leave out one.`;
  return new GlassineError("plugin_duplicate", text, { plugin: a.name });
}
