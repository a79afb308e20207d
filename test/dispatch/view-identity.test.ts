import { createExtensions, definePlugin } from "glassine";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { manage, plugin, type Run, tagger } from "./support.ts";

const point = "cmf.tool_pre_invoke";
const message = {
  schema_version: "2.0",
  role: "assistant",
  content: [{ content_type: "text", text: "hello" }],
} as const;

/** A plugin with two handlers on one hook, both of which keep the views they received. */
function twoHandlers(views: unknown[], between: Run | undefined) {
  const keep = (_payload: unknown, _context: unknown, extensions: unknown) => {
    views.push(extensions);
  };
  const watcher = definePlugin({
    name: "watcher",
    version: "1.0.0",
    capabilities: ["read_headers"],
    hooks: {
      [point]: { handler: keep as never, priority: 1 },
      message_pre_invoke: { handler: keep as never, priority: 3 },
    },
  });
  const labeller = definePlugin({
    name: "labeller",
    version: "1.0.0",
    capabilities: ["append_labels"],
    hooks: {
      [point]: { handler: (between ?? (() => undefined)) as never, extensions: true, priority: 2 },
    },
  });
  return [watcher, labeller];
}

describe("two handlers of one plugin on one hook", () => {
  it.each([
    ["nothing changed", undefined],
    [
      "a label that it may not see was added",
      ((_p, _c, view) => ({
        modifiedExtensions: { security: { labels: [...view.security.labels, "secret"] } },
      })) satisfies Run,
    ],
  ])("get separate views even if %s", async (_when, between) => {
    verifies("filter:rebuilt");
    const views: unknown[] = [];
    const manager = await manage(twoHandlers(views, between));
    const extensions = createExtensions({ http: { headers: { a: "1" } } });
    const result = await manager.invoke(point, message as never, { extensions });
    expect(result.errors).toEqual([]);
    expect(views).toHaveLength(2);
    expect(views[0]).not.toBe(views[1]);
    expect(views[0]).toEqual(views[1]);
  });
});

it("concurrent plugins with the same capabilities share a view, whatever others add", async () => {
  const views: unknown[] = [];
  const mode = "concurrent";
  const keep: Run = (_p, _c, view) => void views.push(view);
  const reads = { capabilities: ["read_labels"], mode } as const;
  const manager = await manage([
    plugin("reader-a", keep, reads),
    tagger("tag", { mode }),
    plugin("reader-b", keep, reads),
    plugin("blind", keep, { ...reads, capabilities: [] }),
  ]);
  await manager.invoke("tool_pre_invoke", { name: "add", args: {} });
  expect(views[0]).toBe(views[1]);
  expect(views[1]).not.toBe(views[2]);
});

it("plugins with the same capabilities share a view as long as nothing changes", async () => {
  const views: unknown[] = [];
  const keep: Run = (_p, _c, view) => void views.push(view);
  const reads = { capabilities: ["read_labels"] } as const;
  const manager = await manage([
    plugin("reader-a", keep, reads),
    plugin("renames", (_p, _c) => ({ modifiedPayload: { name: "sub" } })),
    plugin("reader-b", keep, reads),
    tagger("tag"),
    plugin("reader-c", keep, reads),
  ]);
  await manager.invoke("tool_pre_invoke", { name: "add", args: {} });
  expect(views[0]).toBe(views[1]);
  expect(views[1]).not.toBe(views[2]);
});
