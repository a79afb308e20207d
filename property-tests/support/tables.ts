/** The hosts that every law is tested with: the standard table, and a host's own. */

import { instant, jsonObject, jsonValue, labelSet, stringSet, wholeNumber } from "glassine/host";
import * as z from "zod";
import {
  compileSlots,
  defineSlots,
  type SlotTable,
  type StandardSlots,
  standardSlots,
} from "../../src/core/slots/index.ts";
import type { Subject } from "../../src/testing/subject.ts";
import { bindStandard } from "./bind-host.ts";

/** One of each thing a table can express, nested, and schemas that only zod can read. */
export const yardSlots = defineSlots({
  vault: {
    tier: "immutable",
    read: "read_vault",
    description: "Gated as a whole, with a required field.",
    schema: z.object({
      owner: z.string(),
      code: z.string().optional(),
      counts: z.array(z.number()).default([]),
    }),
  },
  sealed: {
    tier: "immutable",
    description: "It says nobody who reads it.",
    schema: z.object({ key: z.string(), count: z.number().optional() }),
  },
  notes: {
    tier: "mutable",
    read: "read_notes",
    write: "write_notes",
    description: "A gated map.",
    schema: jsonObject(),
  },
  board: {
    tier: "mutable",
    read: "everyone",
    write: "everyone",
    description: "A level that anybody changes, with parts that only some do.",
    schema: z.object({
      title: z.string().default("untitled"),
      tint: z.union([z.enum(["red", "blue"]), z.number().int().min(0).max(255)]).optional(),
      slug: z
        .string()
        .transform((text) => text.trim())
        .optional(),
      flags: z.record(z.string(), z.boolean()).default({}),
      marks: stringSet().optional(),
      panel: z
        .object({
          pins: stringSet().default([]),
          hint: z.string().optional(),
          inner: z
            .object({ rank: wholeNumber().default(0), secret: z.string().optional() })
            .optional(),
        })
        .optional(),
    }),
    fields: {
      marks: { tier: "monotonic", read: "read_marks", write: "append_marks" },
      panel: {
        read: "read_panel",
        write: "write_panel",
        fields: { inner: { fields: { secret: { tier: "immutable", read: "read_secret" } } } },
      },
    },
  },
  desk: {
    tier: "mutable",
    read: "read_desk",
    write: "write_desk",
    description: "A gated level with parts that others write, and one that nobody does.",
    schema: z.object({
      top: z.string().default("clear"),
      drawer: jsonObject().default({}),
      price: wholeNumber().optional(),
      serial: z.string().optional(),
      tags: stringSet().default([]),
    }),
    fields: {
      price: { read: "read_price", write: "write_price" },
      serial: { tier: "immutable", read: "read_serial" },
      tags: { tier: "monotonic" },
    },
  },
  ledger: {
    tier: "monotonic",
    read: "read_ledger",
    write: "append_ledger",
    description: "A list that grows, with a sum that follows from it.",
    grows: "entries",
    schema: z.object({
      entries: z.array(z.object({ id: z.string(), sum: wholeNumber().default(1) })).default([]),
      total: wholeNumber().default(0),
      remark: z.string().optional(),
    }),
    derive: ({ list }) => ({
      // A derived value must fit its schema, too.
      total: Math.min(
        Number.MAX_SAFE_INTEGER,
        (list as readonly { sum: number }[]).reduce((sum, entry) => sum + entry.sum, 0),
      ),
    }),
  },
  trail: {
    tier: "monotonic",
    read: "read_trail",
    write: "append_trail",
    description: "A set that grows.",
    grows: "steps",
    schema: z.object({ steps: labelSet().default([]), since: instant().optional() }),
  },
  dossier: {
    tier: "immutable",
    read: "everyone",
    description: "Nothing changes here but a set two levels down.",
    schema: z.object({
      subject: z.string().optional(),
      file: z.object({ tags: stringSet().default([]), page: z.string().optional() }).optional(),
    }),
    fields: {
      file: {
        read: "read_file",
        fields: { tags: { tier: "monotonic", read: "read_tags", write: "append_tags" } },
      },
    },
  },
  review: {
    tier: "immutable",
    read: "everyone",
    description: "Fields with defaults, each with a writer of its own.",
    schema: z.object({
      note: z.string().default("none"),
      state: z.string().default("new"),
      place: z
        .object({ room: z.string().default("hall"), floor: wholeNumber().default(0) })
        .default({ room: "yard", floor: 1 }),
    }),
    fields: {
      note: { tier: "mutable", read: "read_notes", write: "write_notes" },
      state: { tier: "mutable", read: "read_price", write: "write_price" },
      place: { fields: { room: { tier: "mutable", read: "read_panel", write: "write_panel" } } },
    },
  },
  event: {
    tier: "immutable",
    read: "everyone",
    description: "A tagged union, and a map that keeps what it does not know.",
    schema: z.object({
      shape: z
        .discriminatedUnion("kind", [
          z.object({ kind: z.literal("dot"), at: z.number() }),
          z.object({ kind: z.literal("line"), from: z.number(), to: z.number().optional() }),
        ])
        .optional(),
      extra: z
        .object({ on: z.boolean().default(false) })
        .catchall(jsonValue())
        .optional(),
    }),
  },
});

/** A host under test. */
export interface World extends Subject {
  readonly name: string;
}

function world(name: string, table: SlotTable): World {
  const slots = compileSlots(table);
  return { name, slots, host: bindStandard(slots) as unknown as World["host"] };
}

export const worlds: readonly World[] = [
  world("standard slots", standardSlots),
  world("a host's own slots", yardSlots),
];

/** The standard host with its types. */
export const standard = bindStandard<StandardSlots>(compileSlots(standardSlots));
