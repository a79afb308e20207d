// Its process is only for files that patch the realm.
import { deny, RejectError } from "glassine";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { thenable } from "./returned.ts";
import {
  aborted,
  adds,
  call,
  deferred,
  hook,
  labelled,
  labelsOf,
  later,
  manage,
  never,
  plugin,
  type Run,
  rest,
  statusesOf,
  tagger,
  uncaughtDuring,
} from "./support.ts";

const extensions = labelled("PII");

/** What a handler does right after it made the host abort. */
const afterwards: Record<string, () => unknown> = {
  "returns nothing": () => undefined,
  "returns a change": () => ({ modifiedPayload: { name: "changed", args: {} } }),
  "returns a denial": () => deny("no"),
  "returns nonsense": () => 5,
  throws: () => {
    throw new Error("broken");
  },
  "throws an object with a promise that rejects": () => {
    throw { inside: Promise.reject(new Error("broken")) };
  },
  hangs: never,
  "rejects later": () => later(5).then(() => Promise.reject(new Error("broken"))),
};

describe("a handler that makes the host abort", () => {
  const cases = Object.entries(afterwards).flatMap(([what, act]) =>
    (["sequential", "concurrent"] as const).flatMap((mode) =>
      (["at once", "after a wait"] as const).map((when) => ({ what, act, mode, when })),
    ),
  );

  it.each(cases)("and then $what, in mode $mode, $when", async ({ act, mode, when }) => {
    const host = new AbortController();
    const started: string[] = [];
    const aborting = plugin(
      "aborts",
      (_p, _c) => {
        host.abort();
        return act();
      },
      { mode, onError: "ignore" },
    );
    const next = plugin("next", (_p, _c) => void started.push("next"), { mode });
    const first = when === "at once" ? [] : [plugin("waits", (_p, _c) => later(1))];
    const uncaught = await uncaughtDuring(async () => {
      const manager = await manage([...first, tagger("tagged"), aborting, next], {
        timeoutMs: 2000,
      });
      const result = await manager.invoke(hook, call, { extensions, signal: host.signal });
      expect(labelsOf(result)).toEqual(["PII", "tagged"]);
      expect(result.executions).toHaveLength(first.length + 3);
      if (when === "after a wait") {
        expect(result.violation).toEqual(aborted);
        expect(started).toEqual([]);
        expect(statusesOf(result)).toEqual(["completed", "completed", "cancelled", "skipped"]);
      } else expect(["aborted", "denied", undefined]).toContain(result.violation?.code);
      await later(10);
    });
    expect(uncaught).toEqual([]);
  });

  it.each(["sequential", "concurrent"] as const)(
    "and returns a thenable in mode %s: its `then` is never called",
    async (mode) => {
      const host = new AbortController();
      let calls = 0;
      const aborts: Run = (_p, _c) => {
        host.abort();
        return thenable(() => {
          calls += 1;
        });
      };
      const waits = plugin("waits", (_p, _c) => later(1));
      const manager = await manage([waits, plugin("aborts", aborts, { mode })]);
      const result = await manager.invoke(hook, call, { signal: host.signal });
      expect(result.violation).toEqual(aborted);
      await rest();
      expect(calls).toBe(0);
    },
  );

  it.each(["sequential", "concurrent"] as const)(
    "and returns a promise in mode %s: no patched species is used",
    async (mode) => {
      const host = new AbortController();
      const usual = Object.getOwnPropertyDescriptor(Promise, Symbol.species) ?? {};
      let asked = 0;
      const species = {
        configurable: true,
        get: () => {
          asked += 1;
          return Promise;
        },
      };
      const aborts: Run = (_p, _c) => {
        const broken = Promise.reject(new Error("broken"));
        host.abort();
        Object.defineProperty(Promise, Symbol.species, species);
        return broken;
      };
      const waits = plugin("waits", (_p, _c) => later(1));
      const manager = await manage([waits, plugin("aborts", aborts, { mode })]);
      const uncaught = await uncaughtDuring(async () => {
        try {
          const result = await manager.invoke(hook, call, { signal: host.signal });
          expect(result.violation).toEqual(aborted);
        } finally {
          Object.defineProperty(Promise, Symbol.species, usual);
        }
      });
      expect([asked, uncaught]).toEqual([0, []]);
    },
  );

  it.each([
    ["alone", "sequential", []],
    ["after another", "sequential", [tagger("tagged")]],
    ["alone", "concurrent", []],
    ["after another", "concurrent", [tagger("tagged")]],
    ["alone", "audit", []],
  ] as const)("as the last one, %s, in mode %s: the run is aborted", async (_, mode, before) => {
    verifies("dispatch:abort");
    const host = new AbortController();
    const started: string[] = [];
    const last = plugin("aborts", (_p, _c) => host.abort(), { mode });
    const background = plugin("background", (_p, _c) => void started.push("background"), {
      mode: "fire_and_forget",
    });
    const manager = await manage([...before, last, background]);
    const result = await manager.invoke(hook, call, { extensions, signal: host.signal });
    await later(1);
    expect(result.violation).toEqual(aborted);
    expect(labelsOf(result)).toEqual(before.length === 0 ? ["PII"] : ["PII", "tagged"]);
    const completed = [...before, last].map(() => "completed");
    expect(statusesOf(result)).toEqual([...completed, "skipped"]);
    expect(manager.counts()).toMatchObject({ allowed: 0, aborted: 1, inFlight: 0 });
    expect(started).toEqual([]);
  });

  it.each([
    ["sequential", "as the last one", 0],
    ["sequential", "before another", 1],
    ["concurrent", "as the last one", 0],
    ["concurrent", "before another", 1],
  ] as const)("in mode %s, %s: its own denial stands", async (mode, _where, others) => {
    verifies("dispatch:abort");
    const host = new AbortController();
    const denies: Run = (_p, _c) => {
      host.abort();
      return deny("no");
    };
    const after = [tagger("tagged", { mode })].slice(0, others);
    const manager = await manage([plugin("aborts", denies, { mode }), ...after]);
    const result = await manager.invoke(hook, call, { signal: host.signal });
    expect(result.violation).toMatchObject({ plugin: "aborts", code: "denied", reason: "no" });
    expect(statusesOf(result)).toEqual(["completed", ...after.map(() => "skipped")]);
    expect(manager.counts()).toMatchObject({ denied: 1, aborted: 0 });
  });

  it("keeps a concurrent denial that came before the abort, although another handler runs", async () => {
    verifies("dispatch:abort");
    const host = new AbortController();
    const waits = plugin("waits", never, { mode: "concurrent" });
    const denies = plugin("denies", async (_p, _c) => deny("no"), { mode: "concurrent" });
    const manager = await manage([waits, denies]);
    const running = manager.invoke(hook, call, { signal: host.signal });
    await rest();
    host.abort();
    const result = await running;
    expect(result.violation).toMatchObject({ plugin: "denies", code: "denied", reason: "no" });
    expect(statusesOf(result)).toEqual(["cancelled", "completed"]);
    expect(manager.counts()).toMatchObject({ denied: 1, aborted: 0 });
  });

  it("while others of its phase are awaited: their results are late", async () => {
    const host = new AbortController();
    const gate = deferred();
    const mode = "concurrent";
    const manager = await manage([
      plugin("waits", (_p, _c) => later(1)),
      plugin("slow", (_p, _c) => gate.promise, { mode, priority: 1 }),
      plugin("aborts", (_p, _c) => host.abort(), { mode, priority: 2 }),
    ]);
    const result = await manager.invoke(hook, call, { signal: host.signal });
    expect(result.violation).toEqual(aborted);
    expect(statusesOf(result)).toEqual(["completed", "cancelled", "cancelled"]);
    gate.resolve();
    await rest();
    expect(await manager.close()).toMatchObject({ drained: true, late: 1 });
  });

  it("through onHandlerError, has one outcome", async () => {
    for (const mode of ["sequential", "concurrent"] as const) {
      for (const onError of ["fail", "ignore"] as const) {
        const host = new AbortController();
        const uncaught = await uncaughtDuring(async () => {
          const manager = await manage(
            [
              tagger("tagged"),
              plugin("breaks", (_p, _c) => later(1).then(() => Promise.reject(new Error("x"))), {
                mode,
                onError,
              }),
              tagger("next", { mode, priority: 200 }),
            ],
            { onHandlerError: () => host.abort() },
          );
          const result = await manager.invoke(hook, call, { extensions, signal: host.signal });
          expect(result.violation).toEqual(aborted);
          expect(labelsOf(result)).toContain("tagged");
        });
        expect(uncaught).toEqual([]);
      }
    }
  });

  it.each([
    ["an error", new Error("broken"), "plugin.handler_error"],
    ["a denial", new RejectError("no"), "plugin.handler_denied"],
  ])("and then throws %s: the audit trail hears of it", async (_, thrown, type) => {
    const host = new AbortController();
    const seen: string[] = [];
    const throws: Run = (_p, _c) => {
      host.abort();
      throw thrown;
    };
    const sink = ({ eventType }: { readonly eventType: string }) => void seen.push(eventType);
    const waits = plugin("waits", (_p, _c) => later(1));
    const manager = await manage([waits, plugin("throws", throws)], { audit: { sink } });
    const result = await manager.invoke(hook, call, { signal: host.signal });
    expect(result.violation).toEqual(aborted);
    expect(statusesOf(result)).toEqual(["completed", "cancelled"]);
    expect(seen).toContain(type);
  });

  it("through the log, at its deadline, has one outcome", async () => {
    const host = new AbortController();
    const uncaught = await uncaughtDuring(async () => {
      const hangs = plugin("hangs", (_p, _c) => never(), { onError: "ignore", timeoutMs: 5 });
      const logger = { error: () => host.abort() };
      const manager = await manage([tagger("tagged"), hangs, tagger("next")], { logger });
      const result = await manager.invoke(hook, call, { extensions, signal: host.signal });
      expect(result.violation).toEqual(aborted);
      expect(labelsOf(result)).toEqual(["PII", "tagged"]);
      expect(manager.counts()).toMatchObject({ aborted: 1, inFlight: 0 });
    });
    expect(uncaught).toEqual([]);
  });

  it("through the audit trail, in mode concurrent: what it did is kept", async () => {
    const mode = "concurrent";
    const throws: Run = (_p, _c) => {
      throw new Error("broken");
    };
    const reports: [string, Run | undefined, string[]][] = [
      ["plugin.handler_error", throws, ["error", "completed"]],
      ["extensions.change_refused", (_p, _c) => 5, ["error", "completed"]],
      ["extensions.labels_added", undefined, ["completed", "completed"]],
    ];
    for (const [type, run, statuses] of reports) {
      const host = new AbortController();
      const seen: string[] = [];
      const sink = ({ eventType }: { readonly eventType: string }) => {
        seen.push(eventType);
        if (eventType === type) host.abort();
      };
      const first = run
        ? plugin("first", run, { mode, onError: "ignore" })
        : tagger("first", { mode });
      const waits: Run = (payload, context, view) =>
        later(1).then(() => adds("second")(payload, context, view));
      const second = plugin("second", waits, { mode });
      const manager = await manage([first, second], { audit: { sink } });
      const result = await manager.invoke(hook, call, { extensions, signal: host.signal });
      expect(result.violation).toEqual(aborted);
      expect(statusesOf(result)).toEqual(statuses);
      expect(labelsOf(result)).toEqual(run ? ["PII", "second"] : ["PII", "first", "second"]);
      expect(seen.filter((each) => each === "extensions.labels_added")).toHaveLength(run ? 1 : 2);
    }
  });

  it.each(["sequential", "concurrent"] as const)(
    "once it has waited, and throws because of that, is not switched off, but logged, in mode %s",
    async (mode) => {
      const logged: string[] = [];
      const host = new AbortController();
      const aborts: Run = (_p, { signal }) => {
        host.abort();
        signal.throwIfAborted();
        throw new Error("broken");
      };
      const waits = plugin("waits", (_p, _c) => later(1));
      const manager = await manage(
        [waits, plugin("aborts", aborts, { mode, onError: "disable" })],
        { logger: { warn: () => {}, error: (text: string) => void logged.push(text) } },
      );
      const first = await manager.invoke(hook, call, { signal: host.signal });
      expect(logged).toEqual([expect.stringMatching(/^plugin 'aborts' threw/)]);
      expect(first.violation).toEqual(aborted);
      expect(statusesOf(first)).toEqual(["completed", "cancelled"]);
      expect(statusesOf(await manager.invoke(hook, call))).toEqual(["completed", "error"]);
    },
  );

  it("through the audit trail, once it has waited: its record says what it did", async () => {
    const adding: Run = (payload, context, view) =>
      later(1).then(() => adds("found")(payload, context, view));
    const changes: Run = (_p, _c) => later(1).then(() => ({ modifiedPayload: { name: "next" } }));
    const reports: [string, ReturnType<typeof plugin>[], object, string[]][] = [
      [
        "extensions.labels_added",
        [plugin("adds", adding)],
        { status: "completed", applied: true, changed: ["security.labels"] },
        [],
      ],
      [
        "plugin.handler_denied",
        [plugin("denies", (_p, _c) => later(1).then(() => deny("no")))],
        { status: "completed", requestedAllow: false, effectiveAllow: false },
        [],
      ],
      [
        "extensions.change_refused",
        [
          plugin("contests", (_p, _c) => later(1).then(() => ({ modifiedPayload: { name: "x" } }))),
          plugin("changes", changes),
        ],
        { status: "error", errorCode: "payload_contested" },
        ["payload_contested"],
      ],
    ];
    for (const [type, plugins, record, errors] of reports) {
      const host = new AbortController();
      const sink = ({ eventType }: { readonly eventType: string }) => {
        if (eventType === type) host.abort();
      };
      const manager = await manage(plugins, { audit: { sink } });
      const options = { signal: host.signal, recheck: true };
      const result = await manager.invoke(hook, call, options);
      expect(result.violation).toEqual(aborted);
      expect(result.executions).toHaveLength(2 * plugins.length - 1);
      expect(result.executions.at(-1)).toMatchObject(record);
      expect(result.errors.map(({ code }) => code)).toEqual(errors);
    }
  });

  it("through a listener on its own signal, at its deadline, has one outcome", async () => {
    for (const mode of ["sequential", "concurrent"] as const) {
      for (const onError of ["fail", "ignore"] as const) {
        const host = new AbortController();
        const uncaught = await uncaughtDuring(async () => {
          const manager = await manage([
            tagger("tagged"),
            plugin(
              "hangs",
              (_p, context) => {
                context.signal.addEventListener("abort", () => host.abort());
                return never();
              },
              { mode, onError, timeoutMs: 15 },
            ),
            plugin("next", (_p, _c) => later(1), { mode }),
          ]);
          const result = await manager.invoke(hook, call, { extensions, signal: host.signal });
          expect(result.violation).toEqual(aborted);
          expect(labelsOf(result)).toEqual(["PII", "tagged"]);
        });
        expect(uncaught).toEqual([]);
      }
    }
  });
});
