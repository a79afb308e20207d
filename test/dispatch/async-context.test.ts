import { AsyncLocalStorage } from "node:async_hooks";
import { deny, type Mode } from "glassine";
import { expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { call, hook, later, type Manager, manage, never, plugin, type Run } from "./support.ts";

/** The request that code belongs to, as a tracer or a database client finds it. */
const current = new AsyncLocalStorage<string>();
type Seen = readonly [request: string, what: string, found: string | undefined];

/** Invokes a manager for three callers, one shortly after another. */
async function invokeForThree(manager: Manager): Promise<void> {
  const requests = ["ada", "bob", "cyd"];
  await Promise.all(
    requests.map((request, at) =>
      current.run(request, async () => {
        await later(at * 5);
        await manager.invoke(hook, call, { request });
      }),
    ),
  );
  await manager.close();
}

const modes: readonly Mode[] = ["sequential", "concurrent"];

it.each(modes)("what follows a missed deadline in mode %s belongs to its request", async (mode) => {
  verifies("dispatch:timeout-context");
  const seen: Seen[] = [];
  const sees =
    (what: string): Run =>
    (_p, context) =>
      void seen.push([context.request, what, current.getStore()]);
  const hangs: Run = (_p, context) => {
    const { request, signal } = context;
    signal.addEventListener("abort", () => seen.push([request, "signal", current.getStore()]));
    return never();
  };
  const manager = await manage(
    [
      plugin("hangs", hangs, { mode, timeoutMs: 50, onError: "ignore" }),
      plugin("next", sees("next"), { priority: 200 }),
      plugin("background", sees("background"), { mode: "fire_and_forget" }),
    ],
    {
      logger: {
        warn: () => {},
        error: (_line, at) => void seen.push([at?.request ?? "", "log", current.getStore()]),
      },
    },
  );
  await invokeForThree(manager);
  expect(seen).toHaveLength(12);
  expect(seen.filter(([request, , found]) => found !== request)).toEqual([]);
});

it("a listener that enters another context does so only for itself", async () => {
  verifies("dispatch:timeout-context");
  const seen: Seen[] = [];
  const enters: Run = (_p, { signal }) => {
    signal.addEventListener("abort", () => current.enterWith("another"));
    return never();
  };
  const hangs: Run = (_p, { request, signal }) => {
    signal.addEventListener("abort", () => seen.push([request, "signal", current.getStore()]));
    return never();
  };
  const sees: Run = (_p, { request }) => void seen.push([request, "later", current.getStore()]);
  const late = { mode: "concurrent", timeoutMs: 50, onError: "ignore" } as const;
  const manager = await manage(
    [
      plugin("enters", enters, late),
      plugin("hangs", hangs, late),
      plugin("enters-last", enters, late),
      plugin("background", sees, { mode: "fire_and_forget" }),
    ],
    { logger: { warn: () => {}, error: () => {} } },
  );
  await invokeForThree(manager);
  expect(seen).toHaveLength(6);
  expect(seen.filter(([request, , found]) => found !== request)).toEqual([]);
});

it("a record that waits for another request's reaches the sink in its own context", async () => {
  verifies("audit:context");
  const seen: Seen[] = [];
  const manager = await manage([plugin("denies", (_p, _c) => deny("no"))], {
    audit: {
      sink: async ({ metadata, eventType }) => {
        if (eventType !== "plugin.handler_denied") return;
        seen.push([`${metadata.request}`, "sink", current.getStore()]);
        await later(20);
      },
    },
  });
  await invokeForThree(manager);
  expect(seen.map(([request]) => request)).toEqual(["ada", "bob", "cyd"]);
  expect(seen.filter(([request, , found]) => found !== request)).toEqual([]);
});
