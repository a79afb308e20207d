/** Lines that answer a task, and lines that a CPEX plugin prints. The worker is simulated. */
import { describe, expect, it, vi } from "vitest";
import { cpexLink } from "../../../src/operate/isolate/cpex/worker-link.ts";
import { type LinkEvents, Supervisor } from "../../../src/operate/isolate/supervisor.ts";
import { afterTest } from "../../support/cleanup.ts";
import { excessOf } from "../../support/growth.ts";
import { verifies } from "../../support/verifies.ts";

const manifest = { name: "guard", version: "1.0.0", hooks: {}, hasHealthCheck: false };
const guest = {
  ...{ name: "guard", kind: "a.Guard", version: "1.0.0", hooks: [], capabilities: [] },
  ...{ config: { token: "t0psecret99" }, pluginDirs: [] },
};
const task = JSON.stringify({ hook: "tool_pre_invoke", payload: {}, context: { request_id: "r" } });

/** What a worker says about itself. */
const able = { protocol_version: 1, features: ["extensions", "modified_extensions"] };

/**
 * A worker that says these lines when it gets a turn with the id, before it answers. Without lines
 * it hangs.
 */
function saying(
  linesFor: (id: string) => readonly string[] | undefined,
  greeting: object = able,
  message = "no hook: 'glassine_start'",
) {
  const printed: string[] = [];
  const ends: string[] = [];
  let print: (line: string) => void = () => {};
  const answer = (request: Readonly<Record<string, unknown>>): readonly string[] => {
    const { request_id, task_type, payload } = request;
    const said = (fields: object) => JSON.stringify({ ...fields, request_id });
    if (task_type === "capabilities") return [said(greeting)];
    if (payload === null) return [said({ status: "error", message })];
    const lines = linesFor(String(request_id));
    return lines === undefined ? [] : [...lines, said({ continue_processing: true })];
  };
  const supervisor = new Supervisor({
    start: cpexLink({
      start: ({ onLine }: LinkEvents) => {
        print = onLine;
        return {
          send: (line) =>
            queueMicrotask(() => {
              for (const each of answer(JSON.parse(line))) onLine(each);
            }),
          kill() {},
        };
      },
      ...{ guest, manifest, onTurn: undefined, onOutput: (text) => printed.push(text) },
    }),
    load: { file: "/played.py", exportName: "default" },
    ...{ startTimeoutMs: 1_000, closeTimeoutMs: 1_000, maxTurns: 4 },
    onEnd: (why) => ends.push(why),
  });
  afterTest(() => supervisor.close());
  const ask = (signal = new AbortController().signal) =>
    supervisor.ask({ type: "turn", hook: "tool_pre_invoke" }, signal, task);
  /** Prints this many lines while no turn is open. */
  const printIdle = (count: number, line = "idle") => {
    for (let i = 0; i < count; i++) print(line);
  };
  return { supervisor, ask, printed, ends, printIdle };
}

const times = (count: number, line: string) => Array.from({ length: count }, () => line);

describe("a worker", () => {
  it.each<[string, object, string]>([
    [
      "a feature",
      { ...able, features: ["extensions"] },
      "The CPEX worker does not know modified_extensions.",
    ],
    [
      "this version of the protocol",
      { ...able, protocol_version: 2 },
      "The CPEX worker speaks version 2 of its protocol, and not 1.",
    ],
    [
      "every version of it",
      { features: able.features },
      "The CPEX worker does not state a protocol version; cpex 0.1.4 is the first version that does.",
    ],
  ])("that lacks %s is refused, and gets no turn", async (_, greeting, reason) => {
    verifies("cpex:start");
    const turns: string[] = [];
    const { ask } = saying((id) => {
      turns.push(id);
      return [];
    }, greeting);
    await expect(ask()).rejects.toThrow(reason);
    expect(turns).toEqual([]);
  });

  it("that cannot make the plugin is refused without values of the configuration", async () => {
    verifies("cpex:start");
    const faults = "no token t0psecret99 [type=url, input_value='t0p...t99', input_type=str]";
    const { ask } = saying(() => [], able, faults);
    await expect(ask()).rejects.toThrow(
      "CPEX cannot make the plugin a.Guard: no token [REDACTED] [type=url, input_type=str]",
    );
  });

  it("that cannot make the plugin is refused in time that grows with what it says", async () => {
    verifies("isolation:failure");
    const input = (count: number) => "input_value=".repeat(count);
    const run = async (faults: string) => {
      const { supervisor, ask } = saying(() => [], able, faults);
      await expect(ask()).rejects.toThrow("CPEX cannot make the plugin a.Guard");
      await supervisor.close();
    };
    expect(await excessOf({ input, run })).toBeUndefined();
  });

  it("that hangs takes no other turn with it: the next one gets those that waited", async () => {
    verifies("cpex:waiting");
    let turns = 0;
    const { supervisor, ask, ends } = saying(() => {
      turns += 1;
      return turns === 1 ? undefined : [];
    });
    const controller = new AbortController();
    const hung = ask(controller.signal);
    const waiting = [ask(), ask()];
    hung.catch(() => {});
    await expect.poll(() => turns).toBe(1);
    controller.abort();
    await expect(hung).rejects.toMatchObject({ code: "plugin_ended" });
    for (const each of waiting) expect(await each).toMatchObject({ type: "result" });
    expect(ends).toEqual(["did not answer in time"]);
    expect(supervisor.counts).toMatchObject({ starts: 2, open: 0 });
  });

  it("that ends twice makes those that waited fail, as during any pause", async () => {
    verifies("cpex:waiting", "isolation:restart");
    const { ask, ends } = saying(() => times(1_001, "hello"));
    const all = await Promise.allSettled([ask(), ask(), ask()]);
    expect(all.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    expect(all[2]).toMatchObject({ reason: { message: expect.stringMatching("starts again in") } });
    expect(ends).toHaveLength(2);
  });

  it("may print up to a thousand lines in each turn", async () => {
    verifies("cpex:turns");
    const { ask, printed, ends } = saying(() => times(1_000, "hello"));
    for (let i = 0; i < 3; i++) expect(await ask()).toMatchObject({ type: "result" });
    expect([printed.length, ends]).toEqual([3_000, []]);
  });

  it.each([
    ["more lines", times(1_001, "hello")],
    ["one that is very long", ["x".repeat(17_000_000)]],
  ])("that prints %s is ended", async (_, lines) => {
    verifies("cpex:turns", "isolation:failure");
    const { ask, ends } = saying(() => lines);
    await expect(ask()).rejects.toMatchObject({ code: "plugin_ended" });
    expect(ends).toEqual(["sent too much that nobody asked for"]);
  });

  it("may print a line a second for as long as it has no turn", async () => {
    verifies("cpex:turns");
    vi.useFakeTimers({ toFake: ["performance"] });
    afterTest(() => void vi.useRealTimers());
    const { ask, printed, ends, printIdle } = saying(() => times(1_000, "hello"));
    await ask();
    for (let second = 0; second < 3_000; second++) {
      vi.advanceTimersByTime(1_000);
      printIdle(1);
    }
    expect(await ask()).toMatchObject({ type: "result" });
    expect([printed.length, ends]).toEqual([5_000, []]);
  });

  it("that prints too much without a turn has the rest of that minute left out", async () => {
    verifies("cpex:turns");
    vi.useFakeTimers({ toFake: ["performance"] });
    afterTest(() => void vi.useRealTimers());
    const { supervisor, ask, printed, ends, printIdle } = saying(() => []);
    await ask();
    printIdle(5_000);
    expect(printed).toHaveLength(1_000);
    vi.advanceTimersByTime(60_000);
    printIdle(5_000);
    expect(printed).toHaveLength(2_000);
    expect(await ask()).toMatchObject({ type: "result" });
    expect([ends, supervisor.counts.starts]).toEqual([[], 1]);
  });

  it("that prints too much without a turn is not listened to for the rest of that minute", async () => {
    verifies("cpex:turns", "isolation:failure");
    const { ask, printIdle } = saying(() => []);
    await ask();
    const parse = vi.spyOn(JSON, "parse");
    afterTest(() => parse.mockRestore());
    printIdle(5_000, '"request_id"');
    expect(parse).toHaveBeenCalledTimes(1_000);
  });

  it("that answers nobody too often is ended", async () => {
    verifies("isolation:strays");
    const { supervisor, ask } = saying(() => times(1_001, '{"request_id":"unknown"}'));
    await expect(ask()).rejects.toMatchObject({ code: "plugin_ended" });
    expect(supervisor.counts.strays).toBe(1_000);
  });

  it.each([
    ["begins with text", 'INFO {"request_id":"r"}'],
    ["has it further inside", '{"message":"hi","context":{"request_id":"r"}}'],
    ["has it as a number", '{"request_id":7}'],
    ["is an array", '[{"request_id":"r"}]'],
    ["is long, and begins with text", `INFO {"request_id":"r"} ${"x".repeat(70_000)}`],
  ])("may print a line with an id of a request that %s", async (_, line) => {
    verifies("cpex:turns");
    const { supervisor, ask, printed } = saying(() => times(200, line));
    for (let i = 0; i < 6; i++) expect(await ask()).toMatchObject({ type: "result" });
    expect(printed).toEqual(times(1_200, `${line}\n`));
    expect(supervisor.counts).toMatchObject({ strays: 0, starts: 1 });
  });

  it.each([
    ["an answer", '{"status":"ok","request_id":"unknown"}', [], 1],
    [
      "what may be an answer, and is long",
      `{"a":"${"x".repeat(70_000)}","request_id":"unknown"}`,
      ["(70031 characters that may be an answer)\n"],
      0,
    ],
  ])("that prints %s does not have it shown", async (_, line, shown, strays) => {
    verifies("cpex:turns");
    const { supervisor, ask, printed } = saying(() => [line]);
    expect(await ask()).toMatchObject({ type: "result" });
    expect({ printed, strays: supervisor.counts.strays }).toEqual({ printed: shown, strays });
  });

  it("that answers with too many values fails its turn alone", async () => {
    verifies("isolation:size");
    const values = JSON.stringify(times(101_000, ""));
    const { ask } = saying((id) => [
      `{"continue_processing":true,"a":${values},"request_id":"${id}"}`,
    ]);
    expect(await ask()).toMatchObject({
      type: "error",
      text: expect.stringContaining("which is the most for this turn"),
    });
    expect(await ask()).toMatchObject({ type: "error" });
  });

  it("may print its task", async () => {
    const { ask, printed } = saying((id) => [`The task is ${id}`, `["${id}"]`]);
    expect(await ask()).toMatchObject({ type: "result" });
    expect(printed).toHaveLength(2);
  });
});
