/** Writes the constructors of the levels in which a filter may withhold something. */
import { compileSlots, type Node, type SlotTable } from "../../src/core/slots/index.ts";
import { listSource } from "./list-source.ts";

interface MixedLevel {
  readonly path: string;
  readonly fields: readonly Node[];
  /** The sets in it that may be absent; the constructors know none. */
  readonly looseSets: readonly string[];
}

/** The envelope, and each level in it that has gated fields. */
function mixedLevels(nodes: readonly Node[]): readonly MixedLevel[] {
  const inner = nodes.flatMap((node): readonly MixedLevel[] =>
    node.mixed ? [mixedLevel(node), ...mixedLevels(node.fields)] : [],
  );
  return [...new Map(inner.map((level) => [level.path, level])).values()];
}

function mixedLevel({ path, fields, compiled }: Node): MixedLevel {
  const looseSets = (compiled.level?.fields ?? [])
    .filter(({ compiled: { shape }, fallback }) => shape === "set" && fallback === undefined)
    .map(({ key }) => key);
  return { path, fields, looseSets };
}

export function viewLayoutsSource(table: SlotTable): string {
  const { nodes } = compileSlots(table);
  const levels = [{ path: "", fields: nodes, looseSets: [] }, ...mixedLevels(nodes)];
  return `// Generated from the slot table by \`npm run generate\`. Edit the table, not this file.
import type { ViewLayout } from "./object-layout-types.ts";

/** One literal a level: every object of it has one shape, which is what makes views cheap. */
export const viewLayouts: Readonly<Record<string, ViewLayout>> = {
${levels.map(shapeSource).join("\n")}
};
`;
}

function shapeSource({ path, fields, looseSets }: MixedLevel): string {
  const part = fields.find(({ mixed }) => mixed);
  if (fields.filter(({ mixed }) => mixed).length > 1) {
    throw new Error(`${path} has two fields with gated fields; the constructors know one.`);
  }
  if (looseSets.length > 0) {
    throw new Error(`${path} has sets without a default: ${looseSets.join(", ")}.`);
  }
  const values = fields.map((field, index) => {
    if (field === part) return `      ${field.key}: part,`;
    const value = `from.${field.key}`;
    return `      ${field.key}: ${field.open === 0 ? value : `on[${index}] === true ? ${value} : undefined`},`;
  });
  const name = path === "" || path.includes(".") ? JSON.stringify(path) : path;
  const last = part === undefined ? "" : ", part";
  const partOf = part === undefined ? "() => undefined" : `(from) => from.${part.key}`;
  const said = fields.flatMap((field) =>
    field === part ? [] : [`      says(level.${field.key})`],
  );
  return `  ${name}: {
    keys: ${listSource(fields.map(({ key }) => JSON.stringify(key)))},
    part: ${JSON.stringify(part?.key) ?? "undefined"},
    partOf: ${partOf},
    build: (from, on${last}) => ({
${values.join("\n")}
    }),
    any: (level, says) =>
${said.join(" ||\n")},
  },`;
}
