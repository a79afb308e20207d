/** Any value in a host's own slot, given by the host or sent as JSON. */
import { isDeepStrictEqual } from "node:util";
import { isGlassineError, type Limits } from "glassine";
import { expect } from "vitest";
import * as z from "zod";
import { defaultLimits } from "../support/limits.ts";
import { slotOf } from "./one-slot.ts";

/** The limits of a call that leave these to the value: the slot counts, too, below its envelope. */
const limitsFor = ({
  nodes = defaultLimits.nodes,
  depth = defaultLimits.depth,
  ...others
}: Partial<Limits>) => ({ ...others, nodes: nodes + 1, depth: depth + 2 });

/** The value of JSON text, which a host parsed and gives; `undefined` if it is refused. */
export function readGiven(schema: z.ZodType, text: string, limits: Partial<Limits> = {}): unknown {
  const value: unknown = JSON.parse(text);
  const { create } = slotOf(z.object({ value: schema }));
  return orRefused(() => create({ value }, limitsFor(limits)));
}

/** The value of JSON text that was sent, read strictly; `undefined` if it is refused. */
export function readSent(schema: z.ZodType, text: string, limits: Partial<Limits> = {}): unknown {
  const { decode } = slotOf(z.object({ value: schema }));
  return orRefused(() => decode(`{"value":${text}}`, limitsFor(limits), true));
}

function orRefused(read: () => Readonly<Record<string, unknown>>): unknown {
  try {
    return read().value;
  } catch (error) {
    if (isGlassineError(error)) return undefined;
    throw error;
  }
}

const isWhole = (value: unknown): boolean =>
  typeof value !== "object" ||
  value === null ||
  (Object.isFrozen(value) && Object.values(value).every(isWhole));

/** Parsed text is read like an equal value of a host, into frozen data. */
export function expectSameReading(schema: z.ZodType, text: string): void {
  const given = readGiven(schema, text);
  const sent = readSent(schema, text);
  expect(sent).toBeDefined();
  expect(isDeepStrictEqual(given, sent)).toBe(true);
  expect(JSON.stringify(given)).toBe(JSON.stringify(sent));
  expect(isWhole(sent)).toBe(true);
}
