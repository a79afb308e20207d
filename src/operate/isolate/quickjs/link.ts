/** A far side with QuickJS in it, in a thread of the host. */
import { createRequire } from "node:module";
import type { StartLink } from "../supervisor.ts";
import { workerLink } from "../worker-link.ts";
import { threadStackMb } from "./stack.ts";

/** What the thread takes beside the plugin: this library, and the text of tasks and results. */
const threadMb = 96;

export function quickJsLink(memoryMb: number, onOutput: (line: string) => void): StartLink {
  const entry = createRequire(import.meta.url).resolve("glassine/isolate/quickjs-far-side");
  // The plugin's memory is not in the heap of the thread, but what it answers is.
  return workerLink({ entry, memoryMb: threadMb + memoryMb, stackMb: threadStackMb, onOutput });
}
