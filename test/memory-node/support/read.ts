/** Reads what a host passes to a hook, through a manager: returns what a plugin then sees. */

import { allow } from "glassine";
import { createPluginManager, definePlugin } from "glassine/memory-node";
import { examples, type Hook, hooks, table } from "./examples.ts";

interface Facts {
  readonly operation?: unknown;
}
interface Seen extends Facts {
  readonly payload: unknown;
}
let seen: Seen | undefined;
/** An answer to hooks of each semantic, which leaves everything as it is. */
const answers = (payload: unknown): Readonly<Record<string, unknown>> => ({
  voting: allow(),
  filter_chain: payload,
  score_delta: {},
});
const handlerOf =
  (hook: Hook) =>
  (payload: unknown, { operation }: Facts) => {
    seen = { payload, operation };
    return answers(payload)[table[hook]?.semantic ?? ""];
  };

const sees = definePlugin({
  name: "sees",
  version: "1.0.0",
  hooks: Object.fromEntries(hooks.map((hook) => [hook, handlerOf(hook)])),
} as never);
const { invoke } = (await createPluginManager({ plugins: [sees as never] })) as unknown as {
  invoke(hook: Hook, payload: unknown, options: Facts): Promise<unknown>;
};

/** Reads a payload, with the facts of an example. @throws GlassineError `payload_invalid` */
export async function readPayload(hook: Hook, payload: unknown): Promise<unknown> {
  const [{ operation }] = examples[hook];
  return (await invoked(hook, payload, operation)).payload;
}

/** Reads facts, with the payload of an example. @throws GlassineError `options_invalid` */
export async function readOperation(hook: Hook, operation: unknown): Promise<unknown> {
  const [{ payload }] = examples[hook];
  return (await invoked(hook, payload, operation)).operation;
}

async function invoked(hook: Hook, payload: unknown, operation: unknown): Promise<Seen> {
  seen = undefined;
  await invoke(hook, payload, operation === undefined ? {} : { operation });
  if (seen === undefined) throw new Error(`no plugin saw ${hook}`);
  return seen;
}
