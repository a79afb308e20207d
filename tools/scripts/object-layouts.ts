/** Writes how the objects of each level of the slot table are copied and compared. */
import { compileSlots, type Node, type SlotTable } from "../../src/core/slots/index.ts";
import { listSource } from "./list-source.ts";

type Levels = readonly (readonly [path: string, keys: readonly string[]])[];

function levelsIn(nodes: readonly Node[]): Levels {
  return nodes.flatMap(({ path, fields }): Levels => {
    if (fields.length === 0) return [];
    return [[path, fields.map(({ key }) => key)], ...levelsIn(fields)];
  });
}

export function objectLayoutsSource(table: SlotTable): string {
  const { nodes, names } = compileSlots(table);
  const levels: Levels = [["", names], ...levelsIn(nodes)];
  return `// Generated from the slot table by \`npm run generate\`. Edit the table, not this file.
import type { ObjectLayout } from "./object-layout-types.ts";

/** Keys that are named in the source cost the engine a fraction of keys that are looked up. */
export const objectLayouts: Readonly<Record<string, ObjectLayout>> = {
${levels.map(formSource).join("\n")}
};
`;
}

function formSource([path, keys]: Levels[number]): string {
  const name = path === "" || path.includes(".") ? JSON.stringify(path) : path;
  const copies = keys.map((key) => `      ${key}: from.${key},\n`).join("");
  const values = listSource(
    keys.map((key) => `from.${key}`),
    "    values: (from) => ",
  );
  const places = keys.map((key, i) => `      ${key}: values[${i}],\n`).join("");
  const bits = keys.map((key, i) => `(a.${key} === b.${key} ? 0 : ${2 ** i})`);
  const [only] = bits;
  const compared =
    bits.length === 1
      ? ` ${only?.slice(1, -1)}`
      : `\n${bits.map((bit) => `      ${bit}`).join(" |\n")}`;
  return `  ${name}: {
    keys: ${listSource(keys.map((key) => JSON.stringify(key)))},
    build: (values) => ({
${places}    }),
    values: (from) => ${values},
    copy: (from) => ({
${copies}    }),
    differences: (a, b) =>${compared},
  },`;
}
