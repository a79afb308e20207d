/** Reads what a host passes to a hook, with the readers that a manager uses. */

import { payloadLimits } from "../../../src/core/data/index.ts";
import { readerOf } from "../../../src/core/hooks/index.ts";
import { valueFor } from "../../../src/core/messages/index.ts";
import { type Hook, table } from "./examples.ts";

/** @throws GlassineError `payload_invalid` */
export function readPayload(hook: Hook, value: unknown): unknown {
  return valueFor(readerOf(specOf(hook).payload), value, "payload_invalid", hook, payloadLimits);
}

/** @throws GlassineError `options_invalid` */
export function readOperation(hook: Hook, value: unknown): unknown {
  const { operation } = specOf(hook);
  if (operation === undefined) throw new Error(`${hook} has no operation`);
  return valueFor(readerOf(operation), value, "options_invalid", "operation", payloadLimits);
}

function specOf(hook: Hook) {
  const spec = table[hook];
  if (spec === undefined) throw new Error(`no hook ${hook}`);
  return spec;
}
