/** Two envelopes that differ only in what a grant hides. */
import type { CompiledSlots, Node } from "../../src/slots/index.ts";
import type { Level } from "./data.ts";
import { isOpen } from "./nodes.ts";

/** `shown`, with everything that `mask` hides taken from `hidden` instead. Both are envelopes. */
export function withHiddenOf(
  slots: CompiledSlots,
  mask: number,
  shown: Level,
  hidden: Level,
): Level {
  const out: Record<string, unknown> = {};
  for (const node of slots.nodes)
    out[node.key] = mix(node, mask, shown[node.key], hidden[node.key]);
  return out;
}

function mix(node: Node, mask: number, shown: unknown, hidden: unknown): unknown {
  if (!isOpen(node, mask)) return hidden;
  if (!node.mixed) return shown;
  const level = shown as Level | undefined;
  const other = hidden as Level | undefined;
  const out: Record<string, unknown> = {};
  for (const field of node.fields) {
    out[field.key] = mix(field, mask, level?.[field.key], other?.[field.key]);
  }
  // A level that must show something, once it is there, cannot be there in one world alone.
  const tells = (node.compiled.level?.fields ?? []).some(
    (field) => out[field.key] === undefined && !field.optional && !isEmpty(field.fallback?.()),
  );
  if (tells) return level;
  return Object.values(out).every((part) => part === undefined) ? level : out;
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}
