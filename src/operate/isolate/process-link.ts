/** A far side in a process of its own. */
import { spawn } from "node:child_process";
import process from "node:process";
import { linesTo, maxText } from "./lines.ts";
import type { Command } from "./sandbox.ts";
import type { StartLink } from "./supervisor.ts";

/** An engine that runs out of memory ends itself with a signal; which one varies. */
const hint = (signal: string) =>
  ["SIGABRT", "SIGILL", "SIGSEGV", "SIGTRAP"].includes(signal)
    ? ", as where its memory limit is reached: see memoryMb"
    : "";

/** Kills each running process, for when the host ends. All share one listener. */
const running = new Set<() => void>();

function killAll(): void {
  for (const kill of running) kill();
}

export function processLink(
  { command, args }: Command,
  onOutput: (text: string) => void,
): StartLink {
  return ({ onLine, onEnd }) => {
    const child = spawn(command, args, {
      env: {},
      cwd: "/",
      // In its own process group, so that a signal to that group does not reach the host.
      detached: true,
      stdio: "pipe",
    });
    child.on("error", ({ code }: NodeJS.ErrnoException) => onEnd(`cannot be started: ${code}`));
    const { pid } = child;
    // Without file descriptors left, it does not even have streams.
    if (pid === undefined) return { send() {}, kill() {} };
    const kill = () => {
      try {
        process.kill(-pid, "SIGKILL");
      } catch {
        // It has ended.
      }
    };
    running.add(kill);
    if (running.size === 1) process.once("exit", killAll);
    child.stdout.setEncoding("utf8");
    child.stdout.on(
      "data",
      linesTo(onLine, () => onEnd("wrote a line that is too long")),
    );
    child.stderr.setEncoding("utf8");
    child.stderr.on("data", onOutput);
    // What is written to an ended process is lost; `onEnd` reports the end.
    child.stdin.on("error", () => {});
    child.on("close", (code, signal) => {
      running.delete(kill);
      if (running.size === 0) process.off("exit", killAll);
      onEnd(signal === null ? `ended with code ${code}` : `was ended by ${signal}${hint(signal)}`);
    });
    // A process that waits for turns must not keep the host alive.
    child.unref();
    // These are pipes, although their types also allow for other streams.
    const pipes = [child.stdin, child.stdout, child.stderr] as unknown as readonly {
      unref(): void;
    }[];
    for (const pipe of pipes) pipe.unref();
    return { maxText, send: (line) => child.stdin.write(`${line}\n`), kill };
  };
}
