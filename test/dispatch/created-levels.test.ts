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
      }),
      fields: {
        mark: { tier: "mutable", write: "everyone" },
        tags: { tier: "monotonic", read: "read_tags", write: "append_tags" },
      },
    },
  },
});

it("a new slot with a null part is reported by what was added to it", async () => {
  const tags = host.definePlugin({
    name: "tags",
    version: "1.0.0",
    capabilities: ["append_tags"],
    hooks: {
      evaluate: (_message, _context, _extensions) =>
        ({ modifiedExtensions: { file: { tags: ["a"] } } }) as never,
    },
  });
  const manager = await host.createPluginManager({ plugins: [tags] });
  const { extensions, executions, violation } = await manager.invoke("evaluate", { role: "user" });
  expect(violation).toBeUndefined();
  expect(extensions.file).toEqual({ note: null, mark: null, tags: ["a"] });
  expect(executions[0]?.changed).toEqual(["file.tags"]);
});
