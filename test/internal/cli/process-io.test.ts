// A process of its own: it replaces a module.
/** What a command needs from its process: an output and an exit that plugins cannot use. */
import { writeSync } from "node:fs";
import process from "node:process";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  hearFailures,
  keepExit,
  keepStdout,
  runToEnd,
} from "../../../src/operate/cli/process-io.ts";

vi.mock("node:fs", async (original) => ({ ...(await original<object>()), writeSync: vi.fn() }));

afterEach(() => {
  vi.restoreAllMocks();
});

describe("standard output", () => {
  it("is closed to plugins", () => {
    const real = process.stdout.write;
    const toStdout = vi.fn(() => true);
    const toStderr = vi.spyOn(process.stderr, "write").mockImplementation(() => true);
    process.stdout.write = toStdout as never;
    try {
      const kept = keepStdout();
      process.stdout.write("of a plugin");
      expect([toStdout.mock.calls, toStderr.mock.calls]).toEqual([[], [["of a plugin"]]]);
      const done = () => {};
      kept.write("the result", done);
      expect(toStdout).toHaveBeenCalledWith("the result", done);
    } finally {
      process.stdout.write = real;
    }
  });
});

describe("a failure outside the command", () => {
  it("is reported on one line and does not end the process", () => {
    const known = { ...listeners() };
    hearFailures();
    const added = (event: keyof typeof known) =>
      process.listeners(event as never).filter((each) => !known[event].includes(each as never));
    const toStderr = vi.spyOn(process.stderr, "write").mockImplementation(() => true);
    for (const event of ["uncaughtException", "unhandledRejection"] as const) {
      const [tell] = added(event) as unknown as readonly ((thrown: unknown) => void)[];
      tell?.(new Error("late\n\u001b[2J"));
      process.removeListener(event, tell as never);
    }
    const line = "warning: something failed outside the command: late\\u{a}\\u{1b}[2J\n";
    expect(toStderr.mock.calls).toEqual([[line], [line]]);
  });
});

function listeners() {
  return {
    uncaughtException: process.listeners("uncaughtException"),
    unhandledRejection: process.listeners("unhandledRejection"),
  };
}

describe("the end of the process", () => {
  it("cannot be caused or observed by plugins", () => {
    const inner = process as unknown as { reallyExit: (code: number) => never };
    const { exit: real, reallyExit } = process as typeof process & typeof inner;
    const end = vi.fn();
    inner.reallyExit = end as never;
    const exit = keepExit();
    expect(() => inner.reallyExit(0)).toThrow("process.reallyExit() was called");
    expect(() => process.exit(0)).toThrow("process.exit(0) was called");
    expect(() => process.exit()).toThrow("process.exit() was called");
    expect(end).not.toHaveBeenCalled();
    const listener = vi.fn();
    process.on("exit", listener);
    exit(1);
    expect([end.mock.calls, listener.mock.calls]).toEqual([[[1]], []]);
    process.removeListener("exit", listener);
    Object.assign(process, { exit: real, reallyExit });
  });

  it("has the exit code of the command", async () => {
    const exit = vi.fn<(code: number) => never>();
    const before = process.listenerCount("exit");
    await runToEnd(() => Promise.resolve(1), exit);
    expect([exit.mock.calls, process.listenerCount("exit")]).toEqual([[[1]], before]);
  });

  it.each([
    ["fails to report its failure", () => Promise.reject(new Error("no iterator"))],
    // Without `Promise.prototype.then`, an async function returns an inner promise as it is.
    ["has no exit code", () => Promise.resolve({} as never)],
  ])("is an internal error if the command %s", async (_, run) => {
    vi.mocked(writeSync).mockClear();
    const exit = vi.fn<(code: number) => never>();
    const before = process.listenerCount("exit");
    await runToEnd(run, exit);
    expect([exit.mock.calls, process.listenerCount("exit")]).toEqual([[[70]], before]);
    expect(vi.mocked(writeSync).mock.calls).toEqual([
      [2, expect.stringMatching(/^internal error: the command has no result\. .*--no-load/)],
    ]);
  });

  it("is an internal error if it comes before the command ends", () => {
    vi.mocked(writeSync).mockClear();
    const known = process.listeners("exit");
    const { exitCode } = process;
    void runToEnd(() => new Promise(() => {}), process.exit);
    const [onExit] = process.listeners("exit").filter((each) => !known.includes(each));
    onExit?.(0);
    expect([process.exitCode, vi.mocked(writeSync).mock.calls]).toEqual([
      70,
      [[2, "internal error: the process ended before the command was done\n"]],
    ]);
    process.exitCode = exitCode;
    process.removeListener("exit", onExit as never);
  });
});
