/** How a supervisor handles far sides that misbehave. They are simulated here, line by line. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { attempt } from "../../../src/core/data/index.ts";
import { protocolVersion } from "../../../src/operate/isolate/protocol.ts";
import {
  type LinkEvents,
  Supervisor,
  type SupervisorOptions,
} from "../../../src/operate/isolate/supervisor.ts";
import { afterTest } from "../../support/cleanup.ts";
import { verifies } from "../../support/verifies.ts";

const manifest = { name: "played", version: "1.0.0", hooks: {}, hasHealthCheck: false };
const ready = JSON.stringify({ type: "ready", protocol: protocolVersion, manifest });

const deep = "[".repeat(200_000) + "]".repeat(200_000);

interface Heard {
  readonly type: string;
  readonly id: string;
}

/** How a far side responds to a message, once it has said that it is ready. */
type Part = (heard: Heard, events: LinkEvents) => void;

const result = ({ id }: Heard) => `{"type":"result","id":"${id}"}\t{}`;
const long = ({ id }: Heard) => `{"type":"result","id":"${id}","more":"${"x".repeat(65_536)}"}\t1`;
const late = '{"type":"failed","step":"import","message":"No."}';
function onLines(onLine: LinkEvents["onLine"], lines: readonly string[]): void {
  for (const line of lines) onLine(line);
}

const honest: Part = (heard, { onLine }) => {
  if (heard.type === "turn") queueMicrotask(() => onLine(result(heard)));
};

/** A supervisor whose far side plays the next part on each start, and the last one from then on. */
function playing(
  parts: readonly Part[],
  options: Partial<SupervisorOptions> = {},
  greeting = ready,
) {
  const kills: number[] = [];
  let starts = 0;
  const supervisor = new Supervisor({
    start: (events) => {
      const number = starts;
      starts += 1;
      const part = parts[Math.min(number, parts.length - 1)] ?? honest;
      return {
        send(line) {
          const heard = JSON.parse(line.split("\t", 1)[0] ?? "") as Heard;
          if (heard.type === "load") queueMicrotask(() => events.onLine(greeting));
          else part(heard, events);
        },
        kill: () => kills.push(number),
      };
    },
    load: { file: "/played.mjs", exportName: "default" },
    startTimeoutMs: 1_000,
    closeTimeoutMs: 1_000,
    maxTurns: 4,
    spare: false,
    ...options,
  });
  afterTest(() => supervisor.close());
  const ask = (signal = new AbortController().signal) =>
    supervisor.ask({ type: "turn", hook: "message_pre_invoke" }, signal, "{}");
  return { supervisor, ask, kills };
}

const ended = (message: string) => ({
  code: "plugin_ended",
  message: expect.stringMatching(message),
});

describe("its answers", () => {
  it("are matched to their turns, in any order", async () => {
    const held: [Heard, LinkEvents][] = [];
    const { ask } = playing([
      (heard, events) => {
        held.push([heard, events]);
        if (held.length < 3) return;
        for (const [each, { onLine }] of held.reverse())
          onLine(`{"type":"result","id":"${each.id}"}\t"${each.id}"`);
      },
    ]);
    const replies = await Promise.all([ask(), ask(), ask()]);
    for (const { id, text } of replies) expect(JSON.parse(text)).toBe(id);
  });

  it.each<[string, Part]>([
    ["twice", (heard, { onLine }) => onLines(onLine, [result(heard), result(heard)])],
    ["after garbage", (heard, { onLine }) => onLines(onLine, ["garbage", result(heard)])],
    ["after what says nothing", (heard, { onLine }) => onLines(onLine, ["{}", result(heard)])],
    [
      "after the answer to a turn that is made up",
      (heard, { onLine }) => onLines(onLine, [result({ ...heard, id: "made up" }), result(heard)]),
    ],
    ["after another greeting", (heard, { onLine }) => onLines(onLine, [ready, result(heard)])],
    ["after a late failure to load", (heard, { onLine }) => onLines(onLine, [late, result(heard)])],
    [
      "after a document that is too long to be parsed",
      (heard, { onLine }) => onLines(onLine, [long(heard), result(heard)]),
    ],
  ])("that come %s count once, and the rest is dropped and counted", async (_, part) => {
    verifies("isolation:strays");
    const { supervisor, ask } = playing([part]);
    for (let i = 0; i < 3; i++) expect(await ask()).toMatchObject({ text: "{}" });
    expect(supervisor.counts).toMatchObject({ starts: 1, strays: 3, open: 0 });
  });

  it("that are too many end it", async () => {
    verifies("isolation:strays");
    const { supervisor, ask, kills } = playing([
      (_, { onLine }) => {
        for (let i = 0; i < 2_000; i++) onLine("garbage");
      },
      honest,
    ]);
    await expect(ask()).rejects.toMatchObject(ended("nobody asked for"));
    expect([kills, supervisor.counts.strays]).toEqual([[0], 1_001]);
    await ask();
  });
});

it.each<[string, (events: LinkEvents) => void]>([
  ["one long line", ({ onLine }) => onLine("x".repeat(17_000_000))],
  [
    "greetings",
    ({ onLine }) =>
      onLines(
        onLine,
        Array.from({ length: 1_001 }, () => ready),
      ),
  ],
])("%s that nobody asked for can be too much", async (_, say) => {
  verifies("isolation:strays", "isolation:failure");
  const { ask, kills } = playing([(_heard, events) => say(events), honest]);
  await expect(ask()).rejects.toMatchObject(ended("nobody asked for"));
  expect(kills).toEqual([0]);
  await ask();
});

it("may have a long manifest", async () => {
  const described = { ...manifest, hooks: { ["h".repeat(100_000)]: { extensions: true } } };
  const { supervisor } = playing(
    [honest],
    {},
    JSON.stringify({ ...JSON.parse(ready), manifest: described }),
  );
  expect(await supervisor.start()).toMatchObject({ manifest: described });
});

describe("its end", () => {
  it("fails all its open turns, and no later one", async () => {
    verifies("isolation:failure", "isolation:restart");
    let turns = 0;
    const { ask } = playing([
      (_, { onEnd }) => {
        turns += 1;
        if (turns === 3) onEnd("ended with code 1");
      },
      honest,
    ]);
    const open = await Promise.allSettled([ask(), ask(), ask()]);
    expect(open).toEqual(
      open.map(() => ({ status: "rejected", reason: expect.objectContaining(ended("code 1")) })),
    );
    await ask();
  });

  it("is followed by a pause from the second time on, and longer each time", async () => {
    verifies("isolation:restart");
    const dying: Part = (_, { onEnd }) => onEnd("ended with code 1");
    const { supervisor, ask } = playing([dying]);
    // On a busy machine, the real pause could be over before the next turn.
    vi.useFakeTimers({ toFake: ["performance"] });
    afterTest(() => void vi.useRealTimers());
    await expect(ask()).rejects.toMatchObject(ended("code 1"));
    await expect(ask()).rejects.toMatchObject(ended("code 1"));
    await expect(ask()).rejects.toMatchObject(ended("ended 2 times, and starts again in 100 ms"));
    expect(supervisor.counts.starts).toBe(2);
    vi.advanceTimersByTime(100);
    await expect(ask()).rejects.toMatchObject(ended("code 1"));
    vi.advanceTimersByTime(100);
    await expect(ask()).rejects.toMatchObject(ended("ended 3 times, and starts again in 100 ms"));
  });

  it("is followed by a pause if it never became ready, however long that took", async () => {
    verifies("isolation:restart");
    const { ask } = playing([honest], { startTimeoutMs: 20 }, "");
    vi.useFakeTimers({ toFake: ["performance"] });
    afterTest(() => void vi.useRealTimers());
    for (let i = 0; i < 2; i++) {
      const asked = ask();
      vi.advanceTimersByTime(10_001);
      await expect(asked).rejects.toMatchObject(ended("was not ready after 20 ms"));
    }
    await expect(ask()).rejects.toMatchObject(ended("ended 2 times, and starts again in 100 ms"));
  });

  it("is followed by that pause and no longer one, even if the clock is set back", async () => {
    verifies("isolation:restart");
    const dying: Part = (_, { onEnd }) => onEnd("ended with code 1");
    const { ask } = playing([dying, dying, honest]);
    vi.useFakeTimers({ toFake: ["Date"] });
    afterTest(() => void vi.useRealTimers());
    for (let i = 0; i < 2; i++) await expect(ask()).rejects.toMatchObject(ended("code 1"));
    vi.setSystemTime(Date.now() - 3_600_000);
    await sleep(120);
    await ask();
  });

  it("is bridged by a spare, which is ready before", async () => {
    verifies("isolation:spare");
    const { supervisor, ask } = playing([(_, { onEnd }) => onEnd("ended with code 1"), honest], {
      spare: true,
    });
    await supervisor.start();
    await expect.poll(() => supervisor.counts.starts).toBe(2);
    await expect(ask()).rejects.toMatchObject(ended("code 1"));
    await ask();
    await expect.poll(() => supervisor.counts.starts).toBe(3);
  });

  it("ends a spare that does not become ready in time", async () => {
    verifies("isolation:spare");
    const ends = vi.fn();
    const hung: number[] = [];
    let starts = 0;
    const { supervisor, ask } = playing([honest], {
      spare: true,
      startTimeoutMs: 40,
      onEnd: ends,
      start: ({ onLine }) => {
        const number = starts;
        starts += 1;
        return {
          send(line) {
            const heard = JSON.parse(line.split("\t", 1)[0] ?? "") as Heard;
            if (number === 0) onLine(heard.type === "load" ? ready : result(heard));
          },
          kill: () => hung.push(number),
        };
      },
    });
    await ask();
    await expect.poll(() => hung).toEqual([1]);
    await ask();
    expect([supervisor.counts.starts, ends.mock.calls]).toEqual([2, []]);
  });

  it("says why one ended that was ready, and nothing of its close", async () => {
    verifies("isolation:output");
    const ends: string[] = [];
    const dying: Part = (_, { onEnd }) => onEnd("ended with code 1");
    const { supervisor, ask } = playing([dying, honest], { onEnd: (why) => ends.push(why) });
    await expect(ask()).rejects.toMatchObject({ code: "plugin_ended" });
    await ask();
    await supervisor.close();
    expect(ends).toEqual(["ended with code 1"]);
  });

  it("comes at the deadline, if it does not even answer an abort", async () => {
    verifies("isolation:deadline");
    const { ask, kills } = playing([() => {}, honest]);
    const controller = new AbortController();
    const asked = ask(controller.signal);
    await sleep(5);
    controller.abort();
    await expect(asked).rejects.toMatchObject(ended("did not answer in time"));
    expect(kills).toEqual([0]);
  });

  it("is waited for by the next turn, which goes to one that is started anew", async () => {
    verifies("isolation:deadline");
    const { supervisor, ask, kills } = playing([() => {}, honest]);
    const controller = new AbortController();
    const asked = ask(controller.signal);
    asked.catch(() => {});
    await sleep(5);
    controller.abort();
    await ask();
    expect([kills, supervisor.counts.starts]).toEqual([[0], 2]);
  });

  it("does not come where it answers an abort", async () => {
    verifies("isolation:deadline");
    let asked: Heard | undefined;
    const { ask, kills } = playing([
      (heard, { onLine }) => {
        if (heard.type === "turn" && asked === undefined) asked = heard;
        else onLine(`{"type":"error","id":"${heard.id}"}\t{}`);
      },
    ]);
    const controller = new AbortController();
    const reply = ask(controller.signal);
    await sleep(5);
    controller.abort();
    expect(await reply).toMatchObject({ type: "error" });
    await sleep(50);
    await ask();
    expect(kills).toEqual([]);
  });
});

/** Since Node 25, the engine can write it, and the manifest is refused by its schema. */
const unwritable: [string, string, string, string][] =
  attempt(() => JSON.stringify(JSON.parse(deep))) === undefined
    ? [
        [
          "has a manifest that nobody can write again",
          ready.replace('"name"', `"description":${deep},"name"`),
          "plugin_ended",
          "nested too deep",
        ],
      ]
    : [];

describe("a start", () => {
  it.each<[string, string, string, string]>([
    [
      "speaks another version",
      JSON.stringify({ type: "ready", protocol: 99, manifest }),
      "plugin_ended",
      "speaks version 99",
    ],
    [
      "says that it failed",
      '{"type":"failed","step":"factory","message":"no such export"}',
      "plugin_isolation_failed",
      "no such export",
    ],
    [
      "says that it failed on several lines, with escapes of terminals",
      '{"type":"failed","step":"import","message":"no\\u001b[2J\\r\\nAll is fine\\u202e."}',
      "plugin_isolation_failed",
      "no [2J All is fine .",
    ],
    [
      "says nothing",
      "",
      "plugin_ended",
      'was not ready after 50 ms: "default" of "/played.mjs" takes longer to load than startTimeoutMs allows.',
    ],
    ["says garbage", "garbage", "plugin_ended", "was not ready after 50 ms"],
    [
      "has a manifest without a name",
      JSON.stringify({ type: "ready", protocol: 1, manifest: { version: "1.0.0" } }),
      "plugin_ended",
      "was not ready",
    ],
    ...unwritable,
  ])("that %s is refused, with the reason", async (_, greeting, code, message) => {
    verifies("isolation:start");
    const { supervisor, kills } = playing([honest], { startTimeoutMs: 50 }, greeting);
    await expect(supervisor.start()).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
    expect(kills).toEqual([0]);
  });

  it("with another manifest than at first is refused, and ended", async () => {
    verifies("isolation:same-manifest");
    let starts = 0;
    const kills: number[] = [];
    const supervisor = new Supervisor({
      start: ({ onLine, onEnd }) => {
        const number = starts;
        starts += 1;
        return {
          send(line) {
            const heard = JSON.parse(line.split("\t", 1)[0] ?? "") as Heard;
            const changed = { ...manifest, version: `1.0.${number}` };
            if (heard.type === "load")
              queueMicrotask(() =>
                onLine(JSON.stringify({ ...JSON.parse(ready), manifest: changed })),
              );
            else onEnd("ended with code 1");
          },
          kill: () => kills.push(number),
        };
      },
      load: { file: "/played.mjs", exportName: "default" },
      startTimeoutMs: 1_000,
      closeTimeoutMs: 1_000,
      maxTurns: 4,
      spare: false,
    });
    const ask = () => supervisor.ask({ type: "health" }, new AbortController().signal);
    await expect(ask()).rejects.toMatchObject(ended("code 1"));
    await expect(ask()).rejects.toMatchObject(ended("another manifest"));
    expect(kills).toEqual([0, 1]);
  });
});

it.each([false, true])(
  "one that throws where it is started has ended (spare: %s)",
  async (spare) => {
    verifies("isolation:failure", "isolation:spare");
    let starts = 0;
    const { supervisor, ask } = playing([honest], {
      spare,
      start({ onLine }) {
        starts += 1;
        // Only the first, or with a spare only the second, can be started.
        if (starts === (spare ? 2 : 1)) throw Object.assign(new Error("no"), { code: "ENOMEM" });
        return {
          send(line) {
            const heard = JSON.parse(line.split("\t", 1)[0] ?? "") as Heard;
            queueMicrotask(() => onLine(heard.type === "load" ? ready : result(heard)));
          },
          kill() {},
        };
      },
    });
    if (!spare) await expect(ask()).rejects.toMatchObject(ended("cannot be started: ENOMEM"));
    await ask();
    await expect.poll(() => supervisor.counts.starts).toBe(2);
    await ask();
  },
);

describe("its limits", () => {
  it("refuse a turn at once where too many are open", async () => {
    verifies("isolation:queue");
    const { supervisor, ask } = playing([() => {}]);
    await supervisor.start();
    const open = [ask(), ask(), ask(), ask()];
    await sleep(5);
    await expect(ask()).rejects.toMatchObject({ code: "plugin_busy" });
    expect(supervisor.counts.open).toBe(4);
    await supervisor.close();
    await Promise.allSettled(open);
  });

  it("do not hold for turns that are over before it has started", async () => {
    verifies("isolation:queue", "isolation:close");
    const { supervisor, ask } = playing([honest], {}, "");
    const controller = new AbortController();
    const over = Array.from({ length: 4 }, () => ask(controller.signal));
    controller.abort();
    for (const each of over) await expect(each).rejects.toMatchObject(ended("was not asked"));
    expect(supervisor.counts).toMatchObject({ starts: 1, open: 0 });
    await expect(ask(controller.signal)).rejects.toMatchObject(ended("was not asked"));
  });

  it("are for turns: a health check neither takes a place nor needs one", async () => {
    verifies("isolation:queue", "isolation:health");
    const held: (() => void)[] = [];
    const { supervisor, ask } = playing(
      [
        (heard, { onLine }) => {
          const { type, id } = heard;
          const health = `{"type":"health","id":"${id}","status":"healthy","message":""}`;
          held.push(() => onLine(type === "health" ? health : result(heard)));
        },
      ],
      { maxTurns: 1 },
    );
    const check = () => supervisor.ask({ type: "health" }, new AbortController().signal);
    const all = [check(), ask(), check()];
    await expect.poll(() => held.length).toBe(3);
    expect(supervisor.counts.open).toBe(1);
    await expect(ask()).rejects.toMatchObject({ code: "plugin_busy" });
    for (const answer of held) answer();
    expect((await Promise.all(all)).map(({ type }) => type)).toEqual([
      "health",
      "result",
      "health",
    ]);
  });

  it("hold for turns that wait for its start, too", async () => {
    verifies("isolation:queue");
    const { ask } = playing([honest]);
    const all = await Promise.allSettled(Array.from({ length: 6 }, () => ask()));
    const busy = all.filter((each) => each.status === "rejected");
    expect(busy.map(({ reason }) => reason.code)).toEqual(["plugin_busy", "plugin_busy"]);
  });
});

describe("closing it", () => {
  it("waits for open turns, and refuses later ones", async () => {
    verifies("isolation:close");
    const { supervisor, ask, kills } = playing([
      (heard, { onLine }) => setTimeout(() => onLine(result(heard)), 30),
    ]);
    const open = ask();
    await sleep(5);
    const closed = supervisor.close();
    await expect(ask()).rejects.toMatchObject(ended("is closed"));
    await open;
    await closed;
    expect(kills).toEqual([0]);
  });

  it("does not wait for ever", async () => {
    verifies("isolation:close");
    const { supervisor, ask, kills } = playing([() => {}], { closeTimeoutMs: 30 });
    const open = ask();
    open.catch(() => {});
    await sleep(5);
    await supervisor.close();
    await expect(open).rejects.toMatchObject(ended("is closed"));
    expect(kills).toEqual([0]);
  });

  it("starts none for a turn that waits for the answer to an abort", async () => {
    verifies("isolation:close");
    const { supervisor, ask, kills } = playing([() => {}], { closeTimeoutMs: 20 });
    await supervisor.start();
    const controller = new AbortController();
    const aborted = ask(controller.signal);
    aborted.catch(() => {});
    await sleep(5);
    controller.abort();
    const waiting = ask();
    waiting.catch(() => {});
    await supervisor.close();
    await expect(aborted).rejects.toMatchObject(ended("is closed"));
    await expect(waiting).rejects.toMatchObject(ended("is closed"));
    expect([kills, supervisor.counts.starts]).toEqual([[0], 1]);
  });

  it("lets none start later", async () => {
    verifies("isolation:close");
    const { supervisor } = playing([honest]);
    await supervisor.close();
    await expect(supervisor.start()).rejects.toMatchObject(ended("is closed"));
    expect(supervisor.counts.starts).toBe(0);
  });

  it("ends one that is being started", async () => {
    verifies("isolation:close");
    const { supervisor, kills } = playing([honest], {}, "");
    const start = supervisor.start();
    start.catch(() => {});
    await sleep(5);
    await supervisor.close();
    await expect(start).rejects.toMatchObject(ended("is closed"));
    expect(kills).toEqual([0]);
  });

  it("ends its spare, too", async () => {
    verifies("isolation:close", "isolation:spare");
    const { supervisor, kills } = playing([honest], { spare: true });
    await supervisor.start();
    await expect.poll(() => supervisor.counts.starts).toBe(2);
    await supervisor.close();
    expect([...kills].sort()).toEqual([0, 1]);
  });

  it("starts no spare later", async () => {
    verifies("isolation:close", "isolation:spare");
    const { supervisor, kills } = playing([honest], { spare: true });
    await supervisor.start();
    await supervisor.close();
    await sleep(5);
    expect([kills, supervisor.counts.starts]).toEqual([[0], 1]);
  });
});
