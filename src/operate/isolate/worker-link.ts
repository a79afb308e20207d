/** A far side in a thread of the host. */
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { describeThrown } from "../../core/observe/index.ts";
import type { StartLink } from "./supervisor.ts";

interface WorkerOptions {
  readonly entry: string;
  readonly memoryMb: number;
  /** The thread's stack, in MiB. Default 4. */
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
    });
    // With the options `stdout` and `stderr`, reading these would keep the host alive. Without, they
    // lead to the host's own, until they are taken off.
    for (const stream of [worker.stdout, worker.stderr])
      stream
        .unpipe()
        .on("data", (piece: Buffer) => onOutput(String(piece)))
        .resume();
    worker.on("message", (line) => (typeof line === "string" ? onLine(line) : onLine("")));
    worker.on("error", (error) => {
      onOutput(`${describeThrown(error).text}\n`);
      onEnd(`ended: ${reasonOf(error)}`);
    });
    worker.on("exit", (code) => onEnd(`ended with code ${code}`));
    // A thread that waits for turns must not keep the host alive. A listener for messages would
    // undo this, so they come first.
    worker.unref();
    return {
      send: (line) => worker.postMessage(line),
      kill: () => void worker.terminate(),
    };
  };
}

/** What a thread needs besides the plugin in QuickJS: this library, and the text of turns. */
const threadMb = 96;

export function quickJsLink(memoryMb: number, onOutput: (line: string) => void): StartLink {
  const entry = createRequire(import.meta.url).resolve("glassine/isolate/quickjs-far-side");
  // QuickJS has to reach its stack limit before the host's engine reaches its own, whose error would
  // leave QuickJS amid a call.
  const stackMb = 16;
  // The plugin's memory is not in the thread's heap, but its answers are.
  return workerLink({ entry, memoryMb: threadMb + memoryMb, stackMb, onOutput });
}

/** The error's message is the plugin's own text, so it is not used. */
function reasonOf(error: unknown): string {
  const { code } = Object(error) as { readonly code?: unknown };
  return code === "ERR_WORKER_OUT_OF_MEMORY" ? "it reached its memory limit" : "its code threw";
}
