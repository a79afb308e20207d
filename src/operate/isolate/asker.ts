/** The handler that stands for one on the far side. */

import type { PluginContext } from "../../core/hooks/index.ts";
import { decodeResult, encodeTask } from "../../core/host/index.ts";
import { decodeError } from "../../core/remote/index.ts";
import type { Pool } from "./pool.ts";
import { pluginEnded } from "./protocol.ts";

type Asker = (payload: object, context: PluginContext, extensions?: object) => Promise<unknown>;

/** `hook`: the entry of the manifest, which may be one that takes part in several hooks. */
export function askerOf(pool: Pool, hook: string): Asker {
  return async (payload, context, extensions) => {
    const turn = { payload, context, extensions };
    // Its types are those of one hook, and this is for any.
    const task = encodeTask(turn as never);
    const reply = await pool.ask(context.request, { type: "turn", hook }, context.signal, task);
    if (reply.type === "error") throw decodeError(reply.text);
    if (reply.type !== "result") throw pluginEnded("answered a turn with a health report");
    return decodeResult(reply.text, turn as never).result;
  };
}
