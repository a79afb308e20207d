/**
 * What a command needs from its process. Standard output is only for the result; what plugins print
 * goes to standard error. Plugins cannot end the process by throwing or by `process.exit`.
 */
import { writeSync } from "node:fs";
import process from "node:process";
import { describeThrown } from "../../core/observe/index.ts";
import { removeProcessFolder } from "../discovery/index.ts";
import { systemCode } from "../packages/index.ts";
import { refusal } from "./failure.ts";
import { texts } from "./texts.ts";

/** Returns the real standard output, captured before any plugin code runs. */
export function keepStdout(): TextStream {
  const { stdout, stderr } = process;
  const write = stdout.write.bind(stdout);
  stdout.write = stderr.write.bind(stderr) as typeof stdout.write;
  return {
    write: (text, callback) => write(text, callback),
    on: (event, listener) => stdout.on(event, listener),
  };
}

let mayBeStuck = false;

/**
 * Lets the process end by SIGKILL if a call to the file system is still under way then: exiting
 * waits for such calls, and one on a disk that hangs never returns.
 */
export function killIfStuck(): void {
  mayBeStuck = true;
}

/**
 * Returns what `process.exit` ends the process with, captured before any plugin code runs. It calls
 * no listener, which could change the exit code. A plugin's own call of either throws.
 */
export function keepExit(): (code: number) => never {
  // Its types do not have this function, which anyone can call.
  const inner = process as unknown as { reallyExit: (code: number) => never };
  const end = inner.reallyExit.bind(process);
  inner.reallyExit = () => {
    throw new Error("process.reallyExit() was called");
  };
  process.exit = ((code?: unknown) => {
    throw new Error(`process.exit(${typeof code === "number" ? code : ""}) was called`);
  }) as typeof process.exit;
  return (code) => {
    try {
      removeProcessFolder();
      const active = mayBeStuck ? process.getActiveResourcesInfo() : [];
      if (active.some((name) => /FSReq|CloseReq/.test(name))) process.kill(process.pid, "SIGKILL");
    } catch {
      // Plugins can break any of this, but not the end.
    }
    return end(code);
  };
}

/** Receives failures outside of the command. */
let report = (thrown: unknown): void => {
  process.stderr.write(`${texts.failedOutside(describeThrown(thrown).text)}\n`);
};

/**
 * Reports failures outside of the command, which would otherwise end the process. Errors of
 * standard error itself are ignored: reporting one would fail again, forever.
 */
export function hearFailures(): void {
  process.stderr.on("error", () => {});
  process.on("uncaughtException", (thrown) => report(thrown));
  process.on("unhandledRejection", (thrown) => report(thrown));
}

/** Sends failures outside of the command to `own`, until the returned function is called. */
export function reportFailuresTo(own: (thrown: unknown) => void): () => void {
  const before = report;
  report = own;
  return () => {
    report = before;
  };
}

/**
 * Runs the command, then ends the process. If the process ends before the command, that is an
 * internal error: a plugin's exit must not pass for a result. So is everything but an exit code:
 * plugins that change built-ins can make any of this code fail.
 */
export async function runToEnd(
  run: () => Promise<number>,
  exit: (code: number) => never,
): Promise<never> {
  const onExit = () => {
    process.exitCode = 70;
    writeSync(2, `${texts.endedEarly}\n`);
  };
  process.once("exit", onExit);
  let code: unknown;
  try {
    code = await run();
  } catch {}
  const hasCode = typeof code === "number";
  if (!hasCode) writeSync(2, `${texts.noResult}\n`);
  process.removeListener("exit", onExit);
  exit(hasCode ? (code as number) : 70);
}

/** The parts of `process.stdout` and `process.stderr` that are used. */
export interface TextStream {
  write(text: string, callback: (error?: Error | null) => void): boolean;
  on(event: "error", listener: (error: Error) => void): unknown;
}

/** Error codes of a stream whose reader is gone. */
const gone: ReadonlySet<string> = new Set(["EPIPE", "ERR_STREAM_DESTROYED", "ECONNRESET"]);

/** Streams that have an error listener; without one, an error would end the process. */
const heard = new WeakSet<TextStream>();

/** Writes to standard output. Throws on every failure except a closed pipe. */
export async function writeResult(
  stream: TextStream,
  text: string,
  hasChanged = false,
): Promise<void> {
  const fault = await written(stream, text);
  if (fault !== undefined && !gone.has(fault))
    throw refusal("io_failed", texts.output(fault, hasChanged));
}

/** Writes `text`. Returns the error code if that fails. */
export function written(stream: TextStream, text: string): Promise<string | undefined> {
  if (text === "") return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const settle = (error?: Error | null) => resolve(error ? systemCode(error) : undefined);
    if (!heard.has(stream)) {
      heard.add(stream);
      stream.on("error", () => {});
    }
    try {
      stream.write(text, settle);
    } catch (error) {
      settle(error as Error);
    }
  });
}
