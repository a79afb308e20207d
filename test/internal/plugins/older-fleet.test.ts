// A process of its own: it replaces a module.
// Only in test:all: it runs the whole fleet on every older hook.
/** No view is made for plugins that do not take extensions. */
import { createExtensions, createPluginManager, definePlugin, type Plugin } from "glassine";
import { beforeEach, expect, it, vi } from "vitest";
import { fleet } from "../../plugins/fleet.ts";
import { calls, type OlderHook, olderHooks } from "../../plugins/fleet-calls.ts";
import { manifestOf } from "../../plugins/fleet-shape.ts";
import { define } from "../../plugins/support.ts";

const filtered = vi.hoisted(() => ({ count: 0 }));
vi.mock("../../../src/core/envelope/index.ts", async (importActual) => {
  const actual = await importActual<typeof import("../../../src/core/envelope/index.ts")>();
  const filterFor: typeof actual.filterFor = (slots, mask) => {
    const filter = actual.filterFor(slots, mask);
    return (extensions) => {
      filtered.count += 1;
      return filter(extensions);
    };
  };
  return { ...actual, filterFor };
});
beforeEach(() => {
  filtered.count = 0;
});

const extensions = createExtensions({ security: { labels: ["PII"] } });

async function run(plugins: readonly Plugin[], hook: OlderHook) {
  const manager = await createPluginManager({ plugins, onHandlerError: () => {}, logger: {} });
  for (const payload of calls[hook]) await manager.invoke(hook, payload as never, { extensions });
}

it.each(olderHooks)("the whole fleet runs without a view on %s", async (hook) => {
  await run(fleet.map(manifestOf).map(define), hook);
  expect(filtered.count).toBe(0);
});

const view = { capabilities: ["append_labels"] } as const;

it.each([
  definePlugin({
    ...{ name: "reader", version: "1.0.0", ...view },
    hooks: { tool_pre_invoke: (_payload, _context, extensions) => void extensions },
  }),
  define({
    ...{ name: "labeller", version: "1.0.0", ...view },
    hooks: {
      tool_pre_invoke: {
        extensions: false,
        handler: () => ({ modifiedExtensions: { security: { labels: ["EU", "PII"] } } }),
      },
    },
  }),
])("one view is made for each call of $name, which takes or returns extensions", async (plugin) => {
  const old = fleet.filter(({ name }) => /^an? (?:function|arrow|mock|bound|async)/.test(name));
  await run([plugin, ...old.map(manifestOf).map(define)], "tool_pre_invoke");
  expect(filtered.count).toBe(calls.tool_pre_invoke.length);
});
