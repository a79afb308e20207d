/**
 * Fits extensions to CPEX's models. A single value that does not fit would make its worker run the
 * plugin without any extensions, so whatever may not fit is left out and reported.
 *
 * Source: `cpex.framework.extensions` of the Python package `cpex` 0.1.4.
 */
import { isRecord } from "../../../core/data/index.ts";

/** The fields that its models have, by slot; `undefined` if they have all of them. */
const modelled: Readonly<Record<string, readonly string[] | undefined>> = {
  request: undefined,
  agent: undefined,
  // Headers of the newer fields are in `headers`, too.
  http: ["headers", "request_headers"],
  security: ["labels", "classification", "subject", "objects", "data"],
  delegation: undefined,
  mcp: undefined,
  completion: undefined,
  provenance: undefined,
  llm: undefined,
  framework: undefined,
  meta: ["tags", "scope", "properties"],
  custom: undefined,
};

type Data = Readonly<Record<string, unknown>>;

/** `leftOut`: the paths that its models do not have. */
export function fitExtensions(extensions: Data) {
  const leftOut: string[] = [];
  const slots = Object.entries(extensions).flatMap(([slot, value]) => {
    if (Object.hasOwn(modelled, slot)) return [[slot, fitSlot(slot, value, leftOut)]];
    leftOut.push(slot);
    return [];
  });
  return { extensions: Object.fromEntries(slots), leftOut };
}

function fitSlot(slot: string, value: unknown, leftOut: string[]): unknown {
  if (!isRecord(value)) return value;
  const fields = modelled[slot];
  const misfits = new Set([
    ...Object.keys(value).filter((field) => fields !== undefined && !fields.includes(field)),
    ...(misfitsOf[slot]?.(value) ?? []),
  ]);
  if (misfits.size === 0) return value;
  for (const path of misfits) leftOut.push(`${slot}.${path}`);
  return without(value, [...misfits]);
}

const misfitsOf: Readonly<Record<string, (slot: Data) => readonly string[]>> = {
  security: ({ subject }) =>
    isRecord(subject) && (subject.id === undefined || subject.type === undefined)
      ? ["subject"]
      : [],
  mcp: ({ tool, prompt }) => [
    ...(isRecord(tool) ? schemasOf(tool) : []),
    ...(isRecord(prompt) && Array.isArray(prompt.arguments) && !prompt.arguments.every(isRecord)
      ? ["prompt.arguments"]
      : []),
  ],
  // Its models read every item of a history as an empty object, which would return as a change.
  agent: ({ conversation }) => {
    const history = isRecord(conversation) ? conversation.history : undefined;
    return Array.isArray(history) && history.length > 0 ? ["conversation"] : [];
  },
};

/** A JSON Schema can be a boolean, but its model requires an object. */
function schemasOf(tool: Data): readonly string[] {
  return ["input_schema", "output_schema"]
    .filter((field) => tool[field] !== undefined && !isRecord(tool[field]))
    .map((field) => `tool.${field}`);
}

/** Returns a copy without the values at `paths`, each of one or two names. */
function without(value: Data, paths: readonly string[]): Data {
  const entries = Object.entries(value).flatMap(([name, inner]) => {
    if (paths.includes(name)) return [];
    const within = `${name}.`;
    const inside = paths.filter((path) => path.startsWith(within));
    if (inside.length === 0 || !isRecord(inner)) return [[name, inner]];
    const names = inside.map((path) => path.slice(within.length));
    return [[name, without(inner, names)]];
  });
  return Object.fromEntries(entries);
}
