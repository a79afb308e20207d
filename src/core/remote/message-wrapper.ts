/**
 * Messages cross in a wrapper, `{ message, hook }`: plugins of the format's other implementations
 * get and answer one. `hook` is the point without its prefix, or `evaluate`.
 */
import type { HookTable } from "../hooks/index.ts";
import { messageSchema } from "../messages/index.ts";
import { isRecord } from "./header-secrets.ts";

const isMessageHook = (hooks: HookTable, hook: string | undefined): hook is string =>
  hook !== undefined && Object.hasOwn(hooks, hook) && hooks[hook]?.payload === messageSchema;

/** The payload as it is written: a message in its wrapper, and any other as it is. */
export function wrapped(hooks: HookTable, hook: string | undefined, payload: object): object {
  if (!isMessageHook(hooks, hook)) return payload;
  return { message: payload, hook: hook.startsWith("cmf.") ? hook.slice(4) : hook };
}

/** The message in a wrapper. A message without one is read as well. */
export function unwrapped(
  hooks: HookTable,
  hook: string | undefined,
  payload: object,
  tell: (key: string) => void,
): object {
  const { message, ...rest } = payload as { readonly message?: unknown };
  // A message has a role and no message.
  if (!isMessageHook(hooks, hook) || !isRecord(message) || "role" in rest) return payload;
  for (const key of Object.keys(rest)) if (key !== "hook") tell(key);
  return message;
}
