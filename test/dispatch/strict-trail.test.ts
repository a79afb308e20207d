/** A run with a strict audit trail: events that the trail kept pass, and lost ones are reported. */
import { addLabels, definePlugin } from "glassine";
import type { AuditEvent } from "glassine/audit";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import {
  aborted,
  adds,
  call,
  hook,
  labelsOf,
  manage,
  plugin,
  type Run,
  rest,
  tagger,
} from "./support.ts";

/** A manager with a strict trail, whose sink can be taken down. */
async function strictly(...plugins: readonly ReturnType<typeof plugin>[]) {
  const state = { isUp: true };
  const manager = await manage(plugins, {
    audit: {
      strict: true,
      sink: async () => {
        await rest();
        if (!state.isUp) throw new Error("disk full");
      },
    },
    logger: {},
  });
  return { manager, state };
}

/** A plugin that labels what the tool of a nested run returns. */
const adding = definePlugin({
  name: "adding",
  version: "1.0.0",
  capabilities: ["append_labels"],
  hooks: {
    tool_post_invoke: (_payload, _context, view) => ({
      modifiedExtensions: addLabels(view, "found"),
    }),
  },
});

describe("a run whose audit trail", () => {
  it("kept everything is unchanged", async () => {
    const [one, other] = [plugin("one", adds("a")), plugin("other", adds("b"))];
    for (const plugins of [[one], [one, other]]) {
      const { manager } = await strictly(...plugins);
      const result = await manager.invoke(hook, call);
      expect(result.violation).toBeUndefined();
      expect(result.continueProcessing).toBe(true);
      expect(labelsOf(result)).toEqual(["a", "b"].slice(0, plugins.length));
    }
  });

  it("received no events is unchanged, even with an asynchronous handler", async () => {
    const waits: Run = (_payload, _context) => rest();
    const { manager, state } = await strictly(plugin("waits", waits));
    state.isUp = false;
    expect((await manager.invoke(hook, call)).violation).toBeUndefined();
  });

  it("lost an event is denied, with the reason", async () => {
    const { manager, state } = await strictly(plugin("adds", adds("a")));
    state.isUp = false;
    expect((await manager.invoke(hook, call)).violation).toEqual({
      code: "audit_failed",
      reason: `The audit trail did not accept the events of ${hook}.`,
    });
  });

  it("lost an event of a run nested in it is denied, even if the handler goes on", async () => {
    verifies("audit:strict");
    const ends: unknown[] = [];
    const nests = plugin("nests", async (payload, context) => {
      const inner = await manager.invoke(
        "tool_post_invoke",
        { name: payload.name, result: 1 },
        { parent: context },
      );
      ends.push(inner.violation?.code);
    });
    const { manager, state } = await strictly(nests, adding);
    expect((await manager.invoke(hook, call)).violation).toBeUndefined();
    state.isUp = false;
    expect((await manager.invoke(hook, call)).violation?.code).toBe("audit_failed");
    expect(ends).toEqual([undefined, "audit_failed"]);
  });

  it("lost an event of a nested run that the host then aborted is denied, too", async () => {
    verifies("audit:strict");
    const host = new AbortController();
    const ends: unknown[] = [];
    const nests = plugin("nests", async (payload, context, _view) => {
      const post = { name: payload.name, result: 1 };
      const options = { parent: context, signal: host.signal };
      const inner = await manager.invoke("tool_post_invoke", post, options);
      ends.push(inner.violation);
    });
    const later = definePlugin({
      name: "later",
      version: "1.0.0",
      capabilities: ["append_labels"],
      hooks: {
        tool_post_invoke: async (_payload, _context, view) => {
          await rest();
          return { modifiedExtensions: addLabels(view, "found") };
        },
      },
    });
    const sink = ({ eventType }: { readonly eventType: string }) => {
      if (eventType !== "extensions.labels_added") return;
      host.abort();
      throw new Error("down");
    };
    const audit = { sink, strict: true };
    const manager = await manage([nests, later], { audit, logger: { error: () => {} } });
    const result = await manager.invoke(hook, call);
    expect(ends).toEqual([aborted]);
    expect(labelsOf(result)).toEqual(["found"]);
    expect(result.violation?.code).toBe("audit_failed");
  });

  it("lost an event of a run nested in one of another manager is denied, too", async () => {
    verifies("audit:strict");
    const ends: unknown[] = [];
    const through = plugin("through", async (payload, context) => {
      const post = { name: payload.name, result: 1 };
      const inner = await manager.invoke("tool_post_invoke", post, { parent: context });
      ends.push(inner.violation?.code);
    });
    const another = await manage([through]);
    const nests = plugin("nests", async (payload, context) => {
      await another.invoke(hook, payload, { parent: context });
    });
    const { manager, state } = await strictly(nests, adding);
    state.isUp = false;
    const result = await manager.invoke(hook, call);
    expect(ends).toEqual(["audit_failed"]);
    expect(labelsOf(result)).toEqual(["found"]);
    expect(result.violation?.code).toBe("audit_failed");
  });

  it.each([
    ["the first", ["one"]],
    ["the last", ["two"]],
    ["both", ["one", "two"]],
  ])("lost %s of two events is denied", async (_which, lost) => {
    verifies("audit:strict");
    const sink = async ({ metadata }: AuditEvent) => {
      await rest();
      if (lost.includes(String(metadata.labels))) throw new Error("disk full");
    };
    const audit = { strict: true, sink };
    const manager = await manage([tagger("one"), tagger("two")], { audit, logger: {} });
    expect((await manager.invoke(hook, call)).violation?.code).toBe("audit_failed");
  });

  it("lost an event is denied at once, and does not wait for the next", async () => {
    verifies("audit:strict");
    let settle = () => {};
    const next = new Promise<void>((resolve) => {
      settle = resolve;
    });
    const sink = async ({ metadata }: AuditEvent) => {
      await rest();
      if (String(metadata.labels) === "one") throw new Error("disk full");
      if (String(metadata.labels) === "two") await next;
    };
    const audit = { strict: true, sink, timeoutMs: 60_000 };
    const manager = await manage([tagger("one"), tagger("two")], { audit, logger: {} });
    expect((await manager.invoke(hook, call)).violation?.code).toBe("audit_failed");
    settle();
    await manager.close();
    expect(manager.auditFailures().total).toBe(1);
  });

  it("is not that of a nested run of another manager is unchanged if that one lost an event", async () => {
    verifies("audit:strict");
    const sink = ({ eventType }: AuditEvent) => {
      if (eventType === "extensions.labels_added") throw new Error("disk full");
    };
    const nests = plugin("nests", async (payload, context) => {
      const inner = await lossy.invoke(hook, payload, { parent: context });
      expect([inner.violation, labelsOf(inner)]).toEqual([undefined, ["found"]]);
    });
    const lossy = await manage([tagger("found")], { audit: { sink }, logger: {} });
    const { manager } = await strictly(nests);
    const result = await manager.invoke(hook, call);
    expect([result.violation, labelsOf(result)]).toEqual([undefined, ["found"]]);
  });

  it("lost an event of a nested run's background handler goes on like that run", async () => {
    const ends: unknown[] = [];
    const nests = plugin("nests", async (payload, context) => {
      const post = { name: payload.name, result: 1 };
      const inner = await manager.invoke("tool_post_invoke", post, { parent: context });
      ends.push(inner.violation?.code);
      state.isUp = false;
      await rest();
    });
    const fails = definePlugin({
      name: "fails",
      version: "1.0.0",
      hooks: {
        tool_post_invoke: {
          mode: "fire_and_forget",
          handler: async () => {
            ends.push("background");
            throw new Error("broken");
          },
        },
      },
    });
    const { manager, state } = await strictly(nests, fails);
    const result = await manager.invoke(hook, call);
    expect(ends.toSorted()).toEqual(["background", undefined]);
    expect(result.violation).toBeUndefined();
  });

  it("lost an event starts no background handler, and records why", async () => {
    const background = { mode: "fire_and_forget" } as const;
    const { manager, state } = await strictly(
      plugin("adds", adds("a")),
      plugin("chosen", (_payload, _context) => undefined, background),
      plugin("other", (_payload, _context) => undefined, {
        ...background,
        conditions: { tools: ["another"] },
      }),
    );
    state.isUp = false;
    const { executions } = await manager.invoke(hook, call);
    expect(executions.map(({ plugin: name, status, reason }) => [name, status, reason])).toEqual([
      ["adds", "completed", undefined],
      ["chosen", "skipped", "The run had already been halted."],
      ["other", "skipped", "Its conditions do not match."],
    ]);
  });
});

it.each(["at once", "later"] as const)(
  "background runs after a run that a strict trail kept, %s",
  async (when) => {
    const seen: unknown[] = [];
    const manager = await manage(
      [
        tagger("one"),
        plugin("behind", (_p, _c, view) => void seen.push(view.security?.labels), {
          mode: "fire_and_forget",
          capabilities: ["read_labels"],
        }),
      ],
      { audit: { strict: true, sink: when === "later" ? async () => {} : () => {} } },
    );
    const result = await manager.invoke(hook, call);
    expect(result.executions.map(({ status }) => status)).toEqual(["completed", "started"]);
    await rest();
    expect(seen).toEqual([["one"]]);
    expect((await manager.close()).background).toMatchObject({ started: 1, completed: 1 });
  },
);

it("a run that waits for a strict trail holds its place in the background", async () => {
  verifies("dispatch:background-bounded");
  let isUp = true;
  const sink = async () => {
    await rest();
    if (!isUp) throw new Error("disk full");
  };
  const manager = await manage(
    [tagger("one"), plugin("behind", () => undefined, { mode: "fire_and_forget" })],
    { maxBackground: 1, audit: { strict: true, sink }, logger: {} },
  );
  const behind = async () => (await manager.invoke(hook, call)).executions[1]?.status;
  expect(await Promise.all([behind(), behind()])).toEqual(["started", "skipped"]);
  await rest();
  isUp = false;
  expect(await behind()).toBe("skipped");
  isUp = true;
  expect(await behind()).toBe("started");
  const { background } = await manager.close();
  expect(background).toMatchObject({ started: 2, completed: 2, dropped: 1, pending: 0 });
});
