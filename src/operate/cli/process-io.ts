/**
 * What a command needs of its process. Standard output is for the result alone: what plugins print
 * goes to standard error, and what they throw outside of their turn, or want to end, ends nothing.
 */
import { writeSync } from "node:fs";
import process from "node:process";
import { describeThrown } from "../../core/observe/index.ts";
import { removeProcessFolder } from "../discovery/index.ts";
import type { TextStream } from "./output.ts";
import { texts } from "./texts.ts";

/** The real standard output, held before any code of a plugin runs. */
export function keepStdout(): TextStream {
  const { stdout, stderr } = process;
  const write = stdout.write.bind(stdout);
  stdout.write = stderr.write.bind(stderr) as typeof stdout.write;
  return {
    write: (text, callback) => write(text, callback),
    on: (event, listener) => stdout.on(event, listener),
  };
}

/**
 * The real end of the process, held before any code of a plugin runs. A plugin that ends it fails,
 * and has no say in the exit code by a listener.
 */
export function keepExit(): (code: number) => never {
  const end = process.exit.bind(process);
  const inner = process as { reallyExit?: unknown };
  const { reallyExit } = inner;
  // What process.exit calls in the end, where anybody can call it.
  inner.reallyExit = () => {
    throw new Error("process.reallyExit() was called");
  };
  process.exit = ((code?: unknown) => {
    throw new Error(`process.exit(${typeof code === "number" ? code : ""}) was called`);
  }) as typeof process.exit;
  return (code) => {
    process.removeAllListeners("exit");
    removeProcessFolder();
    inner.reallyExit = reallyExit;
    return end(code);
  };
}

/** Reports failures outside of the command, which would otherwise end the process. */
export function hearFailures(): void {
  const report = (thrown: unknown) => {
    process.stderr.write(`${texts.failedOutside(describeThrown(thrown).text)}\n`);
  };
  process.on("uncaughtException", report);
  process.on("unhandledRejection", report);
}

/**
 * Runs to the end of the process. An end that comes before that of the command is an internal
 * error: a plugin that exits must not pass for a result.
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
  const code = await run();
  process.removeListener("exit", onExit);
  exit(code);
}
