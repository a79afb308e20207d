/** What a server's process writes before it ends, and what the gateway does when it has ended. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, expect, it, vi } from "vitest";
import { ByteBudget } from "../../../../src/gateway/transports/byte-budget.ts";
import { childBack } from "../../../../src/gateway/transports/child-back.ts";
import { afterTest } from "../../../support/cleanup.ts";
import { folderWith } from "../../../support/folder.ts";

/** Keeps the process busy, so that more comes than is handled. */
function spin(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until; );
}

/** Starts a program, which has `writeSync`, and collects what the gateway hears of it. */
async function started(
  program: string,
  onMessage: (message: unknown) => void = () => {},
  hurried?: AbortSignal,
) {
  const heard: string[] = [];
  const back = childBack({
    command: process.execPath,
    args: ["-e", `const { writeSync } = require("node:fs");\n${program}`],
    env: {},
    maxBytes: 10_000,
    budget: new ByteBudget(20_000),
    queuedBytes: 10_000,
    hurried,
    onNote(kind, text) {
      heard.push(kind === "stderr" ? text : `${kind} ${text}`);
      spin(1);
    },
    onTooLarge: () => {},
  });
  const ended = new Promise<void>((resolve) => {
    back.onclose = () => {
      heard.push("closed");
      resolve();
    };
  });
  back.onmessage = onMessage;
  await back.start();
  afterTest(() => back.close());
  return { back, heard, ended };
}

/** Takes away the limit for reading the rest: only a busy machine would reach it. */
function readWithoutLimit(): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
}

afterEach(() => void vi.useRealTimers());

const lines = Array.from({ length: 300 }, (_, at) => `line ${at}`);
const writesLines = `writeSync(2, Array.from({ length: 300 }, (_, at) => "line " + at + "\\n").join(""))`;

it("the end of a process comes after all that it wrote to standard error", async () => {
  const { heard, ended } = await started(`${writesLines}; process.kill(process.pid, "SIGKILL");`);
  readWithoutLimit();
  await ended;
  expect(heard).toEqual([...lines, "exited with SIGKILL", "closed"]);
});

it("the end of a process comes after a last line without a line break", async () => {
  const seen: unknown[] = [];
  const { heard, ended } = await started(
    `writeSync(2, "last words"); writeSync(1, "{}"); process.kill(process.pid, "SIGKILL");`,
    (message) => seen.push(message),
  );
  await ended;
  expect(seen).toEqual([{}]);
  expect(heard).toEqual(["last words", "exited with SIGKILL", "closed"]);
});

it("the end of a process that takes no message comes before the failure to send it", async () => {
  let onReady = () => {};
  const isReady = new Promise<void>((resolve) => {
    onReady = resolve;
  });
  const { back, heard } = await started(
    `require("node:fs").closeSync(0); writeSync(1, "{}\\n"); setTimeout(() => process.exit(3), 200);`,
    () => onReady(),
  );
  await isReady;
  const sent = back.send({ jsonrpc: "2.0", id: 1, method: "initialize" });
  await expect(sent).rejects.toMatchObject({ code: "EPIPE" });
  expect(heard).toEqual(["exited with code 3", "closed"]);
});

it("the end that the gateway asked for comes after it too", async () => {
  const written = join(await folderWith({}), "written");
  const { back, heard } = await started(`
    process.stdin.resume().on("end", () => process.kill(process.pid, "SIGKILL"));
    ${writesLines};
    require("node:fs").writeFileSync(${JSON.stringify(written)}, "");`);
  // Waits without reading, so that all of it is read after the end.
  for (let ms = 0; ms < 200_000 && !existsSync(written); ms += 1) spin(1);
  readWithoutLimit();
  await back.close();
  expect(heard).toEqual([...lines, "closed"]);
});

it("all that it wrote is read, however long that takes", async () => {
  const program = `writeSync(1, "{}\\n".repeat(300)); process.kill(process.pid, "SIGKILL");`;
  readWithoutLimit();
  const now = performance.now.bind(performance);
  let count = 0;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => now() + count * 60_000);
  afterTest(() => clock.mockRestore());
  const { heard, ended } = await started(program, () => {
    count += 1;
    vi.advanceTimersByTime(60_000);
  });
  await ended;
  expect(count).toBe(300);
  expect(heard).toEqual(["exited with SIGKILL", "closed"]);
});

it.each([
  ["now and then", 2, 5],
  ["faster than it is read", 500_000, 0],
])("the end is reported even if something else goes on writing %s", async (_, length, everyMs) => {
  const writesOn = `
    const text = ("{}".padEnd(Math.min(${length}, 5000)) + "\\n").repeat(Math.ceil(${length} / 5000));
    setInterval(() => process.stdout.write(text), ${everyMs})`;
  const program = `
    const { spawn } = require("node:child_process");
    const options = { detached: true, stdio: "inherit" };
    const { pid } = spawn(process.execPath, ["-e", ${JSON.stringify(writesOn)}], options);
    writeSync(1, JSON.stringify({ pid }) + "\\n" + "{}\\n".repeat(1000));
    process.kill(process.pid, "SIGKILL");`;
  let other = 0;
  const { heard, ended } = await started(program, (message) => {
    const { pid } = message as { readonly pid?: number };
    if (pid !== undefined) other = pid;
    spin(0.2);
  });
  await expect.poll(() => other).toBeGreaterThan(0);
  afterTest(() => process.kill(other));
  await ended;
  expect(heard).toEqual(["exited with SIGKILL", "closed"]);
});

it("a line that ends within a character does not spoil the message after it", async () => {
  const seen: unknown[] = [];
  const { heard, ended } = await started(
    `writeSync(1, Buffer.from("caf\\xe9\\n{}\\n", "latin1")); process.kill(process.pid, "SIGKILL");`,
    (message) => seen.push(message),
  );
  await ended;
  expect(seen).toEqual([{}]);
  expect(heard).toEqual([
    "stdout_invalid a line of 4 characters that is not JSON",
    "exited with SIGKILL",
    "closed",
  ]);
});

it("the gateway goes on reading after a message or a line that could not be handled", async () => {
  const thrown: unknown[] = [];
  const microtasks = vi.spyOn(globalThis, "queueMicrotask").mockImplementation((run) => {
    try {
      run();
    } catch (error) {
      thrown.push(error);
    }
  });
  afterTest(() => microtasks.mockRestore());
  const seen: unknown[] = [];
  const { ended } = await started(
    `for (let at = 0; at < 3; at += 1) writeSync(1, JSON.stringify({ at }) + "\\n");`,
    (message) => {
      seen.push(message);
      throw new Error(`message ${seen.length}`);
    },
  );
  await ended;
  expect(seen).toEqual([{ at: 0 }, { at: 1 }, { at: 2 }]);
  expect(thrown.map(String)).toEqual(["Error: message 1", "Error: message 2", "Error: message 3"]);
});

it("a line of standard error that is too long is said to be left out", async () => {
  const { heard, ended } = await started(
    `writeSync(2, "x".repeat(10_000) + "\\nlast words\\n"); process.exit(3);`,
  );
  await ended;
  const left = "a line of more than 8192 bytes, which is left out";
  expect(heard).toEqual([left, "last words", "exited with code 3", "closed"]);
});

it.each([0, 2100])(
  "a process that has to go ends sooner than one that does not: asked after %d ms",
  async (ms) => {
    const hurry = new AbortController();
    // It outlives its input, and a SIGTERM.
    const program = `process.on("SIGTERM", () => writeSync(2, "SIGTERM\\n")); setInterval(() => {}, 1000); writeSync(1, "{}\\n");`;
    const ends: string[] = [];
    const begin = async (name: string, hurried?: AbortSignal) => {
      let onReady = () => {};
      const isReady = new Promise<void>((resolve) => {
        onReady = resolve;
      });
      const { back, heard } = await started(program, () => onReady(), hurried);
      await isReady;
      return async () => {
        await back.close();
        ends.push(name);
        expect(heard).toEqual(["SIGTERM", "closed"]);
      };
    };
    const closes = [await begin("other"), await begin("hurried", hurry.signal)];
    const closed = Promise.all(closes.map((close) => close()));
    await pause(ms);
    hurry.abort();
    await closed;
    expect(ends).toEqual(["hurried", "other"]);
  },
);
