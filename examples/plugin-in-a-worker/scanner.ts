/** The plugin on the host's side: it sends each task to the worker and returns the result. */
import { Worker } from "node:worker_threads";
import { definePlugin, type PluginContext, type View } from "glassine";
import type { Message } from "glassine/messages";
import { decodeResult, encodeTask } from "glassine/remote";
import { FarSide } from "./far-side.ts";

export const farSide = new FarSide(() => {
  const worker = new Worker(new URL("./worker.js", import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: 64 },
    // The worker inherits no environment variables from the host.
    env: {},
  });
  // A worker that is waiting for tasks must not keep the host alive.
  worker.unref();
  return worker;
});

type Shown = View<"append_labels" | "write_headers">;

async function ask(payload: Message, context: PluginContext, extensions: Shown) {
  const turn = { payload, context, extensions };
  const reply = await farSide.ask(encodeTask(turn), context.signal);
  return decodeResult(reply, turn).result;
}

export const scanner = definePlugin({
  name: "scanner",
  version: "1.0.0",
  capabilities: ["append_labels", "write_headers"],
  hooks: {
    message_pre_invoke: { handler: ask, timeoutMs: 10_000 },
    message_post_invoke: { handler: ask, timeoutMs: 10_000 },
  },
});
