/** A view that is cut again looks like one that was cut once. */
import { defineHost, jsonObject, stringSet } from "glassine/host";
import { expect, it } from "vitest";
import * as z from "zod";

const host = defineHost({
  slots: {
    review: {
      tier: "immutable",
      read: "read_review",
      description: "Of a test.",
      schema: z.object({
        count: z.number().default(0),
        more: jsonObject().default({}),
        inner: z.object({ marks: stringSet().default([]), note: z.string().optional() }).optional(),
      }),
      fields: {
        count: { read: "read_count" },
        more: { read: "read_more" },
        inner: {
          read: "read_inner",
          fields: { marks: { tier: "monotonic", read: "read_marks", write: "append_marks" } },
        },
      },
    },
  },
});

// Found by L3: an inner level that was shown for its set alone counted as something to show.
it("also where a growing set is shown in a level that is absent", () => {
  const envelope = host.createExtensions({ review: {} });
  const grant = ["read_more", "read_marks"] as const;
  const once = host.filterExtensions(envelope, grant);
  const wider = host.filterExtensions(envelope, [...grant, "read_count"]);
  const twice = host.filterExtensions(wider as never, grant);
  expect(JSON.stringify(twice)).toBe(JSON.stringify(once));
  expect(twice).toEqual(once);
});
