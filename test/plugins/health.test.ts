import { isGlassineError } from "glassine";
import { afterEach, describe, expect, it, vi } from "vitest";
import { describeThrown, redactText } from "../../src/core/observe/index.ts";
import { type HealthReport, type HealthStatus, health } from "../../src/core/plugins/health.ts";
import { readHealthOptions } from "../../src/core/plugins/health-options.ts";
import { pollHealth } from "../../src/core/plugins/poll-health.ts";
import {
  type HealthCheck,
  runHealthCheck,
  runHealthChecks,
} from "../../src/core/plugins/run-health-check.ts";
import { uncaughtDuring } from "../audit/support.ts";
import { block } from "../support/block.ts";
import { verifies } from "../support/verifies.ts";

const now = "2026-01-02T03:04:05.678Z";
const never = new Promise<never>(() => {});

function checking(check: HealthCheck["check"], given: Partial<HealthCheck> = {}): HealthCheck {
  return {
    plugin: "cache",
    version: "1.2.3",
    check,
    context: undefined,
    timeoutMs: 5_000,
    describe: describeThrown,
    redact: (text) => redactText(text, ["hunter-22"]),
    now: () => now,
    ...given,
  };
}

const run = (check: HealthCheck["check"], given?: Partial<HealthCheck>) =>
  runHealthCheck(checking(check, given));

const later = (delayMs: number) => new Promise<void>((resolve) => setTimeout(resolve, delayMs));

describe("health", () => {
  it.each(["healthy", "degraded", "unhealthy", "unknown"] as const)("takes %s", (status) => {
    const answer = health(status, "so it is");
    expect(answer).toEqual({ status, message: "so it is" });
    expect(health(status).message).toBe("");
    expect(Object.isFrozen(answer)).toBe(true);
    expect(Object.keys(answer)).toEqual(["status", "message"]);
  });

  it.each([
    ["well"],
    ["Healthy"],
    [""],
    [undefined],
    [null],
    [Object("healthy")],
    ["healthy", 7],
    ["healthy", null],
    ["healthy", Object("")],
  ])("refuses %o %o", (...given) => {
    expect(() => health(...(given as unknown as [HealthStatus, string]))).toThrow(/health/);
    try {
      health(...(given as unknown as [HealthStatus, string]));
    } catch (error) {
      expect(isGlassineError(error) && error.code).toBe("options_invalid");
    }
  });
});

class Weird extends Error {
  override readonly name = "WeirdError";
}

type Row = readonly [string, HealthCheck["check"], HealthStatus, string, string | null];

const returned = (what: string, value: unknown, type: string): Row => [
  `returns ${what}`,
  () => value,
  "unhealthy",
  `health_check returned ${type}; expected PluginHealth`,
  `invalid result: ${type}`,
];

const odd = (what: string, status: string, shown: string): Row => [
  `has ${what} as status`,
  () => ({ status, message: "fine" }),
  "unhealthy",
  "health_check returned object; expected PluginHealth",
  `invalid status: '${shown}'`,
];

const rows: readonly Row[] = [
  ["is not there", undefined, "unknown", "no health check registered", null],
  ["says so", () => health("healthy", "all is well"), "healthy", "all is well", null],
  ["says so without a word", () => health("healthy"), "healthy", "", null],
  ["says degraded", () => health("degraded", "cold"), "degraded", "cold", null],
  ["says so later", async () => health("unhealthy", "gone"), "unhealthy", "gone", null],
  ["knows nothing", async () => health("unknown"), "unknown", "", null],
  [
    "says so by a thenable",
    // biome-ignore lint/suspicious/noThenProperty: What is tested.
    () => ({ then: (yes: (value: unknown) => void) => yes(health("healthy", "then")) }),
    "healthy",
    "then",
    null,
  ],
  [
    "throws",
    () => {
      throw new TypeError("no socket");
    },
    "unhealthy",
    "no socket",
    "TypeError: no socket",
  ],
  [
    "rejects",
    async () => {
      throw new Weird("no socket");
    },
    "unhealthy",
    "no socket",
    "WeirdError: no socket",
  ],
  [
    "throws a text",
    () => {
      throw "no socket";
    },
    "unhealthy",
    "no socket",
    "string: no socket",
  ],
  [
    "throws a thenable's error",
    // biome-ignore lint/suspicious/noThenProperty: What is tested.
    () => ({ then: (_: unknown, no: (error: unknown) => void) => no(new RangeError("far")) }),
    "unhealthy",
    "far",
    "RangeError: far",
  ],
  returned("nothing", undefined, "undefined"),
  returned("null", null, "null"),
  returned("true", true, "boolean"),
  returned("a text", "healthy", "string"),
  returned("a number", 1, "number"),
  returned("a bigint", 1n, "bigint"),
  returned("a symbol", Symbol("healthy"), "symbol"),
  returned("a function", () => health("healthy"), "function"),
  returned("an array", [health("healthy")], "array"),
  returned("a look-alike", { status: "healthy", message: "" }, "object"),
  returned("a copy", { ...health("healthy") }, "object"),
  returned("what inherits from an answer", Object.create(health("healthy")), "object"),
  returned("a proxy of an answer", new Proxy(health("healthy"), {}), "object"),
  returned("a status that is no text", { status: 1 }, "object"),
  returned("a getter", Object.defineProperty({}, "status", { get: () => "weird" }), "object"),
  [
    "returns it later",
    async () => [],
    "unhealthy",
    "health_check returned array; expected PluginHealth",
    "invalid result: array",
  ],
  odd("a word", "weird", "weird"),
  odd("lines", "a'\nb", "a\\u{27}\\u{a}b"),
  odd("no end", "x".repeat(10_000), `${"x".repeat(64)}…`),
];

describe("PH-107: a check that", () => {
  it.each(rows)("%s", async (_, check, status, message, errorSummary) => {
    verifies("plugins:health-answer");
    const report = await run(check);
    expect(report).toEqual({
      pluginName: "cache",
      pluginVersion: "1.2.3",
      status,
      message,
      checkedAt: now,
      errorSummary,
    });
    expect(Object.isFrozen(report)).toBe(true);
  });

  it("takes too long", async () => {
    verifies("plugins:health-answer");
    expect(await run(() => never, { timeoutMs: 50 })).toMatchObject({
      status: "unhealthy",
      message: "health check timed out after 0.050s",
      errorSummary: "timeout",
    });
    expect(await run(() => never, { timeoutMs: 1.5 })).toMatchObject({
      message: expect.stringMatching(/after 0\.00[12]s$/),
    });
  });

  it("hangs in thenables without end, and starves nobody", async () => {
    verifies("plugins:health-waits");
    // biome-ignore lint/suspicious/noThenProperty: What is tested.
    const endless = { then: (yes: (value: unknown) => void) => yes({ then: endless.then }) };
    expect(await run(() => endless, { timeoutMs: 20 })).toMatchObject({ errorSummary: "timeout" });
  });

  it("blocks after it gave up the thread", async () => {
    const blocks = async () => {
      await undefined;
      block(30);
      return health("healthy");
    };
    expect(await run(blocks, { timeoutMs: 5 })).toMatchObject({ errorSummary: "timeout" });
    expect(await run(blocks, { timeoutMs: 5_000 })).toMatchObject({ status: "healthy" });
  });

  it("takes too long without giving up the thread", async () => {
    const blocks = () => {
      block(30);
      return health("healthy");
    };
    expect(await run(blocks, { timeoutMs: 5 })).toMatchObject({
      status: "unhealthy",
      errorSummary: "timeout",
    });
    expect(await run(blocks, { timeoutMs: 5_000 })).toMatchObject({ status: "healthy" });
  });

  it("throws what cannot be described", async () => {
    const describe = () => {
      throw new Error("describe");
    };
    const throws = () => {
      throw new Error("check");
    };
    expect(await run(throws, { describe })).toMatchObject({
      status: "unhealthy",
      message: "health check failed",
      errorSummary: "health check failed",
    });
    const proxy = new Proxy({}, { get: throws, getPrototypeOf: throws });
    const report = await run(() => {
      throw proxy;
    });
    expect(report).toMatchObject({
      status: "unhealthy",
      errorSummary: "Proxy: A proxy was thrown.",
    });
  });

  it("is given its context, and nothing else", async () => {
    const context = Object.freeze({ config: 1 });
    const calls: unknown[][] = [];
    const check = function (this: unknown, ...given: unknown[]) {
      calls.push([this, ...given]);
      return health("healthy");
    };
    await run(check, { context });
    expect(calls).toEqual([[undefined, context]]);
    expect(calls[0]?.[1]).toBe(context);
  });
});

describe("what a check says", () => {
  const text = "cannot reach https://user:pw@host/ with hunter-22\nlevel=error";

  it.each<[string, HealthCheck["check"]]>([
    ["in an answer", () => health("degraded", text)],
    [
      "in an error",
      () => {
        throw new Error(text);
      },
    ],
    ["as status", () => ({ status: "hunter-22" })],
  ])("%s is redacted, and one line", async (_, check) => {
    const { message, errorSummary } = await run(check);
    for (const shown of [message, errorSummary ?? ""]) {
      expect(shown).not.toMatch(/hunter-22|user:pw|\n/);
    }
    expect(`${message} ${errorSummary}`).toContain("[REDACTED]");
  });

  it("is short, and what is cut off was redacted before", async () => {
    verifies("plugins:health-text");
    const { message } = await run(() => health("degraded", `${"x".repeat(495)}hunter-22`));
    expect(message.length).toBeLessThanOrEqual(501);
    expect(message).not.toContain("hunt");
    const long = await run(() => health("degraded", "x".repeat(100_000)), { redact: (all) => all });
    expect(long.message).toBe(`${"x".repeat(500)}…`);
  });

  it("is not told at all where it cannot be redacted", async () => {
    const redact = () => {
      throw new Error("redact");
    };
    expect(await run(() => health("degraded", "hunter-22"), { redact })).toMatchObject({
      status: "degraded",
      message: "[REDACTED]",
    });
  });
});

describe("the end of a check", () => {
  it("is told once, and how it came", async () => {
    const ends: string[] = [];
    const endTurn = (end: string) => {
      ends.push(end);
      throw new Error("listener");
    };
    await run(() => health("healthy"), { endTurn });
    await run(() => never, { endTurn, timeoutMs: 5 });
    await run(() => later(30), { endTurn, timeoutMs: 5 });
    await later(40);
    expect(ends).toEqual(["settled", "timed_out", "timed_out"]);
  });

  it("is the last that is heard of it: a late rejection is nobody's", async () => {
    const unhandled: unknown[] = [];
    const listen = (reason: unknown) => void unhandled.push(reason);
    process.on("unhandledRejection", listen);
    const late = async () => {
      await later(15);
      throw new Error("late");
    };
    try {
      expect((await run(late, { timeoutMs: 5 })).errorSummary).toBe("timeout");
      await later(40);
    } finally {
      process.off("unhandledRejection", listen);
    }
    expect(unhandled).toEqual([]);
  });

  it("leaves no timer, and one in the background holds no process", async () => {
    verifies("plugins:health-polling");
    const timers = () =>
      process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;
    const before = timers();
    await run(() => health("healthy"));
    expect(timers()).toBe(before);
    const inBackground = run(() => never, { timeoutMs: 20, inBackground: true });
    expect(timers()).toBe(before);
    const inFront = run(() => never, { timeoutMs: 20 });
    expect(timers()).toBe(before + 1);
    await Promise.all([inBackground, inFront]);
    expect(timers()).toBe(before);
  });

  it("comes whatever becomes of the clock of others", async () => {
    vi.useFakeTimers();
    try {
      expect((await run(() => never, { timeoutMs: 5 })).errorSummary).toBe("timeout");
    } finally {
      vi.useRealTimers();
    }
  });

  it("has the time at which it came", async () => {
    const { now: _, ...rest } = checking(() => health("healthy"));
    const before = new Date().toISOString();
    const { checkedAt } = await runHealthCheck(rest);
    expect(checkedAt >= before && checkedAt <= new Date().toISOString()).toBe(true);
    expect(checkedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });
});

describe("checks beside each other", () => {
  it("PH-109: one that hangs costs its own time, and the others nothing", async () => {
    verifies("plugins:health-beside");
    const quick = (plugin: string) =>
      checking(
        async () => {
          await later(5);
          return health("healthy", plugin);
        },
        { plugin },
      );
    const reports = await runHealthChecks([
      quick("aaa"),
      quick("bbb"),
      checking(() => never, { plugin: "hangs" }),
      quick("ccc"),
      quick("ddd"),
    ]);
    expect(reports.map(({ pluginName, status, message }) => [pluginName, status, message])).toEqual(
      [
        ["aaa", "healthy", "aaa"],
        ["bbb", "healthy", "bbb"],
        ["hangs", "unhealthy", "health check timed out after 5.000s"],
        ["ccc", "healthy", "ccc"],
        ["ddd", "healthy", "ddd"],
      ],
    );
    expect(Object.isFrozen(reports)).toBe(true);
  });

  it("are all under way at once", async () => {
    let underWay = 0;
    let most = 0;
    const check = async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await later(10);
      underWay -= 1;
      return health("healthy");
    };
    await runHealthChecks(Array.from({ length: 20 }, () => checking(check)));
    expect(most).toBe(20);
    expect(await runHealthChecks([])).toEqual([]);
  });
});

describe("polling", () => {
  const stops: (() => void)[] = [];
  afterEach(() => {
    for (const stop of stops.splice(0)) stop();
  });

  const reportOf = (pluginName: string, status: HealthStatus): HealthReport => ({
    pluginName,
    pluginVersion: "1.0.0",
    status,
    message: "",
    checkedAt: now,
    errorSummary: null,
  });

  /** Polls the rounds one after the other, and the last one from then on. */
  function poll(
    rounds: readonly (readonly HealthReport[] | Error)[],
    onTell: () => unknown = () => {},
  ) {
    const told: string[] = [];
    let at = 0;
    const stop = pollHealth({
      intervalMs: 2,
      check: async () => {
        const round = rounds[Math.min(at, rounds.length - 1)] as readonly HealthReport[] | Error;
        at += 1;
        if (round instanceof Error) throw round;
        return round;
      },
      onChange: ({ pluginName, status }, before) => {
        told.push(`${pluginName}: ${before} -> ${status}`);
        return onTell();
      },
    });
    stops.push(stop);
    return { told, stop, rounds: () => at };
  }

  it("tells each change once", async () => {
    verifies("plugins:health-polling");
    const { told, rounds } = poll([
      [reportOf("aaa", "unknown"), reportOf("bbb", "healthy")],
      [reportOf("aaa", "unknown"), reportOf("bbb", "healthy")],
      [reportOf("aaa", "degraded"), reportOf("bbb", "unhealthy")],
      [reportOf("aaa", "degraded"), reportOf("bbb", "unhealthy")],
      [reportOf("aaa", "degraded"), reportOf("bbb", "healthy")],
    ]);
    await vi.waitUntil(() => rounds() > 7);
    expect(told).toEqual([
      "bbb: unknown -> healthy",
      "aaa: unknown -> degraded",
      "bbb: healthy -> unhealthy",
      "bbb: unhealthy -> healthy",
    ]);
  });

  it("goes on after a round that failed and a listener that throws", async () => {
    const { told } = poll(
      [new Error("round"), [reportOf("aaa", "healthy")], [reportOf("aaa", "degraded")]],
      () => {
        throw new Error("listener");
      },
    );
    await vi.waitUntil(() => told.length === 2);
    expect(told).toEqual(["aaa: unknown -> healthy", "aaa: healthy -> degraded"]);
  });

  it("goes on after a listener that rejects, and ends no process", async () => {
    verifies("plugins:health-polling");
    const rounds = [[reportOf("aaa", "healthy")], [reportOf("aaa", "degraded")]];
    const uncaught = await uncaughtDuring(async () => {
      const { told } = poll(rounds, async () => {
        throw new Error("slack is down");
      });
      await vi.waitUntil(() => told.length === 2);
    });
    expect(uncaught).toEqual([]);
  });

  it("never runs beside itself", async () => {
    let underWay = 0;
    let most = 0;
    let rounds = 0;
    stops.push(
      pollHealth({
        intervalMs: 1,
        check: async () => {
          underWay += 1;
          most = Math.max(most, underWay);
          await later(10);
          underWay -= 1;
          rounds += 1;
          return [];
        },
        onChange: () => {},
      }),
    );
    await vi.waitUntil(() => rounds > 3);
    expect(most).toBe(1);
  });

  it("waits an interval before the first round", async () => {
    const check = vi.fn(async () => []);
    stops.push(pollHealth({ intervalMs: 60_000, check, onChange: () => {} }));
    await later(10);
    expect(check).not.toHaveBeenCalled();
  });

  it("ends when it is stopped, also in the midst of a round", async () => {
    const told: string[] = [];
    let release = (_: readonly HealthReport[]) => {};
    const check = vi.fn(
      () =>
        new Promise<readonly HealthReport[]>((resolve) => {
          release = resolve;
        }),
    );
    const stop = pollHealth({
      intervalMs: 1,
      check,
      onChange: ({ status }) => void told.push(status),
    });
    await vi.waitUntil(() => check.mock.calls.length === 1);
    stop();
    release([reportOf("aaa", "unhealthy")]);
    await later(20);
    expect(told).toEqual([]);
    expect(check).toHaveBeenCalledTimes(1);
    stop();
  });

  it("holds no process", () => {
    const timers = () =>
      process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;
    const before = timers();
    stops.push(pollHealth({ intervalMs: 60_000, check: async () => [], onChange: () => {} }));
    expect(timers()).toBe(before);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, "60000"])(
    "has no interval of %o",
    (intervalMs) => {
      try {
        readHealthOptions({ poll: true, intervalMs });
      } catch (error) {
        return expect(isGlassineError(error) && error.code).toBe("options_invalid");
      }
      throw new Error("It is taken.");
    },
  );
});
