/** Generates payloads and facts that a hook accepts, from its schemas. */
import * as fc from "fast-check";
import { quoted } from "../core/errors/index.ts";
import { type HookSpec, readerOf } from "../core/hooks/index.ts";
import { valueFor } from "../core/messages/index.ts";
import { zodOf } from "../core/slots/index.ts";
import { acceptable } from "./acceptable.ts";
import { valuesOf } from "./schema-values.ts";
import type { HostSubject } from "./subject.ts";

const known = new WeakMap<HookSpec, fc.Arbitrary<unknown>>();

/**
 * Payloads that a hook of the subject accepts.
 *
 * @throws GlassineError `options_invalid` for a hook for which no payloads are found
 */
export function payloadsOf({ hooks, payloads }: HostSubject, hook: string): fc.Arbitrary<unknown> {
  const spec = hooks[hook] as HookSpec;
  const own = payloads[hook];
  const found = own === undefined ? known.get(spec) : undefined;
  if (found !== undefined) return found;
  const reader = readerOf(spec.payload);
  const accept = (value: unknown) => valueFor(reader, value, "payload_invalid", hook);
  const made = acceptable(own ?? fieldsOf(hook, spec), accept, `the payload of ${quoted(hook)}`);
  if (own === undefined) known.set(spec, made);
  return made;
}

/** Leaves out the headers of an older payload: they go to the `http` slot, with its own values. */
function fieldsOf(hook: string, { payload, headersField }: HookSpec): fc.Arbitrary<unknown> {
  const values = valuesOf(zodOf(payload), `the payload of ${quoted(hook)}`);
  if (headersField === undefined) return values;
  return values.map((value) => {
    const { [headersField]: _, ...rest } = value as Record<string, unknown>;
    return rest;
  });
}

/** Facts for `operation`, or `undefined` if the hook declares none. */
export function operationsOf({ hooks }: HostSubject, hook: string): fc.Arbitrary<unknown> {
  const { operation: facts } = hooks[hook] as HookSpec;
  if (facts === undefined) return fc.constant(undefined);
  const reader = readerOf(facts);
  const accept = (value: unknown) => valueFor(reader, value, "options_invalid", "operation");
  const what = `the operation of ${quoted(hook)}`;
  return acceptable(valuesOf(zodOf(facts), what), accept, what);
}
