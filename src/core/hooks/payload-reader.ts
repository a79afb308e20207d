/** How the payload of a hook is read. */

import { intrinsics } from "../data/index.ts";
import { messageReader, messageSchema } from "../messages/index.ts";
import { type Compiled, compileSchema } from "../schema/index.ts";
import { zodOf } from "../slots/index.ts";
import type { HookSpec } from "./define-hook.ts";

const readers = new WeakMap<HookSpec["payload"], Compiled>();

/** Compiled once a schema. */
export function payloadReader({ payload }: HookSpec): Compiled {
  if (payload === messageSchema) return messageReader;
  // Captured: a plugin that makes a manager in a realm of its own must not get hold of the others'.
  let reader = intrinsics.weakGet(readers, payload);
  if (reader === undefined) {
    reader = compileSchema(zodOf(payload), { closed: true, shownWhole: true });
    intrinsics.weakSet(readers, payload, reader);
  }
  return reader;
}
