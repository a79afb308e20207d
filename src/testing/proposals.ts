/**
 * What a plugin might return, as plans. A plan is data, so that it can be shrunk, and becomes a
 * proposal only when it is applied to a view. Plans never use what the view hides.
 */
import * as fc from "fast-check";
import type { CompiledSlots } from "../core/slots/index.ts";
import { at, isObject, jsonCopy, type Level, plainCopy } from "./data.ts";
import { documentsOf } from "./documents.ts";
import { type Part, partsOf } from "./parts.ts";
import { jsonValues, keys, labels } from "./words.ts";

interface Edit {
  readonly part: number;
  readonly move: number;
  readonly key: string;
  readonly label: string;
  readonly value: unknown;
}

export interface Plan {
  readonly base: "nothing" | "empty" | "view" | "spread" | "clone" | "json" | "document";
  readonly document: Level;
  readonly edits: readonly Edit[];
  /** Which parts the edits choose from: mostly those that can change, or only those that grow. */
  readonly among: "any" | "growing";
}

const bases: readonly Plan["base"][] = [
  "clone",
  "json",
  "spread",
  "empty",
  "document",
  "view",
  "nothing",
];
const append = 6;

export function plansOf(
  slots: CompiledSlots,
  minEdits = 0,
  among: Plan["among"] = "any",
): fc.Arbitrary<Plan> {
  const moves = fc.nat(7);
  const growing = among === "growing";
  const edit: fc.Arbitrary<Edit> = fc.record({
    part: fc.nat(),
    move: growing ? fc.oneof({ weight: 5, arbitrary: fc.constant(append) }, moves) : moves,
    key: keys,
    label: labels,
    value: jsonValues,
  });
  return fc.record({
    base: growing ? fc.constantFrom("clone", "clone", "json", ...bases) : fc.constantFrom(...bases),
    document: documentsOf(slots),
    edits: fc.array(edit, { minLength: minEdits, maxLength: 4 }),
    among: fc.constant(among),
  });
}

/** Applies a plan to a view. Parts that are not edited are as `base` says. */
export function propose(slots: CompiledSlots, view: object, plan: Plan): unknown {
  if (plan.edits.length === 0) {
    if (plan.base === "nothing") return undefined;
    if (plan.base === "view") return view;
    if (plan.base === "spread") return { ...view };
  }
  const proposal = startOf(view, plan);
  const parts = partsFor(slots, plan.among);
  for (const edit of plan.edits) {
    const part = parts[edit.part % parts.length];
    if (part === undefined) continue;
    apply(proposal, part, edit, at(plan.document, part.path));
  }
  return proposal;
}

function partsFor(slots: CompiledSlots, among: Plan["among"]): readonly Part[] {
  const all = partsOf(slots);
  if (among === "growing") {
    const grown = new Set(slots.nodes.map(({ key, grows }) => `${[key, grows?.key]}`));
    return all.filter(({ path, node }) => {
      return node.tier === "monotonic" && (node.compiled.shape === "set" || grown.has(`${path}`));
    });
  }
  // Most of a table is immutable, but most edits should go where something can change.
  const changeable = all.filter(({ node }) => node.changeable);
  return [...changeable, ...changeable, ...changeable, ...all];
}

function startOf(view: object, { base, document }: Plan): Record<string, unknown> {
  const source =
    base === "document" ? document : base === "empty" || base === "nothing" ? {} : view;
  return (base === "json" ? jsonCopy(source) : plainCopy(source)) as Record<string, unknown>;
}

export function apply(
  proposal: Record<string, unknown>,
  { path, node }: Part,
  edit: Edit,
  given: unknown,
) {
  const key = String(path.at(-1));
  const parent = containerAt(proposal, path.slice(0, -1));
  if (edit.move === 0) {
    delete parent[key];
    return;
  }
  if (edit.move === 1) {
    if (given !== undefined && given !== null) parent[key] = plainCopy(given);
    return;
  }
  const { shape } = node.compiled;
  if (shape === "set" || shape === "list")
    parent[key] = editedList(parent[key], edit, given, shape);
  else if (shape === "map" || shape === "headers") editMap(containerAt(parent, [key]), edit, shape);
  else if (shape === "level") parent[key] = edit.move === 2 ? {} : containerAt(parent, [key]);
  else if (given !== undefined) parent[key] = plainCopy(given);
}

export function containerAt(
  root: Record<string, unknown>,
  path: readonly string[],
): Record<string, unknown> {
  let here = root;
  for (const key of path) {
    const known = here[key];
    const inner = isObject(known) ? known : {};
    here[key] = inner;
    here = inner;
  }
  return here;
}

function editedList(now: unknown, edit: Edit, given: unknown, shape: string): unknown[] {
  const list = Array.isArray(now) ? [...now] : [];
  const more = Array.isArray(given) ? given.map(plainCopy) : [];
  switch (edit.move) {
    case 2:
      return [];
    case 3:
      return list.reverse();
    case 4:
      return list.slice(1);
    case 5:
      return [...more, ...list];
    default:
      return [...list, ...more, ...(shape === "set" ? [edit.label] : [])];
  }
}

function editMap(map: Record<string, unknown>, edit: Edit, shape: string) {
  if (edit.move === 2) for (const key of Object.keys(map)) delete map[key];
  else if (edit.move === 3) delete map[Object.keys(map)[0] ?? ""];
  else
    map[shape === "headers" ? `x-${edit.label}` : edit.key] =
      shape === "headers" ? edit.label : plainCopy(edit.value);
}
