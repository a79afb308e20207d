import { addLabels, createExtensions, deny } from "glassine";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import {
  adds,
  bytesOf,
  call,
  deferred,
  hook,
  labelled,
  labelsOf,
  later,
  type Manager,
  manage,
  type PluginContext,
  permutations,
  plugin,
  type Run,
  rest,
  runOnce,
  type ToolCall,
  tagger,
} from "./support.ts";

const inner = () => manage([tagger("inner")]);

/** A handler that starts a run of `manager` and then returns what `then` says. */
const nesting =
  (manager: Manager, then: Run = () => undefined): Run =>
  async (payload, context, extensions) => {
    await manager.invoke(hook, payload, { parent: context, extensions: labelled("given") });
    return then(payload, context, extensions);
  };

it("the secrets of the runs around a nested one are in none of its log lines and records", async () => {
  verifies("audit:redacted-request");
  const lines: string[] = [];
  const reasons: unknown[] = [];
  const types: unknown[] = [];
  const quotes: Run = () => deny("no entry with hunter2hunter2 or s3cr3t-t0ken");
  const fails: Run = async () => {
    const error = new Error("no entry with hunter2hunter2 or s3cr3t-t0ken");
    throw Object.assign(error, { name: "hunter2hunter2" });
  };
  for (const run of [quotes, fails]) {
    const innermost = await manage([plugin("quotes", run)], {
      audit: {
        sink: ({ metadata }) => {
          reasons.push(metadata.reason ?? metadata.error);
          types.push(metadata.error_type);
        },
      },
      logger: { error: (line) => lines.push(line), warn: () => {} },
    });
    const between = await manage([plugin("between", nesting(innermost))]);
    await runOnce([plugin("nests", nesting(between))], {
      extensions: createExtensions({
        http: { request_headers: { authorization: "Bearer s3cr3t-t0ken" } },
      }),
      secrets: ["hunter2hunter2"],
    });
  }
  const said = "no entry with [REDACTED] or [REDACTED]";
  expect(lines).toEqual([expect.stringContaining(`[REDACTED]: ${said}`)]);
  expect(types.filter((type) => type !== undefined)).toEqual(["[REDACTED]"]);
  expect(reasons.filter((reason) => reason !== undefined)).toEqual([said, said]);
});

describe("labels of an inner run", () => {
  it("join those of the outer one", async () => {
    verifies("dispatch:nesting-labels");
    const result = await runOnce([plugin("nests", nesting(await inner()))], {
      extensions: labelled("PII"),
    });
    expect(labelsOf(result)).toEqual(["PII", "inner"]);
  });

  it("leave everything else of the outer run as it is", async () => {
    const subject = { id: "u", type: "user" } as const;
    const extensions = createExtensions({
      request: { request_id: "r" },
      http: { headers: { "x-a": "1" } },
      security: { labels: ["PII"], subject },
    });
    const result = await runOnce([plugin("nests", nesting(await inner()))], { extensions });
    expect(result.extensions).toEqual({
      ...extensions,
      security: { ...extensions.security, labels: ["PII", "inner"] },
    });
    expect(result.extensions.http).toBe(extensions.http);
  });

  it("are seen by the plugins after the one that started it", async () => {
    const seen: unknown[] = [];
    await runOnce([
      plugin("nests", nesting(await inner())),
      plugin("looks", (_p, _c, extensions) => void seen.push(extensions.security.labels)),
    ]);
    expect(seen).toEqual([["inner"]]);
  });

  it("stay when the plugin then returns a change made from its older view", async () => {
    verifies("dispatch:nesting-labels");
    const changes: Record<string, Run> = {
      "with a helper": adds("own"),
      "by hand": (_p, _c, extensions) => ({
        modifiedExtensions: { security: { labels: [...extensions.security.labels, "own"] } },
      }),
      "of another slot": (_p, _c, extensions) => ({
        modifiedExtensions: { ...addLabels(extensions, "own"), custom: { note: 1 } },
      }),
    };
    for (const [how, change] of Object.entries(changes)) {
      for (const mode of ["sequential", "concurrent"] as const) {
        const result = await runOnce(
          [plugin("nests", nesting(await inner(), change), { mode, extensions: true })],
          { extensions: labelled("PII") },
        );
        expect(result.violation, `${how} ${mode}`).toBeUndefined();
        expect(labelsOf(result), `${how} ${mode}`).toEqual(["PII", "inner", "own"]);
      }
    }
  });

  it("stay when the plugin takes no extensions and returns what it would have seen", async () => {
    const manager = await inner();
    const added = { modifiedExtensions: { security: { labels: ["PII", "own"] } } };
    const waits = async (payload: ToolCall, context: PluginContext) => {
      await manager.invoke(hook, payload, { parent: context });
      return added;
    };
    const atOnce = (payload: ToolCall, context: PluginContext) => {
      void manager.invoke(hook, payload, { parent: context });
      return added;
    };
    for (const run of [waits, atOnce]) {
      for (const mode of ["sequential", "concurrent"] as const) {
        const result = await runOnce([plugin("nests", run, { mode })], {
          extensions: labelled("PII"),
        });
        expect(result.violation).toBeUndefined();
        expect(labelsOf(result)).toEqual(["PII", "inner", "own"]);
      }
    }
  });

  it("join even if the inner run is denied, fails or is aborted", async () => {
    const endings: Record<string, Run> = {
      denied: (_p, _c) => deny("no"),
      fails: (_p, _c) => {
        throw new Error("broken");
      },
      hangs: () => new Promise(() => {}),
    };
    for (const [how, run] of Object.entries(endings)) {
      const manager = await manage([
        tagger("inner"),
        plugin("ends-it", run, { extensions: true, timeoutMs: 15 }),
      ]);
      const result = await runOnce([plugin("nests", nesting(manager))]);
      expect(result.continueProcessing, how).toBe(true);
      expect(labelsOf(result), how).toEqual(["inner"]);
    }
    const host = new AbortController();
    const manager = await manage([tagger("inner"), plugin("waits", (_p, _c) => later(50))]);
    const result = await runOnce([
      plugin("nests", async (payload, context) => {
        const running = manager.invoke(hook, payload, { parent: context, signal: host.signal });
        host.abort();
        await running;
      }),
    ]);
    expect(labelsOf(result)).toEqual(["inner"]);
  });

  it("join even if the outer handler then denies, fails or hangs", async () => {
    const endings: Run[] = [
      (_p, _c) => deny("no"),
      (_p, _c) => Promise.reject(new Error("broken")),
      (_p, _c) => new Promise(() => {}),
      (_p, _c) => 5,
    ];
    for (const ending of endings) {
      const manager = await inner();
      const result = await runOnce([
        plugin("nests", nesting(manager, ending), { timeoutMs: 25, extensions: true }),
      ]);
      expect(result.continueProcessing).toBe(false);
      expect(labelsOf(result)).toEqual(["inner"]);
    }
  });

  /** Runs an inner run that ends only after the outer handler timed out or returned. */
  async function slowInner(modeOfOuter: "sequential" | "concurrent", ending: "timeout" | "return") {
    const isOver = deferred();
    const mayEnd = deferred();
    const ended = deferred();
    const slow = await manage([tagger("inner"), plugin("waits", (_p, _c) => mayEnd.promise)]);
    const nests = async (payload: ToolCall, context: PluginContext) => {
      const running = slow.invoke(hook, payload, { parent: context });
      void running.then(() => ended.resolve());
      if (ending === "return") return isOver.resolve();
      context.signal.addEventListener("abort", () => isOver.resolve());
      await running;
    };
    const opens = async () => {
      await isOver.promise;
      await later(2);
      mayEnd.resolve();
      await ended.promise;
      await later(2);
    };
    return runOnce([
      plugin("nests", nests, { mode: modeOfOuter, timeoutMs: 15, onError: "ignore" }),
      plugin("opens", opens, { mode: "concurrent", extensions: false }),
    ]);
  }

  it.each([
    ["sequential", "timeout"],
    ["sequential", "return"],
    ["concurrent", "timeout"],
    ["concurrent", "return"],
  ] as const)(
    "no longer join once its handler, %s, has ended by %s while the outer run continues",
    async (mode, ending) => {
      verifies("dispatch:nesting-turn");
      const result = await slowInner(mode, ending);
      expect(labelsOf(result)).toEqual([]);
      expect(result.executions[0]).toMatchObject({ applied: false, changed: [] });
    },
  );

  it("appear in the record of the handler that started it, whatever its outcome", async () => {
    verifies("dispatch:executions");
    const endings: Record<string, [Run, object]> = {
      nothing: [() => undefined, { status: "completed" }],
      "a label of its own": [adds("own"), { status: "completed" }],
      "a payload": [
        (_p, _c) => ({ modifiedPayload: { name: "sub" } }),
        { changed: ["security.labels", "payload.name"], payloadModified: true },
      ],
      "a failure": [() => Promise.reject(new Error("broken")), { status: "error" }],
      "a denial": [() => deny("no"), { requestedAllow: false }],
    };
    for (const [what, [ending, record]] of Object.entries(endings)) {
      const result = await runOnce([
        plugin("nests", nesting(await inner(), ending), { extensions: true }),
        plugin("after", (_p, _c) => undefined),
      ]);
      expect(result.executions[0], what).toMatchObject({
        applied: true,
        extensionsModified: true,
        changed: ["security.labels"],
        ...record,
      });
      expect(result.executions[1], what).toMatchObject({ applied: false, changed: [] });
    }
  });

  it("of several runs appear once, and those that add nothing do not", async () => {
    const result = await runOnce(
      [
        plugin("nests", async (payload, context) => {
          for (let i = 0; i < 3; i++) {
            await (await inner()).invoke(hook, payload, { parent: context });
          }
        }),
        plugin("repeats", nesting(await inner())),
      ],
      {},
    );
    expect(result.executions).toMatchObject([
      { applied: true, changed: ["security.labels"] },
      { applied: false, changed: [], extensionsModified: false },
    ]);
  });

  it("change no result that was returned", async () => {
    const gate = deferred();
    const slow = await manage([tagger("inner"), plugin("waits", (_p, _c) => gate.promise)]);
    let running: Promise<unknown> | undefined;
    const result = await runOnce([
      plugin("nests", (payload, context) => {
        running = slow.invoke(hook, payload, { parent: context });
      }),
    ]);
    gate.resolve();
    await running;
    expect(labelsOf(result)).toEqual([]);
  });
});

describe("a nested run", () => {
  it("belongs to the same request and shares each plugin's state", async () => {
    const seen: unknown[] = [];
    const noting: Run = (_payload, context) => {
      seen.push(context.request, context.state.get("note"));
    };
    let nested = false;
    const nests = plugin("nests", async (payload, context) => {
      if (nested) return noting(payload, context, {} as never);
      nested = true;
      context.state.set("note", "mine");
      return void (await manager.invoke(hook, payload, { parent: context }));
    });
    const manager: Manager = await manage([nests, plugin("other", noting, { mode: "concurrent" })]);
    await manager.invoke(hook, call, { request: "r-1" });
    expect(seen).toEqual(["r-1", "mine", "r-1", undefined, "r-1", undefined]);
  });

  it("of a manager created by a handler reaches no other plugin's state", async () => {
    verifies("dispatch:state");
    const stolen: unknown[] = [];
    const thief = plugin("thief", async (payload, context) => {
      const impostor = plugin("victim", (_p, own) => void stolen.push([...own.state]));
      await (await manage([impostor])).invoke(hook, payload, { parent: context });
    });
    const victim = plugin("victim", (_p, context) => void context.state.set("secret", 1));
    await runOnce([victim, thief]);
    expect(stolen).toEqual([[]]);
  });

  it("adds no label through a handler that may not add any", async () => {
    verifies("dispatch:nesting-labels");
    const forges = plugin(
      "forges",
      async (payload, context) => {
        const extensions = labelled("FORGED");
        const empty = await manage([]);
        await empty.invoke(hook, payload, { parent: context, extensions });
        const own = await manage([tagger("own")]);
        await own.invoke(hook, payload, { parent: context });
      },
      { capabilities: [] },
    );
    expect(labelsOf(await runOnce([forges], { extensions: labelled("PII") }))).toEqual(["PII"]);
  });

  it("has the labels of the outer run, on the same manager, and nothing else of it", async () => {
    verifies("dispatch:nesting-start");
    const egress = plugin("egress", ({ name }, _c, { security }) =>
      name === "send" && security.labels.includes("pii") ? deny("PII stays here") : undefined,
    );
    const given = createExtensions({
      security: { labels: ["EU"], subject: { id: "ada", type: "user" } },
      http: { headers: { "x-a": "1" } },
    });
    for (const extensions of [undefined, createExtensions({ security: { labels: ["own"] } })]) {
      const inner: unknown[] = [];
      const run: Run = async ({ name }, context) => {
        if (name === "send") return;
        const sent = { name: "send", args: {} };
        inner.push(await manager.invoke(hook, sent, { parent: context, extensions }));
      };
      const nests = plugin("nests", run, { capabilities: [] });
      const manager: Manager = await manage([tagger("pii"), nests, egress]);
      const result = await manager.invoke(hook, call, { extensions: given });
      expect(labelsOf(result)).toEqual(["EU", "pii"]);
      expect(inner).toMatchObject([{ violation: { reason: "PII stays here" } }]);
      // The plugin that started it may not see the labels of the outer run.
      const [{ extensions: after }] = inner as [{ extensions: typeof given }];
      expect(after.security?.labels ?? []).toEqual(extensions === undefined ? [] : ["own"]);
      expect([after.security?.subject, after.http]).toEqual([undefined, undefined]);
    }
  });

  it("of a concurrent handler has none that faster handlers of its phase added", async () => {
    verifies("dispatch:nesting-concurrent", "dispatch:concurrent-view");
    const outcomes = new Set<string>();
    for (const order of permutations(["adds", "asks", "too"])) {
      const gates = new Map(order.map((name) => [name, deferred()]));
      const send = (context: PluginContext, name: string) =>
        manager.invoke(hook, { name, args: {} }, { parent: context });
      const nests = (self: string) =>
        plugin(
          self,
          async ({ name }, context) => {
            if (name !== call.name) return;
            await gates.get(self)?.promise;
            if (self !== "asks") await send(context, "mark");
            const { violation } = await send(context, "leave");
            return violation && deny(`PII of ${self}`);
          },
          { mode: "concurrent" },
        );
      const marks = plugin("marks", (payload, context, extensions) =>
        payload.name === "mark" ? adds("pii")(payload, context, extensions) : undefined,
      );
      const egress = plugin("egress", ({ name }, _c, { security }) =>
        name === "leave" && security.labels.includes("pii") ? deny("PII stays here") : undefined,
      );
      const manager: Manager = await manage([...["adds", "asks", "too"].map(nests), marks, egress]);
      const running = manager.invoke(hook, call);
      for (const name of order) {
        gates.get(name)?.resolve();
        await rest();
      }
      const result = await running;
      expect(labelsOf(result)).toEqual(["pii"]);
      // A handler's own nested run found a label, which the others may not learn of.
      const denials = result.executions.filter(
        ({ plugin, effectiveAllow }) =>
          ["adds", "asks", "too"].includes(plugin) && effectiveAllow === false,
      );
      expect(denials.map(({ plugin }) => plugin)).toEqual(["adds", "too"]);
      outcomes.add(bytesOf(result));
    }
    expect(outcomes.size).toBe(1);
  });

  it("of a handler whose turn is over has the labels of the run, also in the concurrent phase", async () => {
    verifies("dispatch:nesting-start");
    const gate = deferred();
    const seen: unknown[] = [];
    const looks: Run = ({ name }, _context, extensions) =>
      name === "send" ? void seen.push(extensions.security.labels) : undefined;
    const begins: Run = ({ name }, context) => {
      if (name === "send") return;
      void gate.promise.then(() =>
        manager.invoke(hook, { name: "send", args: {} }, { parent: context }),
      );
    };
    const waits: Run = async ({ name }, _context) => {
      if (name === "send") return;
      gate.resolve();
      await rest();
    };
    const manager: Manager = await manage([
      plugin("looks", looks, { capabilities: ["read_labels"] }),
      plugin("begins", begins),
      plugin("waits", waits, { mode: "concurrent" }),
    ]);
    await manager.invoke(hook, call, { extensions: labelled("PII") });
    expect(seen).toEqual([["PII"]]);
  });

  it("does not start with more labels than an envelope may have", async () => {
    verifies("dispatch:nesting-start");
    const numbered = (letter: string) =>
      labelled(...Array.from({ length: 200 }, (_, at) => `${letter}${at}`));
    const refusals: unknown[] = [];
    const nests = plugin("nests", async ({ name }, context) => {
      if (name === "send") return;
      const sent = { name: "send", args: {} };
      const started = manager.invoke(hook, sent, { parent: context, extensions: numbered("b") });
      await started.catch((error: unknown) => refusals.push(error));
    });
    const manager: Manager = await manage([nests]);
    await manager.invoke(hook, call, { extensions: numbered("a") });
    const message = "security.labels: Expected at most 256 elements in the merged value, got more.";
    expect(refusals).toEqual([expect.objectContaining({ code: "snapshot_limit", message })]);
  });

  it("hands back what its own plugins added, beside what the host gave", async () => {
    verifies("dispatch:nesting-start");
    let after: unknown;
    const run: Run = async ({ name }, context) => {
      if (name === "send") return;
      const sent = { name: "send", args: {} };
      const extensions = labelled("given");
      after = (await manager.invoke(hook, sent, { parent: context, extensions })).extensions;
    };
    const nests = plugin("nests", run, { capabilities: [] });
    const manager: Manager = await manage([nests, tagger("inner")]);
    const result = await manager.invoke(hook, call, { extensions: labelled("outer") });
    expect(labelsOf(result)).toEqual(["inner", "outer"]);
    expect((after as typeof result.extensions).security?.labels).toEqual(["given", "inner"]);
  });

  it("on a manager that the handler made has none of them", async () => {
    verifies("dispatch:nesting-start");
    const seen: unknown[] = [];
    const manager = await manage([
      plugin("looks", (_p, _c, extensions) => void seen.push(extensions.security.labels)),
    ]);
    await runOnce(
      [plugin("nests", (p, context) => void manager.invoke(hook, p, { parent: context }))],
      { extensions: labelled("SECRET") },
    );
    expect(seen).toEqual([[]]);
  });
});

describe("nesting", () => {
  it("by siblings is not deeper than by one", async () => {
    let runs = 0;
    const manager = await manage([
      plugin("counts", (_p, _c) => {
        runs += 1;
      }),
    ]);
    await runOnce([
      plugin("nests", async (payload, context) => {
        for (let i = 0; i < 20; i++) await manager.invoke(hook, payload, { parent: context });
      }),
    ]);
    expect(runs).toBe(20);
  });

  it("under a run that has ended, or a value that is not a context, is refused", async () => {
    verifies("dispatch:context-ends");
    verifies("dispatch:context-ends");
    const kept: PluginContext[] = [];
    const manager = await manage([plugin("keeps", (_p, context) => void kept.push(context))]);
    const { context } = await manager.invoke(hook, call);
    const codeOf = (parent: unknown) =>
      manager.invoke(hook, call, { parent: parent as object }).then(
        () => "accepted",
        (error: { code: string }) => error.code,
      );
    expect(await codeOf(kept[0])).toBe("aborted");
    expect(await codeOf(context)).toBe("options_invalid");
    expect(await codeOf({})).toBe("options_invalid");
    expect(await codeOf(null)).toBe("options_invalid");
    expect(await codeOf(new Proxy(kept[0] as object, {}))).toBe("options_invalid");
    expect(await codeOf(Object.create(kept[0] as object))).toBe("options_invalid");
  });

  it("under a handler whose deadline has passed is refused", async () => {
    let code: unknown;
    const gate = deferred();
    const manager = await inner();
    await runOnce([
      plugin(
        "late",
        async (payload, context) => {
          await gate.promise;
          await manager.invoke(hook, payload, { parent: context }).catch((error: unknown) => {
            ({ code } = error as { code: unknown });
          });
        },
        { timeoutMs: 15, onError: "ignore" },
      ),
      plugin("opens", (_p, _c) => {
        gate.resolve();
        return later(5);
      }),
    ]);
    expect(code).toBe("aborted");
  });
});
