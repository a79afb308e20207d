/** What comes before a run: everything the host can get wrong is found here. */

import {
  brandOf,
  createFrom,
  type HeaderMap,
  replaceSlots,
  type Slots,
} from "../envelope/index.ts";
import { GlassineError, ManifestError } from "../errors/index.ts";
import {
  type AnyInvokeResult,
  type CompiledHook,
  type CompiledOperation,
  Invocation,
  type ManagerRuntime,
  OperationRun,
  RequestScope,
  resultOf,
} from "../hooks/index.ts";
import { payloadFor, valueFor } from "../messages/index.ts";
import type { CompiledSlots } from "../slots/index.ts";
import { tamperedViolation } from "./deny-tampering.ts";
import {
  givesExtensionsOnly,
  type InvokeOptions,
  noRunOptions,
  ownOption,
  readRunOptions,
  readScope,
} from "./invoke-options.ts";
import { orClause } from "./near.ts";
import { callSiteAbove, headersMoved, warnHeaders } from "./payload-headers.ts";
import { quoteName } from "./read-plain.ts";
import type { Surface } from "./surface.ts";

type Given = InvokeOptions<unknown> | undefined;

/** What every run of a manager begins with. */
export interface Beginning {
  readonly slots: CompiledSlots;
  readonly runtime: ManagerRuntime;
  /** What a run without extensions has. */
  readonly empty: Slots;
  readonly denyTampering: boolean;
  /** The function that the caller called, for warnings that name the call's place. */
  readonly invoke: (...args: never[]) => unknown;
}

/** A run of a message hook, or its result where nothing runs. */
export function beginMessage(
  { slots, runtime, empty, denyTampering, invoke }: Beginning,
  compiled: CompiledHook,
  payload: unknown,
  given: Given,
): Invocation | AnyInvokeResult {
  const { hook, payloadLimits } = compiled;
  const plain = given === undefined || givesExtensionsOnly(given);
  const options = plain ? noRunOptions : readRunOptions(given, undefined, hook);
  const scope = plain ? new RequestScope(undefined) : readScope(given, options, runtime);
  let read = payloadFor(compiled.payload, payload, "payload_invalid", hook, payloadLimits);
  let extensions =
    given === undefined ? empty : extensionsOf(slots, ownOption(given, "extensions"), empty);
  const field = compiled.headersField;
  if (field !== undefined && (read as Record<string, unknown>)[field] !== undefined) {
    const { [field]: headers, ...rest } = read as Record<string, unknown>;
    warnHeaders(hook, callSiteAbove(invoke));
    extensions = headersMoved(slots, extensions, headers as HeaderMap, replaceSlots);
    read = payloadFor(compiled.payload, rest, "payload_invalid", hook, payloadLimits);
  }
  const tampered = denyTampering ? tamperedViolation() : undefined;
  if (tampered !== undefined) {
    const refused = new Invocation(compiled, read, extensions, scope, options);
    refused.stop(tampered, "denied");
    return refused;
  }
  // Where nothing runs and nothing else is wished for, the result is all there is.
  if (compiled.empty && options === noRunOptions) {
    runtime.counts.started += 1;
    runtime.counts.allowed += 1;
    return resultOf({ compiled, payload: read, extensions, scope, written: undefined }, undefined);
  }
  return new Invocation(compiled, read, extensions, scope, options);
}

/** A run of a hook of another semantic. */
export function beginOperation(
  { slots, runtime, empty, denyTampering }: Beginning,
  compiled: CompiledOperation,
  payload: unknown,
  given: Given,
): OperationRun {
  const plain = given === undefined || givesExtensionsOnly(given);
  const { operation, hook, limits } = compiled;
  const options =
    plain && operation === undefined ? noRunOptions : readRunOptions(given ?? {}, operation, hook);
  const scope = plain ? new RequestScope(undefined) : readScope(given, options, runtime);
  const read = valueFor(compiled.payload, payload, "payload_invalid", hook, limits);
  const extensions =
    given === undefined ? empty : extensionsOf(slots, ownOption(given, "extensions"), empty);
  if (denyTampering && tamperedViolation() !== undefined) {
    const text = "The realm is not as it was when the library loaded.";
    throw new GlassineError("realm_tampered", text, { hook });
  }
  // A value that nobody sees goes back as it came.
  const isPassedOn = compiled.semantic === "filter_chain" && compiled.steps.length === 0;
  return new OperationRun(compiled, isPassedOn ? payload : read, extensions, scope, options);
}

/** The host's envelope by reference; anything else is read first. */
function extensionsOf(slots: CompiledSlots, given: unknown, empty: Slots): Slots {
  if (given === undefined || given === null) return empty;
  const brand = brandOf(given);
  if (brand !== undefined && brand.kind.slots === slots && brand.kind.mask === undefined)
    return given as Slots;
  return createFrom(slots, given);
}

export function unknownHook(surface: Surface, hook: unknown): ManifestError {
  const name = String(hook);
  const message = `unknown hook ${quoteName(name)}${orClause(name, Object.keys(surface.hooks))}`;
  return new ManifestError("hook_unknown", message, [{ field: "hook", message }]);
}
