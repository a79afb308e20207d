/** What is reported for a slot that a handler creates: null is a default like any other. */
import { defineHost, stringSet } from "glassine/host";
import { expect, it } from "vitest";
import * as z from "zod";

const host = defineHost({
  slots: {
    file: {
      tier: "immutable",
      read: "everyone",
      description: "Of a test.",
      schema: z.object({
        note: z.string().nullable().default(null),
        mark: z.string().nullable().default(null),
        tags: stringSet().default([]),
        notes: z.record(z.string(), z.string()).optional(),
      }),
      fields: {
        mark: { tier: "mutable", write: "everyone" },
        notes: { tier: "mutable", write: "everyone" },
        tags: { tier: "monotonic", read: "read_tags", write: "append_tags" },
      },
    },
  },
});

it.each([
  ["a null part", {}],
  ["an empty part", { notes: {} }],
])("a new slot with %s is reported by what was added to it", async (_, part) => {
  const tags = host.definePlugin({
    name: "tags",
    version: "1.0.0",
    capabilities: ["append_tags"],
    hooks: {
      evaluate: (_message, _context, _extensions) =>
        ({ modifiedExtensions: { file: { tags: ["a"], ...part } } }) as never,
    },
  });
  const manager = await host.createPluginManager({ plugins: [tags] });
  const { extensions, executions, violation } = await manager.invoke("evaluate", { role: "user" });
  expect(violation).toBeUndefined();
  expect(extensions.file).toEqual({ note: null, mark: null, tags: ["a"], ...part });
  expect(executions[0]?.changed).toEqual(["file.tags"]);
});
