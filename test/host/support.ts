/** A host with its own hook and a slot of each tier. */
import { defineHook, defineHost, stringSet } from "glassine/host";
import * as z from "zod";

export const host = defineHost({
  slots: {
    billing: {
      tier: "immutable",
      read: "read_billing",
      description: "Who pays.",
      schema: z.object({ account: z.string(), cents: z.number().default(0) }),
    },
    notes: {
      tier: "mutable",
      read: "read_notes",
      write: "write_notes",
      description: "What plugins noted.",
      schema: z.object({ text: z.string().default(""), author: z.string().optional() }),
    },
    trail: {
      tier: "monotonic",
      read: "read_trail",
      write: "append_trail",
      grows: "stops",
      description: "Where it went.",
      schema: z.object({ stops: z.array(z.object({ at: z.string() })).default([]) }),
    },
    review: {
      tier: "immutable",
      read: "everyone",
      description: "Who looked at it.",
      schema: z.object({ marks: stringSet().default([]), policy: z.string().optional() }),
      fields: { marks: { tier: "monotonic", read: "read_marks", write: "append_marks" } },
    },
  },
  hooks: {
    invoice_paid: defineHook({
      semantic: "message",
      description: "An invoice is about to be paid.",
      payload: z.object({ invoice: z.string(), cents: z.number().default(0) }),
      writable: ["cents"],
    }),
  },
});

export const extensions = host.createExtensions({
  billing: { account: "acme" },
  notes: { text: "first" },
  trail: { stops: [{ at: "a" }] },
  review: { marks: ["seen", "held"], policy: "strict" },
  security: { labels: ["PII"] },
});

/** Writes a value with `JSON.stringify` and parses the result. */
export function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
