/** The line that says how far long work has come. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { progressLine } from "../../../src/operate/cli/progress.ts";
import {
  loadStage,
  readDiscoverOptions,
  staticStage,
} from "../../../src/operate/discovery/index.ts";
import { report } from "../../cli/support/facts.ts";
import { commandServices, run } from "../../cli/support/run.ts";
import { install, newRoot, unsigned } from "../../discovery/support.ts";
import { verifies } from "../../support/verifies.ts";

function shown(isTerminal = true, env = {}) {
  const written: string[] = [];
  let time = 0;
  const line = progressLine({
    isTerminal,
    env,
    write: (text) => written.push(text),
    now: () => time,
  });
  const at = (ms: number, name?: string) => {
    time = ms;
    line.show({ what: "hashing", done: ms, total: 2000, name });
  };
  return { at, end: line.end, written };
}

/** A progress line on the clock that the timers use. */
function onClock() {
  const written: string[] = [];
  const write = (text: string) => written.push(text);
  return { written, line: progressLine({ isTerminal: true, env: {}, write, now: Date.now }) };
}

afterEach(() => void vi.useRealTimers());

describe("progress", () => {
  it("is not shown for quick work", () => {
    verifies("cli:progress");
    const { at, end, written } = shown();
    at(0);
    at(399);
    end();
    expect(written).toEqual([]);
  });

  it("is one line that is overwritten and then erased", () => {
    verifies("cli:progress");
    const { at, end, written } = shown();
    for (const ms of [400, 450, 499, 500, 700]) at(ms, "@acme/plugin");
    end();
    at(900);
    end();
    expect(written).toEqual([
      "\r\u001b[2Khashing 400/2000 @acme/plugin",
      "\r\u001b[2Khashing 500/2000 @acme/plugin",
      "\r\u001b[2Khashing 700/2000 @acme/plugin",
      "\r\u001b[2K",
    ]);
  });

  it("stays on its line, whatever a package is called", () => {
    const { at, written } = shown();
    at(400, `a\n\u001b[2J${"b".repeat(200)}`);
    const words = (written[0] ?? "").replace("\r\u001b[2K", "");
    expect(words.startsWith("hashing 400/2000 a\\u{a}\\u{1b}[2Jbbb")).toBe(true);
    expect(written[0]?.length).toBeLessThan(90);
  });

  it("is not shown without a terminal that can erase it", () => {
    verifies("cli:progress");
    for (const { at, end, written } of [shown(false), shown(true, { TERM: "dumb" })]) {
      at(1000);
      end();
      expect(written).toEqual([]);
    }
  });

  it("is shown for a single long step", () => {
    verifies("cli:progress");
    vi.useFakeTimers();
    const { line, written } = onClock();
    line.show({ what: "hashing", done: 0, total: 1, name: "large" });
    vi.advanceTimersByTime(399);
    expect(written).toEqual([]);
    vi.advanceTimersByTime(1);
    const first = "\r\u001b[2Khashing 0/1 large";
    expect(written).toEqual([first]);
    line.show({ what: "loading", done: 0, total: 2, name: "a" });
    line.show({ what: "loading", done: 1, total: 2, name: "b" });
    vi.advanceTimersByTime(100);
    expect(written).toEqual([first, "\r\u001b[2Kloading 1/2 b"]);
    line.show({ what: "loading", done: 2, total: 2 });
    line.end();
    vi.advanceTimersByTime(1000);
    expect(written.slice(2)).toEqual(["\r\u001b[2K"]);
  });

  it("names each package that is hashed, and each plugin that is loaded", async () => {
    verifies("cli:progress");
    const root = await newRoot();
    for (const name of ["aaa", "@acme/bbb"]) await install(root, name);
    const steps: unknown[] = [];
    const options = await readDiscoverOptions({ root, env: unsigned });
    const report = await staticStage(options, (step) => steps.push(step));
    expect(steps).toEqual([
      { done: 0, total: 2, name: "@acme/bbb" },
      { done: 0, total: 2, name: "aaa" },
    ]);
    await loadStage(options, report, (step) => steps.push(step));
    expect(steps.slice(2)).toEqual([
      { done: 0, total: 2, name: "aaa" },
      { done: 1, total: 2, name: "bbb" },
    ]);
  });

  it("covers both stages of a command", async () => {
    verifies("cli:progress");
    const cwd = await newRoot();
    await install(cwd, "aaa");
    const steps: unknown[] = [];
    const discover: typeof commandServices.discover = (request) =>
      commandServices.discover({ ...request, progress: (step) => steps.push(step) });
    await run(["plugins", "list"], { services: { discover }, cwd, env: unsigned });
    expect(steps.slice(1)).toEqual([
      { what: "hashing", done: 0, total: 1, name: "aaa" },
      { what: "loading", done: 0, total: 1, name: "aaa" },
    ]);
  });

  it("is passed by a command to its services", async () => {
    verifies("cli:progress");
    const discover = ({ progress }: { progress: (step: never) => void }) => {
      progress({ what: "hashing", done: 1 } as never);
      return Promise.resolve(report());
    };
    const ended = await run(["plugins", "list"], {
      services: { discover },
      isTTY: { stderr: true },
    });
    expect([ended.code, ended.stderr]).toEqual([0, ""]);
  });
});
