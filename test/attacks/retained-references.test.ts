/** Retained references and later mutation. */
import process from "node:process";
import { freezePayload } from "glassine/messages";
import { expect, it } from "vitest";
import {
  bytesOf,
  call,
  deferred,
  type FullView,
  hook,
  labelled,
  labelsOf,
  later,
  manage,
  type PluginContext,
  plugin,
  type Run,
  rest,
  runOnce,
  type ToolCall,
} from "../dispatch/support.ts";
import { verifies } from "../support/verifies.ts";
import { attack } from "./attack.ts";

interface Returned {
  modifiedPayload: { name: string; args: Record<string, unknown> };
  modifiedExtensions: {
    security: { labels: string[] };
    delegation: { chain: { subject_id: string; subject_type: string; scopes_granted: string[] }[] };
    custom: { list: unknown[] };
  };
  metadata: { list: unknown[]; deep: { note: string } };
}
const fresh = (): Returned => ({
  modifiedPayload: { name: "changed", args: { list: [1] } },
  modifiedExtensions: {
    security: { labels: ["PII", "added"] },
    delegation: {
      chain: [{ subject_id: "agent-1", subject_type: "agent", scopes_granted: ["read"] }],
    },
    custom: { list: [1] },
  },
  metadata: { list: [1], deep: { note: "kept" } },
});

function spoil(returned: Returned) {
  const { security, delegation, custom } = returned.modifiedExtensions;
  returned.modifiedPayload.name = "spoilt";
  returned.modifiedPayload.args.list = "spoilt";
  security.labels.length = 0;
  for (const hop of delegation.chain) {
    hop.subject_id = "spoilt";
    hop.scopes_granted.push("write");
  }
  delegation.chain.length = 0;
  custom.list.push("spoilt");
  returned.metadata.list.push("spoilt");
  returned.metadata.deep.note = "spoilt";
  Object.assign(returned, { violation: "spoilt", modifiedExtensions: "spoilt" });
}

const capabilities = ["append_labels", "append_delegation"] as const;
const returning = (run: Run) => plugin("returns", run, { capabilities });

/** Runs the plugins, and compares the result and a last plugin's view with what was returned. */
async function untouchedBy(...plugins: readonly ReturnType<typeof plugin>[]) {
  const seen: unknown[] = [];
  const looks: Run = (payload, _c, { security, delegation, custom }) => {
    seen.push(payload, security.labels, delegation?.chain[0]?.subject_id, custom);
  };
  const reads = { capabilities: ["read_labels", "read_delegation"] } as const;
  const result = await runOnce([...plugins, plugin("looks", looks, reads)], {
    extensions: labelled("PII"),
  });
  await rest();
  const { modifiedPayload, modifiedExtensions, metadata } = fresh();
  expect(seen).toEqual([modifiedPayload, ["PII", "added"], "agent-1", modifiedExtensions.custom]);
  expect(result.payload).toEqual(modifiedPayload);
  expect(labelsOf(result)).toEqual(["PII", "added"]);
  expect(result.extensions.delegation?.chain).toMatchObject(modifiedExtensions.delegation.chain);
  expect(result.extensions.delegation?.chain[0]?.scopes_granted).toEqual(["read"]);
  expect(result.extensions.custom).toEqual(modifiedExtensions.custom);
  expect(result.metadata).toEqual({ returns: metadata });
}

attack(
  "A-049",
  "Keep the returned value and change it before the next plugin runs",
  "no effect: the next plugin and the result have what was returned",
  () => {
    it("by the next plugin itself", async () => {
      const returned = fresh();
      await untouchedBy(
        returning((_p, _c) => returned),
        plugin("accomplice", (_p, _c) => spoil(returned)),
      );
    });

    it("by an asynchronous handler that finished first, while another is awaited", async () => {
      const returned = fresh();
      let release = () => {};
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      await untouchedBy(
        returning(async (_p, _c) => {
          void released.then(() => spoil(returned));
          return returned;
        }),
        plugin("waits", async (_p, _c) => {
          release();
          await later(2);
        }),
      );
    });
  },
);

attack(
  "A-050",
  "Change a nested array or hop of the returned value later in the run",
  "no effect",
  () => {
    it.each([
      ["in a microtask", (spoils: () => void) => queueMicrotask(spoils)],
      ["at the next tick", (spoils: () => void) => process.nextTick(spoils)],
      ["in a timer", (spoils: () => void) => void setTimeout(spoils)],
      ["after the events of now", (spoils: () => void) => void setImmediate(spoils)],
    ])("%s", async (_when, schedule) => {
      await untouchedBy(
        returning((_p, _c) => {
          const returned = fresh();
          schedule(() => spoil(returned));
          return returned;
        }),
        plugin("waits", (_p, _c) => later(3)),
      );
    });
  },
);

attack(
  "A-051",
  "Change the returned value in a `finally`, or in a microtask queued before the return",
  "read at one moment: completely, validated, and only once",
  () => {
    it("in a `finally`, which runs before the return completes", async () => {
      const settled = async (run: (returned: Returned) => unknown) => {
        const result = await runOnce([returning((_p, _c) => run(fresh()))], {
          extensions: labelled("PII"),
        });
        return (result.payload as ToolCall).name;
      };
      const atOnce = (returned: Returned) => {
        try {
          return returned;
        } finally {
          returned.modifiedPayload.name = "in the finally";
        }
      };
      expect(await settled(atOnce)).toBe("in the finally");
      expect(await settled(async (returned) => atOnce(returned))).toBe("in the finally");
    });

    it("in a `finally` that removes a label, which is refused", async () => {
      const takes: Run = (_p, _c) => {
        const returned = fresh();
        try {
          return returned;
        } finally {
          returned.modifiedExtensions.security.labels.shift();
        }
      };
      const result = await runOnce([returning(takes)], { extensions: labelled("PII") });
      expect(result.violation?.code).toBe("tier_monotonic");
      expect(labelsOf(result)).toEqual(["PII"]);
    });

    it("in microtasks queued before, by a synchronous handler: they run too late", () =>
      untouchedBy(
        returning((_p, _c) => {
          const returned = fresh();
          void Promise.resolve().then(() => spoil(returned));
          return returned;
        }),
        plugin("waits", (_p, _c) => later(1)),
      ));

    it("in every microtask from then on: no part is older or newer than another", async () => {
      const returned = {
        modifiedPayload: { name: "0", args: { twin: "0" } },
        modifiedExtensions: { custom: { twin: "0" } },
        metadata: { twin: "0" },
      };
      let turns = 0;
      const turn = () => {
        turns += 1;
        const twin = `${turns}`;
        returned.modifiedPayload.name = twin;
        returned.modifiedPayload.args.twin = twin;
        returned.modifiedExtensions.custom.twin = twin;
        returned.metadata.twin = twin;
        if (turns < 50) queueMicrotask(turn);
      };
      const turns50: Run = async (_p, _c) => {
        queueMicrotask(turn);
        return returned;
      };
      const result = await runOnce([returning(turns50)]);
      await rest();
      expect(turns).toBe(50);
      const { name, args } = result.payload as ToolCall;
      const parts = [args.twin, result.extensions.custom?.twin, result.metadata.returns];
      expect(parts).toEqual([name, name, { twin: name }]);
    });
  },
);

attack(
  "A-052",
  "Keep the view of one request and read it during another",
  "shows the first request's data, and nothing of the other",
  () => {
    it("payload, view and context", async () => {
      const kept: { payload: ToolCall; view: FullView; context: PluginContext }[] = [];
      const manager = await manage([
        plugin("keeps", (payload, context, view) => void kept.push({ payload, view, context })),
      ]);
      await manager.invoke(hook, call, { extensions: labelled("FIRST"), request: "r-1" });
      const second = freezePayload({ name: "sub", args: {} });
      await manager.invoke(hook, second, { extensions: labelled("SECOND"), request: "r-2" });
      const shown = kept.map(({ payload, view, context }) => [
        payload.name,
        view.security.labels,
        context.request,
      ]);
      expect(shown).toEqual([
        ["add", ["FIRST"], "r-1"],
        ["sub", ["SECOND"], "r-2"],
      ]);
    });
  },
);

attack(
  "A-053",
  "Keep the context and use it after the run has ended",
  "its state and its use as a parent are refused with `aborted`; the result is unchanged",
  () => {
    it("after the run", async () => {
      verifies("dispatch:context-ends");
      const kept: PluginContext[] = [];
      const manager = await manage([plugin("keeps", (_p, context) => void kept.push(context))]);
      const result = await manager.invoke(hook, call);
      const before = bytesOf(result);
      const [context] = kept as [PluginContext];
      expect(() => context.state).toThrow(expect.objectContaining({ code: "aborted" }));
      await expect(manager.invoke(hook, call, { parent: context })).rejects.toMatchObject({
        code: "aborted",
      });
      expect(context.signal.aborted).toBe(true);
      expect(context.hook).toBe(hook);
      await rest();
      expect(bytesOf(result)).toBe(before);
      expect(kept).toHaveLength(1);
    });

    it("after the handler's deadline, while the run continues", async () => {
      const codes: unknown[] = [];
      const asked = deferred();
      const late: Run = async (_p, context) => {
        await new Promise((ended) => context.signal.addEventListener("abort", ended));
        try {
          codes.push(context.state.size);
        } catch (error) {
          codes.push((error as { code: string }).code);
        }
        asked.resolve();
      };
      await runOnce([
        plugin("late", late, { timeoutMs: 1, onError: "ignore" }),
        plugin("waits", (_p, _c) => asked.promise),
      ]);
      expect(codes).toEqual(["aborted"]);
    });
  },
);
