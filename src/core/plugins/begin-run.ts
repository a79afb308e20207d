/** What comes before a run: everything the host can get wrong is found here. */

import { createFrom, type HeaderMap, markOf, replaceSlots, type Slots } from "../envelope/index.ts";
import { GlassineError, ManifestError } from "../errors/index.ts";
import {
  type AnyInvokeResult,
  type House,
  Invocation,
  type OperationProgram,
  OperationRun,
  type Program,
  plainResult,
  RequestScope,
} from "../hooks/index.ts";
import { payloadFor, valueFor } from "../messages/index.ts";
import type { CompiledSlots } from "../slots/index.ts";
import { tamperedViolation } from "./deny-tampering.ts";
import {
  givesExtensionsOnly,
  type InvokeOptions,
  noWishes,
  ownOption,
  readScope,
  readWishes,
} from "./invoke-options.ts";
import { orClause } from "./near.ts";
import { callSiteAbove, headersMoved, warnHeaders } from "./payload-headers.ts";
import { single } from "./read-plain.ts";
import type { Surface } from "./surface.ts";

type Given = InvokeOptions<unknown> | undefined;

/** What every run of a manager begins with. */
export interface Beginning {
  readonly slots: CompiledSlots;
  readonly house: House;
  /** What a run without extensions has. */
  readonly empty: Slots;
  readonly denyTampering: boolean;
  /** The function that the caller called, for warnings that name the call's place. */
  readonly invoke: (...args: never[]) => unknown;
}

/** A run of a message hook, or its result where nothing runs. */
export function beginMessage(
  { slots, house, empty, denyTampering, invoke }: Beginning,
  program: Program,
  payload: unknown,
  given: Given,
): Invocation | AnyInvokeResult {
  const { hook, payloadLimits } = program;
  const plain = given === undefined || givesExtensionsOnly(given);
  const wishes = plain ? noWishes : readWishes(given, undefined, hook);
  const scope = plain ? new RequestScope(undefined) : readScope(given, wishes, house);
  let read = payloadFor(program.payload, payload, "payload_invalid", hook, payloadLimits);
  let extensions =
    given === undefined ? empty : extensionsOf(slots, ownOption(given, "extensions"), empty);
  const field = program.headersField;
  if (field !== undefined && (read as Record<string, unknown>)[field] !== undefined) {
    const { [field]: headers, ...rest } = read as Record<string, unknown>;
    warnHeaders(hook, callSiteAbove(invoke));
    extensions = headersMoved(slots, extensions, headers as HeaderMap, replaceSlots);
    read = payloadFor(program.payload, rest, "payload_invalid", hook, payloadLimits);
  }
  const tampered = denyTampering ? tamperedViolation() : undefined;
  if (tampered !== undefined) {
    house.counts.started += 1;
    house.counts.end("denied");
    return new Invocation(program, read, extensions, scope, wishes).finish(tampered, 0);
  }
  // Where nothing runs and nothing else is wished for, the result is all there is.
  if (program.empty && wishes === noWishes) {
    house.counts.started += 1;
    house.counts.end("allowed");
    return plainResult(program, read, extensions, scope);
  }
  return new Invocation(program, read, extensions, scope, wishes);
}

/** A run of a hook of another semantic. */
export function beginOperation(
  { slots, house, empty, denyTampering }: Beginning,
  program: OperationProgram,
  payload: unknown,
  given: Given,
): OperationRun {
  const plain = given === undefined || givesExtensionsOnly(given);
  const { operation, hook, limits } = program;
  const wishes =
    plain && operation === undefined ? noWishes : readWishes(given ?? {}, operation, hook);
  const scope = plain ? new RequestScope(undefined) : readScope(given, wishes, house);
  const read = valueFor(program.payload, payload, "payload_invalid", hook, limits);
  const extensions =
    given === undefined ? empty : extensionsOf(slots, ownOption(given, "extensions"), empty);
  if (denyTampering && tamperedViolation() !== undefined) {
    const text = "The realm is not as it was when the library loaded.";
    throw new GlassineError("realm_tampered", text, { hook });
  }
  // A value that nobody sees goes back as it came.
  const isPassedOn = program.semantic === "filter_chain" && program.steps.length === 0;
  return new OperationRun(program, isPassedOn ? payload : read, extensions, scope, wishes);
}

/** The host's envelope by reference; anything else is read first. */
function extensionsOf(slots: CompiledSlots, given: unknown, empty: Slots): Slots {
  if (given === undefined || given === null) return empty;
  const mark = markOf(given);
  if (mark !== undefined && mark.kind.slots === slots && mark.kind.mask === undefined)
    return given as Slots;
  return createFrom(slots, given);
}

export function unknownHook(surface: Surface, hook: unknown): ManifestError {
  const name = String(hook);
  const message = `unknown hook ${single(name)}${orClause(name, Object.keys(surface.hooks))}`;
  return new ManifestError("hook_unknown", message, [{ field: "hook", message }]);
}
