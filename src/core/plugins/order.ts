/** The order of plugins: as given or by name, but each after those it depends on. */
import type { Plugin } from "./types.ts";

interface Ordered {
  readonly plugin: Pick<Plugin, "name" | "dependsOn">;
}

/** Each item after those it depends on, up to the first circle, and that circle's names, if any. */
interface Order<Item> {
  readonly order: readonly Item[];
  readonly circle: readonly string[] | undefined;
}

/** Puts each item after those it depends on, and otherwise keeps the order. Names are unique. */
export function inOrder<Item extends Ordered>(items: readonly Item[]): Order<Item> {
  return walked(items, ({ plugin }) => plugin.dependsOn);
}

/** Like `inOrder`, but otherwise by name: order and circle do not depend on the order given. */
export function byName<Item extends Ordered>(items: readonly Item[]): Order<Item> {
  return walked(
    [...items].sort((a, b) => byUnits(a.plugin.name, b.plugin.name)),
    ({ plugin }) => [...plugin.dependsOn].sort(byUnits),
  );
}

function walked<Item extends Ordered>(
  items: readonly Item[],
  dependenciesOf: (item: Item) => readonly string[],
): Order<Item> {
  const named = new Map(items.map((item) => [item.plugin.name, item]));
  const order = new Set<Item>();
  const open = new Set<Item>();
  for (const first of items) {
    // An explicit stack instead of recursion, because a chain of dependencies may be long.
    const path: { readonly item: Item; readonly rest: Iterator<string> }[] = [];
    const enter = (item: Item) => {
      open.add(item);
      path.push({ item, rest: dependenciesOf(item).values() });
    };
    if (!order.has(first)) enter(first);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const { value: name, done } = top.rest.next();
      if (done === true) {
        path.pop();
        order.add(top.item);
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

/** Returns the names in the circle, with the plugin that closes it at both ends. */
function circleOf(path: readonly { readonly item: Ordered }[], back: Ordered): readonly string[] {
  const names = path.map(({ item }) => item.plugin.name);
  return [...names.slice(names.indexOf(back.plugin.name)), back.plugin.name];
}

/** Compares by UTF-16 code unit, whatever the locale. */
export function byUnits(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
