/** A far side in a thread of the host. */
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { describeThrown } from "../../core/observe/index.ts";
import { threadStackMb } from "./quickjs/stack.ts";
import type { StartLink } from "./supervisor.ts";

interface WorkerOptions {
  readonly entry: string;
  readonly memoryMb: number;
  /** The stack of the thread, in MiB. Default 4. */
  readonly stackMb?: number;
  readonly onOutput: (line: string) => void;
}

export function workerLink({ entry, memoryMb, stackMb = 4, onOutput }: WorkerOptions): StartLink {
  return ({ onLine, onEnd }) => {
    const worker = new Worker(entry, {
      resourceLimits: { maxOldGenerationSizeMb: memoryMb, stackSizeMb: stackMb },
      // Nothing of the host's environment, and none of the flags it was started with.
      env: {},
      execArgv: [],
      argv: [],
      stdout: true,
      stderr: true,
    });
    // One that waits for turns keeps no host alive.
    worker.unref();
    for (const stream of [worker.stdout, worker.stderr])
      stream.on("data", (piece: Buffer) => onOutput(String(piece)));
    worker.on("message", (line) => (typeof line === "string" ? onLine(line) : onLine("")));
    worker.on("error", (error) => {
      onOutput(`${describeThrown(error).text}\n`);
      onEnd(`ended: ${reasonOf(error)}`);
    });
    worker.on("exit", (code) => onEnd(`ended with code ${code}`));
    return {
      send: (line) => worker.postMessage(line),
      kill: () => void worker.terminate(),
    };
  };
}

/** What a thread takes beside the plugin in QuickJS: this library, and the text of tasks and results. */
const threadMb = 96;

export function quickJsLink(memoryMb: number, onOutput: (line: string) => void): StartLink {
  const entry = createRequire(import.meta.url).resolve("glassine/isolate/quickjs-far-side");
  // The plugin's memory is not in the heap of the thread, but what it answers is.
  return workerLink({ entry, memoryMb: threadMb + memoryMb, stackMb: threadStackMb, onOutput });
}

/** The message of what it threw is its own text. */
function reasonOf(error: unknown): string {
  const { code } = error as { readonly code?: unknown };
  return code === "ERR_WORKER_OUT_OF_MEMORY" ? "it reached its memory limit" : "its code threw";
}
