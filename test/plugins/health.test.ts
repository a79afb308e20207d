import { createPluginManager, definePlugin, isGlassineError } from "glassine";
import { type HealthOptions, type HealthReport, type HealthStatus, health } from "glassine/audit";
import { describe, expect, it, vi } from "vitest";
import { uncaughtDuring } from "../audit/support.ts";
import { block } from "../support/block.ts";
import { verifies } from "../support/verifies.ts";

type Check = ((context: unknown) => unknown) | undefined;

const secret = "hunter-22";
const never = new Promise<never>(() => {});

/** Returns a manager with one plugin per check, named by its key. */
function managerOf(checks: Readonly<Record<string, Check>>, options: HealthOptions = {}) {
  const plugins = Object.entries(checks).map(([name, healthCheck]) =>
    definePlugin({ name, version: "1.2.3", healthCheck } as never),
  );
  const logger = {};
  return createPluginManager({ plugins, health: options, audit: { secrets: [secret] }, logger });
}

async function run(check: Check, options?: HealthOptions): Promise<HealthReport> {
  const [report] = await (await managerOf({ cache: check }, options)).checkHealth();
  return report as HealthReport;
}

const later = (delayMs: number) => new Promise<void>((resolve) => setTimeout(resolve, delayMs));

/** Returns the number of timers that keep this process alive. */
const timers = () =>
  process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;

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

type Row = readonly [string, Check, HealthStatus, string, string | null];

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
    "throws a string",
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
  returned("a string", "healthy", "string"),
  returned("a number", 1, "number"),
  returned("a bigint", 1n, "bigint"),
  returned("a symbol", Symbol("healthy"), "symbol"),
  returned("a function", () => health("healthy"), "function"),
  returned("an array", [health("healthy")], "array"),
  returned("a look-alike", { status: "healthy", message: "" }, "object"),
  returned("a copy", { ...health("healthy") }, "object"),
  returned("what inherits from an answer", Object.create(health("healthy")), "object"),
  returned("a proxy of an answer", new Proxy(health("healthy"), {}), "object"),
  returned("a status that is not a string", { status: 1 }, "object"),
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
      checkedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
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
  });

  it("hangs in endless thenables, and does not starve others", async () => {
    verifies("plugins:health-waits");
    // biome-ignore lint/suspicious/noThenProperty: What is tested.
    const endless = { then: (yes: (value: unknown) => void) => yes({ then: endless.then }) };
    expect(await run(() => endless, { timeoutMs: 20 })).toMatchObject({ errorSummary: "timeout" });
  });

  it("blocks after it yielded the thread", async () => {
    const blocks = async () => {
      await undefined;
      block(30);
      return health("healthy");
    };
    expect(await run(blocks, { timeoutMs: 5 })).toMatchObject({ errorSummary: "timeout" });
    expect(await run(blocks, { timeoutMs: 5_000 })).toMatchObject({ status: "healthy" });
  });

  it("takes too long without yielding the thread", async () => {
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

  it("throws a proxy, which is not touched", async () => {
    const traps = vi.fn();
    const proxy = new Proxy({}, { get: traps, getPrototypeOf: traps as never });
    const report = await run(() => {
      throw proxy;
    });
    expect(report).toMatchObject({
      status: "unhealthy",
      errorSummary: "Proxy: A proxy was thrown.",
    });
    expect(traps).not.toHaveBeenCalled();
  });

  it("receives its context, and nothing else", async () => {
    const calls: unknown[][] = [];
    const check = function (this: unknown, ...given: unknown[]) {
      calls.push([this, ...given]);
      return health("healthy");
    };
    await run(check);
    expect(calls).toEqual([[undefined, expect.objectContaining({ hook: "health_check" })]]);
  });
});

describe("what a check says", () => {
  const text = "cannot reach https://user:pw@host/ with hunter-22\nlevel=error";

  it.each<[string, Check]>([
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

  it("is short, and redacted before it is cut", async () => {
    verifies("plugins:health-text");
    const { message } = await run(() => health("degraded", `${"x".repeat(495)}hunter-22`));
    expect(message.length).toBeLessThanOrEqual(501);
    expect(message).not.toContain("hunt");
    const long = await run(() => health("degraded", "x".repeat(100_000)));
    expect(long.message).toBe(`${"x".repeat(500)}…`);
  });
});

describe("the end of a check", () => {
  it("is final: a late rejection is ignored", async () => {
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

  it("leaves no timer", async () => {
    const manager = await managerOf({ cache: () => never }, { timeoutMs: 20 });
    const before = timers();
    const pending = manager.checkHealth();
    expect(timers()).toBe(before + 1);
    await pending;
    expect(timers()).toBeLessThanOrEqual(before);
  });

  it("does not depend on patched timers", async () => {
    vi.useFakeTimers();
    try {
      expect((await run(() => never, { timeoutMs: 5 })).errorSummary).toBe("timeout");
    } finally {
      vi.useRealTimers();
    }
  });

  it("sets the time of the report", async () => {
    const before = new Date().toISOString();
    const { checkedAt } = await run(() => health("healthy"));
    expect(checkedAt >= before && checkedAt <= new Date().toISOString()).toBe(true);
  });
});

describe("checks run concurrently", () => {
  it("run all at once", async () => {
    verifies("plugins:health-beside");
    let underWay = 0;
    let most = 0;
    const check = async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await later(10);
      underWay -= 1;
      return health("healthy");
    };
    const checks = Object.fromEntries(
      Array.from({ length: 20 }, (_, at) => [`plugin-${at}`, check]),
    );
    const reports = await (await managerOf(checks)).checkHealth();
    expect(most).toBe(20);
    expect(Object.isFrozen(reports)).toBe(true);
    expect(await (await managerOf({})).checkHealth()).toEqual([]);
  });
});

describe("polling", () => {
  /** Polls a plugin that reports each status in turn, and then always the last one. */
  async function poll(
    rounds: readonly HealthStatus[],
    onTell: () => unknown = () => {},
    intervalMs = 2,
  ) {
    const changes: string[] = [];
    let at = 0;
    const check = () => {
      const status = rounds[Math.min(at, rounds.length - 1)] ?? "unknown";
      at += 1;
      return health(status);
    };
    const onChange = ({ pluginName, status }: HealthReport, before: HealthStatus) => {
      changes.push(`${pluginName}: ${before} -> ${status}`);
      return onTell();
    };
    const manager = await managerOf({ cache: check }, { poll: true, intervalMs, onChange });
    return { changes, close: () => manager.close(), rounds: () => at };
  }

  it("reports each change once", async () => {
    verifies("plugins:health-polling");
    const { changes, rounds, close } = await poll([
      "unknown",
      "healthy",
      "healthy",
      "unhealthy",
      "unhealthy",
      "healthy",
    ]);
    await vi.waitUntil(() => rounds() > 7);
    await close();
    expect(changes).toEqual([
      "cache: unknown -> healthy",
      "cache: healthy -> unhealthy",
      "cache: unhealthy -> healthy",
    ]);
  });

  it("continues after a listener that throws", async () => {
    const { changes, close } = await poll(["healthy", "degraded"], () => {
      throw new Error("listener");
    });
    await vi.waitUntil(() => changes.length === 2);
    await close();
    expect(changes).toEqual(["cache: unknown -> healthy", "cache: healthy -> degraded"]);
  });

  it("continues after a listener that rejects, without an unhandled rejection", async () => {
    verifies("plugins:health-polling");
    const uncaught = await uncaughtDuring(async () => {
      const { changes, close } = await poll(["healthy", "degraded"], async () => {
        throw new Error("slack is down");
      });
      await vi.waitUntil(() => changes.length === 2);
      await close();
    });
    expect(uncaught).toEqual([]);
  });

  it("never runs a check twice at a time", async () => {
    let underWay = 0;
    let most = 0;
    let rounds = 0;
    const check = async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await later(10);
      underWay -= 1;
      rounds += 1;
      return health("healthy");
    };
    const manager = await managerOf({ cache: check }, { poll: true, intervalMs: 1 });
    await vi.waitUntil(() => rounds > 3);
    await manager.close();
    expect(most).toBe(1);
  });

  it("waits an interval before the first round, and keeps no process alive", async () => {
    const before = timers();
    const { rounds, close } = await poll(["healthy"], undefined, 60_000);
    expect(timers()).toBeLessThanOrEqual(before);
    await later(10);
    expect(rounds()).toBe(0);
    await close();
  });

  it("ends with the manager, even during a round", async () => {
    verifies("plugins:health-polling");
    const changes: string[] = [];
    let release = () => {};
    const check = vi.fn(
      () =>
        new Promise((resolve) => {
          release = () => resolve(health("unhealthy"));
        }),
    );
    const onChange = ({ status }: HealthReport) => void changes.push(status);
    const manager = await managerOf({ cache: check }, { poll: true, intervalMs: 1, onChange });
    await vi.waitUntil(() => check.mock.calls.length === 1);
    await manager.close();
    release();
    await later(20);
    expect(changes).toEqual([]);
    expect(check).toHaveBeenCalledTimes(1);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, "60000"])(
    "refuses an interval of %o",
    async (intervalMs) => {
      const options = { poll: true, intervalMs } as HealthOptions;
      await expect(managerOf({}, options)).rejects.toMatchObject({ code: "options_invalid" });
    },
  );
});
