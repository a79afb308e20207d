// A process of its own: deadlines keep the timers that they find when they load.
/** Commands whose work takes long: a line that says how far it has come, and a limit for `--host`. */
import { describe, expect, it, vi } from "vitest";
import { install, newRoot, unsigned } from "../discovery/support.ts";
import { folderWith } from "../support/folder.ts";
import { verifies } from "../support/verifies.ts";
import { report } from "./support/facts.ts";
import { commandServices, run } from "./support/run.ts";

vi.hoisted(() => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));

type Discover = typeof commandServices.discover;
type Show = Parameters<Discover>[0]["progress"];

/** What a command writes to a terminal while its service works, after each time in milliseconds. */
async function shown(
  work: (show: Show, pass: (ms: number) => void) => void,
  { stderr = true, env = {} } = {},
): Promise<string> {
  const discover: Discover = ({ progress }) => {
    work(progress, (ms) => void vi.advanceTimersByTime(ms));
    return Promise.resolve(report());
  };
  const options = { services: { discover }, isTTY: { stderr }, env };
  const ended = await run(["plugins", "list"], options);
  expect(ended.code).toBe(0);
  return ended.stderr;
}

const erased = "\r\u001b[2K";
const step = (done: number, name?: string) => ({ what: "hashing", done, total: 9, name }) as const;

describe("progress", () => {
  it("is not shown for quick work, nor after the end", async () => {
    verifies("cli:progress");
    let late: Show = () => {};
    const text = await shown((show, pass) => {
      late = show;
      show(step(0));
      pass(399);
      show(step(1));
    });
    late(step(2));
    expect([text, vi.getTimerCount()]).toEqual(["", 0]);
  });

  it("is one line that is overwritten and then erased", async () => {
    verifies("cli:progress");
    const text = await shown((show, pass) => {
      pass(400);
      for (const [done, ms] of [50, 49, 1, 200, 0].entries()) {
        show(step(done, "@acme/plugin"));
        pass(ms);
      }
    });
    const lines = [0, 2, 3, 4].map((done) => `${erased}hashing ${done}/9 @acme/plugin`);
    expect(text).toBe(`${lines.join("")}${erased}`);
  });

  it("stays on its line, whatever a package is called", async () => {
    const text = await shown((show, pass) => {
      pass(400);
      show(step(1, `a\n\u001b[2J${"b".repeat(200)}`));
    });
    const [, line = ""] = text.split(erased);
    expect(line).toMatch(/^hashing 1\/9 a\\u\{a\}\\u\{1b\}\[2Jbbb/);
    expect(line.length).toBeLessThan(85);
  });

  it("is not shown without a terminal that can erase it", async () => {
    verifies("cli:progress");
    const work = (show: Show, pass: (ms: number) => void) => {
      pass(1_000);
      show(step(1));
    };
    expect(await shown(work, { stderr: false })).toBe("");
    expect(await shown(work, { env: { TERM: "dumb" } })).toBe("");
  });

  it("is shown for a single long step", async () => {
    verifies("cli:progress");
    const text = await shown((show, pass) => {
      show({ what: "hashing", done: 0, total: 1, name: "large" });
      pass(400);
      show({ what: "loading", done: 0, total: 2, name: "a" });
      show({ what: "loading", done: 1, total: 2, name: "b" });
      pass(100);
      show({ what: "loading", done: 2, total: 2 });
    });
    expect(text).toBe(`${erased}hashing 0/1 large${erased}loading 1/2 b${erased}`);
  });

  it("names each package that is hashed, and each plugin that is loaded", async () => {
    verifies("cli:progress");
    const cwd = await newRoot();
    for (const name of ["aaa", "@acme/bbb"]) await install(cwd, name);
    const steps: unknown[] = [];
    const discover: Discover = (request) =>
      commandServices.discover({ ...request, progress: (each) => steps.push(each) });
    await run(["plugins", "list"], { services: { discover }, cwd, env: unsigned });
    expect(steps.slice(1)).toEqual([
      { what: "hashing", done: 0, total: 2, name: "@acme/bbb" },
      { what: "hashing", done: 0, total: 2, name: "aaa" },
      { what: "loading", done: 0, total: 2, name: "aaa" },
      { what: "loading", done: 1, total: 2, name: "bbb" },
    ]);
  });
});

it("the module of --host has 30 seconds to load", async () => {
  verifies("cli:host-module");
  const text = "globalThis.testBegun(); await new Promise(() => {});";
  const cwd = await folderWith({ "waits.mjs": text });
  const begun = new Promise<void>((resolve) => {
    Object.assign(globalThis, { testBegun: resolve });
  });
  const ended = vi.fn();
  const running = run(["plugins", "list", "--host", "waits.mjs"], { cwd });
  void running.then(ended);
  await begun;
  await vi.advanceTimersByTimeAsync(29_999);
  expect(ended).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  const { code, stderr } = await running;
  expect([code, stderr]).toEqual([
    2,
    expect.stringContaining(
      "--host: cannot use the module 'waits.mjs': it takes longer than 30 seconds to load",
    ),
  ]);
});
