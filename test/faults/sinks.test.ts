// A process of its own: it installs its own clock before the sources load.
// Only in test:all: it waits for sinks that hang.
import "./virtual-time.ts";
import {
  addLabels,
  createExtensions,
  createPluginManager,
  declassify,
  isGlassineError,
} from "glassine";
import { thenable } from "../dispatch/returned.ts";
import {
  adds,
  bytesOf,
  call,
  deferred,
  hook,
  labelled,
  manage,
  plugin,
  type Run,
  uncaughtDuring,
} from "../dispatch/support.ts";
import { EndCounter, type Fault, lists, placesOf, timeoutMs, tryPlan } from "./plans.ts";
import "./end-of-loading.ts";
import process from "node:process";
import { afterEach, describe, expect, it, vi } from "vitest";
import { verifies } from "../support/verifies.ts";
import { advance, pass } from "./virtual-time.ts";

const aMoment = () => advance(2);
const full = new Error("disk full");

const sinks: Readonly<Record<string, () => unknown>> = {
  throws: () => {
    throw full;
  },
  rejects: () => Promise.reject(full),
  "rejects later": async () => {
    for (let i = 0; i < 5; i += 1) await undefined;
    throw full;
  },
  "never settles": () => new Promise(() => {}),
  "returns a thenable that throws": () => thenable(sinks.throws as () => unknown),
  "blocks for longer than any deadline": () => pass(10 * timeoutMs),
};
const faults: readonly Fault[] = [
  {
    code: "handler_error",
    run: () => {
      throw new Error("broken");
    },
  },
  { code: "handler_error", run: async () => Promise.reject(new Error("broken")) },
];

describe("F-05: a sink of the host throws, blocks or rejects", () => {
  const cases = Object.entries(sinks).flatMap(([how, sink]) =>
    lists.map((modes) => ({ how, sink, modes, what: modes.join(", ") })),
  );
  it.each(cases)("onHandlerError $how, in $what", async ({ sink, modes }) => {
    verifies("dispatch:thrown-to-host");
    const ends = new EndCounter();
    let reported = 0;
    const onHandlerError = () => {
      reported += 1;
      return sink() as undefined;
    };
    let expected = 0;
    const uncaught = await uncaughtDuring(async () => {
      for (const fault of faults) {
        for (const place of placesOf(modes)) {
          await tryPlan({ ...place, fault }, ends, aMoment, { onHandlerError });
          expected += place.onError === "disable" ? 1 : 2;
        }
      }
    });
    expect(uncaught).toEqual([]);
    ends.expectComplete();
    expect(reported).toBe(expected);
  });

  it("a blocking onHandlerError makes no other handler miss its deadline", async () => {
    const gate = deferred();
    const waits: Run = async (payload, context, extensions) => {
      await gate.promise;
      return adds(context.plugin.name)(payload, context, extensions);
    };
    const settings = { timeoutMs, extensions: true } as const;
    const manager = await manage(
      [
        plugin("breaks", faults[0]?.run as Run, { ...settings, onError: "ignore" }),
        plugin("alone", waits, settings),
        plugin("beside", waits, { ...settings, mode: "concurrent" }),
      ],
      { onHandlerError: () => pass(10 * timeoutMs) },
    );
    const running = manager.invoke(hook, call, { extensions: labelled("PII") });
    await advance(timeoutMs / 2);
    gate.resolve();
    const result = await running;
    expect(result.violation).toBeUndefined();
    expect(result.extensions.security?.labels).toEqual(["PII", "alone", "beside"]);
  });

  describe("the warning of a deprecated field", () => {
    const { prepareStackTrace } = Error;
    afterEach(() => {
      vi.restoreAllMocks();
      vi.unstubAllGlobals();
      Error.prepareStackTrace = prepareStackTrace as never;
    });
    const headers = { "X-Trace": "1" };
    const outcome = async () => {
      const manager = await manage([]);
      const result = await manager.invoke(hook, { name: "add", args: {}, headers });
      return bytesOf(result);
    };

    it.each<[string, () => void]>([
      [
        "throws",
        () => {
          vi.spyOn(process, "emitWarning").mockImplementation(sinks.throws as never);
        },
      ],
      [
        "is not there",
        () => {
          vi.stubGlobal("process", undefined);
        },
      ],
      [
        "finds no stack, because the host's own format of it throws",
        () => {
          vi.spyOn(process, "emitWarning").mockImplementation(() => {});
          Error.prepareStackTrace = sinks.throws as never;
        },
      ],
    ])("%s", async (_how, breakIt) => {
      vi.spyOn(process, "emitWarning").mockImplementation(() => {});
      const expected = await outcome();
      breakIt();
      let now: string;
      try {
        now = await outcome();
      } finally {
        vi.unstubAllGlobals();
        Error.prepareStackTrace = prepareStackTrace as never;
      }
      expect(now).toBe(expected);
      expect(JSON.parse(now)).toMatchObject({ extensions: { http: { headers } } });
    });
  });

  it.each(["throws", "rejects", "rejects later", "never settles"] as const)(
    "the audit of declassify %s: the labels stay",
    async (how) => {
      verifies("declassify:recorded");
      const extensions = createExtensions({ security: { labels: ["PII"] } });
      const before = JSON.stringify(extensions);
      const words = { labels: ["PII"], reason: "none", authority: "me" };
      const uncaught = await uncaughtDuring(async () => {
        let refusal: unknown;
        try {
          declassify(extensions, { ...words, audit: sinks[how] as () => undefined });
        } catch (error) {
          refusal = error;
        }
        if (how === "throws") expect(refusal).toBe(full);
        else expect(isGlassineError(refusal) && refusal.code).toBe("declassify_refused");
      });
      expect(uncaught).toEqual([]);
      expect(JSON.stringify(extensions)).toBe(before);
    },
  );

  it.each(["throws", "rejects", "rejects later", "never settles"] as const)(
    "an audit sink %s: the request goes on, what is lost is counted, and a strict trail denies",
    async (how) => {
      const labels = plugin("labels", (_payload, _context, view) => ({
        modifiedExtensions: addLabels(view as never, ["PII"]),
      }));
      const uncaught = await uncaughtDuring(async () => {
        for (const strict of [false, true]) {
          let isOn = false;
          const sink = (event: unknown) =>
            isOn ? (sinks[how] as (e: unknown) => unknown)(event) : event;
          const manager = await createPluginManager({
            plugins: [labels],
            audit: { sink, strict, timeoutMs: 20 },
            logger: { error: sinks.throws as never },
          });
          isOn = true;
          const pending = manager.invoke(hook, call);
          await advance(30);
          const result = await pending;
          const closing = manager.close();
          await advance(30);
          await closing;
          expect(result.extensions.security?.labels).toEqual(["PII"]);
          expect(result.violation?.code).toBe(strict ? "audit_failed" : undefined);
          expect(manager.auditFailures()).toEqual({
            total: 1,
            byType: { "extensions.labels_added": 1 },
          });
        }
      });
      expect(uncaught).toEqual([]);
    },
  );
});
