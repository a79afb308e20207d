/** Writes the copy functions for the levels of the standard slots, one object literal each. */
import { compileSlots, type Node, type SlotTable } from "../../src/core/slots/index.ts";

export function standardLevelsSource(table: SlotTable): string {
  const { names, nodes } = compileSlots(table);
  const levels = [names, ...mixedLevels(nodes)];
  return `// Generated from the slot table by \`npm run generate\`. Edit the table, not this file.
import type { Take } from "./types.ts";

/** Copy functions, one for each level that can be shown in part. */
export const standardLevels: readonly Take[] = [
${levels.map(levelSource).join("\n")}
];
`;
}

/** Returns the keys of each level that can be shown in part. */
function mixedLevels(nodes: readonly Node[]): readonly (readonly string[])[] {
  return nodes
    .filter(({ mixed }) => mixed)
    .flatMap(({ fields }) => [fields.map(({ key }) => key), ...mixedLevels(fields)]);
}

function levelSource(keys: readonly string[]): string {
  const taken = keys.map((key, i) => `${key}: open[${i}] ? level.${key} : undefined,`);
  return `(level, open) => ({ ${taken.join("\n")} }),`;
}
