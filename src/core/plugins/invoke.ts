/**
 * `invoke`: reads its options, the payload and the extensions, and starts the run. It reports every
 * mistake that a host can make in a call.
 */
import { expectOptions, typeName } from "../data/index.ts";
import { freeze, hasOwn, includes, monotonicNow, ownValue } from "../data/intrinsics.ts";
import { brandOf, createFrom, type HeaderMap, type Slots } from "../envelope/index.ts";
import { GlassineError, optionsInvalid, quoteName, suggestion } from "../errors/index.ts";
import {
  type AnyInvokeResult,
  type CompiledHook,
  type CompiledOperation,
  expectRoom,
  isScope,
  type ManagerRuntime,
  MessageRun,
  nestedScope,
  OperationRun,
  operate,
  originOf,
  RequestScope,
  type RunOptions,
  renamedScope,
  requestOf,
  resultOf,
  run,
  scopeIn,
  settled,
  startOfNested,
  streamPlan,
} from "../hooks/index.ts";
import { payloadFor, valueFor } from "../messages/index.ts";
import {
  type Compiled,
  compileSchema,
  jsonObject,
  maxItems,
  readPlainArray,
} from "../schema/index.ts";
import type { CompiledSlots } from "../slots/index.ts";
import { tamperedViolation } from "./deny-tampering.ts";
import { headersMoved, warnHeaders } from "./payload-headers.ts";
import { unknownHook } from "./read-plain.ts";
import type { InvokeOptions } from "./types.ts";

type Given = InvokeOptions<unknown>;

/** What all calls of `invoke` on a manager share. */
export interface Invoking {
  readonly runtime: ManagerRuntime;
  /** The names of all hooks that the host knows. */
  readonly hookNames: readonly string[];
  readonly compiledHooks: Readonly<Record<string, CompiledHook>>;
  readonly compiledOperations: Readonly<Record<string, CompiledOperation>>;
  /** The extensions of a run that was given none. */
  readonly empty: Slots;
  readonly denyTampering: boolean;
  readonly maxInFlight: number;
  /** Warns from time to time about plugins whose signature was not checked. */
  readonly remind: (() => void) | undefined;
  /** The hooks whose caller was warned about `headers` on a payload. */
  readonly warned: Record<string, unknown>;
  closed: boolean;
}

/** Returns the method `invoke` of one manager. Whatever is wrong with a call rejects. */
export function invokeOn(
  invoking: Invoking,
): (hook: string, payload: unknown, given?: Given) => Promise<AnyInvokeResult> {
  const { runtime, compiledHooks, compiledOperations, maxInFlight } = invoking;
  const { meter } = runtime;
  return function invoke(hook, payload, given) {
    const startedAt = meter === undefined ? 0 : monotonicNow();
    let begun: MessageRun | undefined;
    try {
      invoking.remind?.();
      if (invoking.closed && !isWithinRun(runtime, given))
        throw new GlassineError("manager_closed", "The manager is closed; create a new one.");
      if (runtime.inFlight >= maxInFlight) throw overloaded(hook, maxInFlight);
      const compiled = compiledHooks[hook];
      if (compiled === undefined) {
        const operation = compiledOperations[hook];
        if (operation === undefined) throw unknownHook(String(hook), invoking.hookNames);
        const answer = operate(beginOperation(invoking, operation, payload, given));
        meter?.follow(hook, operation.semantic, startedAt, answer);
        return answer as Promise<AnyInvokeResult>;
      }
      const messageRun = beginMessage(invoking, compiled, payload, given);
      let result: Promise<AnyInvokeResult>;
      if (messageRun instanceof MessageRun) {
        begun = messageRun;
        runtime.inFlight += 1;
        runtime.counts.started += 1;
        result = run(messageRun);
      } else result = settled(messageRun);
      meter?.follow(hook, "message", startedAt, result, begun);
      return result;
    } catch (error) {
      // The stack may be exhausted, so call nothing here. Nobody gets the run's result any more.
      if (begun !== undefined) {
        begun.isEnding = true;
        if (begun.wait !== undefined) begun.wait.owner = undefined;
        if (begun.counted) {
          begun.counted = false;
          runtime.inFlight -= 1;
          runtime.counts.errored += 1;
        }
      }
      return rejected(error);
    }
  };
}

/** Whether a call belongs to a run in flight on the same manager, however deep it is nested. */
function isWithinRun(runtime: ManagerRuntime, given: Given | undefined): boolean {
  let parent = originOf(ownValue(given, "parent"));
  while (parent !== undefined && parent.run.runtime !== runtime) parent = parent.run.options.parent;
  return parent !== undefined;
}

// An async function rejects inside the engine, out of reach of patched prototypes.
async function rejected(error: unknown): Promise<never> {
  throw error;
}

function overloaded(hook: string, max: number): GlassineError {
  const text = `The manager has ${max} invocations in flight, as many as maxInFlight allows.`;
  return new GlassineError("overloaded", text, { hook });
}

/** Begins a run of a message hook. Returns the result itself if no handler has to run. */
function beginMessage(
  invoking: Invoking,
  compiled: CompiledHook,
  payload: unknown,
  given: Given | undefined,
): MessageRun | AnyInvokeResult {
  const { runtime, denyTampering, warned } = invoking;
  const { hook, payloadLimits, headersField: field } = compiled;
  const begun = readGiven(invoking, given, undefined, hook);
  const { options, scope } = begun;
  checkProgress(compiled, options);
  let { extensions } = begun;
  let read = payloadFor(compiled.payload, payload, "payload_invalid", hook, payloadLimits);
  if (field !== undefined && (read as Record<string, unknown>)[field] !== undefined) {
    const { [field]: headers, ...rest } = read as Record<string, unknown>;
    if (warned[hook] !== true) warnHeaders(hook);
    warned[hook] = true;
    extensions = headersMoved(extensions, headers as HeaderMap);
    read = payloadFor(compiled.payload, rest, "payload_invalid", hook, payloadLimits);
  }
  const tampered = denyTampering ? tamperedViolation() : undefined;
  if (tampered === undefined && compiled.empty && options === noRunOptions) {
    runtime.counts.started += 1;
    runtime.counts.allowed += 1;
    return resultOf({ compiled, payload: read, scope, written: undefined }, undefined, extensions);
  }
  const messageRun = new MessageRun(compiled, read, extensions, scope, options);
  if (tampered !== undefined) messageRun.stop(tampered, "denied");
  return messageRun;
}

/** Begins a run of a hook of any other semantic. */
function beginOperation(
  invoking: Invoking,
  compiled: CompiledOperation,
  payload: unknown,
  given: Given | undefined,
): OperationRun {
  const { operation, hook, limits } = compiled;
  const { options, scope, extensions } = readGiven(invoking, given, operation, hook);
  const unfit = options.stream === undefined ? options.recheck && "recheck" : "stream";
  if (unfit !== false)
    throw optionsInvalid(`${unfit} is for message hooks, and ${quoteName(hook)} is not one.`);
  const read = valueFor(compiled.payload, payload, "payload_invalid", hook, limits);
  const tampered = invoking.denyTampering ? tamperedViolation() : undefined;
  if (tampered !== undefined) throw new GlassineError("realm_tampered", tampered.reason, { hook });
  // Without handlers, a filter chain returns the very value it was given.
  const isPassedOn = compiled.semantic === "filter_chain" && compiled.steps.length === 0;
  return new OperationRun(compiled, isPassedOn ? payload : read, extensions, scope, options);
}

/** @throws GlassineError `options_invalid`, `reentrancy`, `aborted` (a parent that has ended) */
function readGiven(
  { runtime, empty }: Invoking,
  given: Given | undefined,
  operation: Compiled | undefined,
  hook: string,
) {
  const isPlain = given === undefined || hasExtensionsOnly(given);
  const options =
    isPlain && operation === undefined
      ? noRunOptions
      : readRunOptions(given ?? {}, operation, hook);
  const scope = isPlain ? new RequestScope(undefined) : readScope(given, options, runtime);
  const own = given === undefined ? undefined : ownOption(given, "extensions");
  const read = readExtensions(runtime.slots, own, empty);
  const { parent } = options;
  const extensions = parent === undefined ? read : startOfNested(read, runtime, parent);
  if (extensions === read) return { options, scope, extensions };
  return { options: { ...options, given: read }, scope, extensions };
}

/** Returns the host's own envelope as it is, and reads anything else. */
function readExtensions(slots: CompiledSlots, given: unknown, empty: Slots): Slots {
  if (given === undefined || given === null) return empty;
  const brand = brandOf(given);
  const isOwn = brand !== undefined && brand.kind.slots === slots && brand.kind.mask === undefined;
  return isOwn ? (given as Slots) : createFrom(slots, given);
}

const maxDepth = 8;

/** How many stack frames must be free for a nested run: far more than most handlers need. */
const nestedFrames = 1_000;
const anyFacts = compileSchema(jsonObject(), { closed: false, shownWhole: true });
const optionNames = Object.keys({
  extensions: true,
  operation: true,
  signal: true,
  request: true,
  tenant: true,
  server: true,
  secrets: true,
  recheck: true,
  stream: true,
  context: true,
  parent: true,
} satisfies Record<keyof Given, true>);

/** Returns an option of the call itself, never one from a patched prototype. */
function ownOption<Key extends keyof Given>(given: Given, key: Key): Given[Key] {
  return hasOwn(given, key) ? given[key] : undefined;
}

/** The options of a run that was given none. */
export const noRunOptions: RunOptions = Object.freeze({
  operation: undefined,
  signal: undefined,
  tenant: undefined,
  server: undefined,
  secrets: undefined,
  recheck: false,
  stream: undefined,
  parent: undefined,
  depth: 0,
  given: undefined,
});

/** Whether the host passes extensions and nothing else, as most hosts do. */
function hasExtensionsOnly(given: Given): boolean {
  if (typeof given !== "object" || given === null)
    throw optionsInvalid(`invoke expects its options in an object, got ${typeName(given)}.`);
  let isOnly = true;
  let isEmpty = true;
  for (const key in given) {
    isEmpty = false;
    if (key === "extensions" || !hasOwn(given, key)) continue;
    // A plugin of an earlier run may have patched the array methods.
    if (!includes(optionNames, key)) throw unknownOption(given, key);
    isOnly = false;
  }
  // A promise or a map has no options: the run would not get the extensions that were meant.
  if (isEmpty) expectOptions(given, optionNames, "invoke");
  return isOnly;
}

function unknownOption(given: object, key: string): GlassineError {
  if (brandOf(given) !== undefined)
    return optionsInvalid(
      "invoke expects its options in an object, got extensions: pass { extensions }.",
    );
  return optionsInvalid(`invoke has no option ${quoteName(key)}.${suggestion(key, optionNames)}`);
}

function readRunOptions(given: Given, facts: Compiled | undefined, hook: string): RunOptions {
  const signal = ownOption(given, "signal");
  if (signal !== undefined && typeof signal?.addEventListener !== "function")
    throw optionsInvalid("signal must be an AbortSignal.");
  const recheck = ownOption(given, "recheck") ?? false;
  if (typeof recheck !== "boolean" && recheck !== "only")
    throw optionsInvalid('recheck must be a boolean or "only".');
  const context = ownOption(given, "parent");
  const parent = context === undefined ? undefined : originOf(context);
  if (context !== undefined && parent === undefined)
    throw optionsInvalid("parent must be the context of a handler.");
  const depth = parent === undefined ? 0 : parent.run.options.depth + 1;
  if (depth >= maxDepth) {
    const text = `Calls of invoke are nested more than ${maxDepth} deep.`;
    throw new GlassineError("reentrancy", text, { depth: maxDepth });
  }
  // A plugin could start it near the end of the stack, so that others fail in it.
  if (parent !== undefined) expectRoom(nestedFrames);
  return {
    operation: readFacts(ownOption(given, "operation"), hook, facts),
    signal,
    tenant: readString(given, "tenant"),
    server: readString(given, "server"),
    secrets: readSecrets(ownOption(given, "secrets")),
    recheck,
    stream: readProgress(ownOption(given, "stream")),
    parent,
    depth,
    given: undefined,
  };
}

function readProgress(given: unknown): RunOptions["stream"] {
  if (given === undefined) return undefined;
  const done = ownValue(given, "done");
  if (typeof done === "boolean") return freeze({ done });
  throw optionsInvalid("stream must be { done } with a boolean.");
}

/** Refuses a part of a message if handlers would take it for the whole. */
function checkProgress(compiled: CompiledHook, options: RunOptions): void {
  const { stream } = options;
  if (stream === undefined || stream.done) return;
  const hook = quoteName(compiled.hook);
  if (!compiled.streamed) throw optionsInvalid(`stream: the messages of ${hook} are not streamed.`);
  if (streamPlan(compiled, options).mode === "buffer")
    throw optionsInvalid(
      `stream: a plugin on ${hook} judges the whole message. Invoke it once, with { done: true }.`,
    );
}

function readString(given: Given, name: "tenant" | "server" | "request"): string | undefined {
  const value = ownOption(given, name);
  if (value === undefined || typeof value === "string") return value;
  throw optionsInvalid(`${name} must be a string.`);
}

function readSecrets(given: unknown): readonly string[] | undefined {
  if (given === undefined) return undefined;
  const strings = readPlainArray(given);
  const isSecret = (each: unknown) => typeof each === "string" && each !== "";
  if (strings?.every(isSecret) !== true)
    throw optionsInvalid(
      `secrets must be an array of at most ${maxItems} strings, none of them empty.`,
    );
  return freeze(strings as string[]);
}

/** Returns a frozen copy of the facts, with the defaults of the hook's schema, if it has one. */
function readFacts(
  given: object | undefined,
  hook: string,
  schema: Compiled | undefined,
): RunOptions["operation"] {
  if (given === undefined && schema === undefined) return undefined;
  const what = `operation of ${hook}`;
  const facts = payloadFor(schema ?? anyFacts, given ?? {}, "options_invalid", what);
  return facts as Readonly<Record<string, unknown>>;
}

/** Returns the request's scope: an earlier result's, one within the outer run's, or a new one. */
function readScope(given: Given, { parent }: RunOptions, runtime: ManagerRuntime): RequestScope {
  const context = ownOption(given, "context");
  const request = readString(given, "request");
  if (context !== undefined) {
    if (!isScope(context))
      throw optionsInvalid("context must be the context of an earlier result.");
    const scope = scopeIn(context, runtime);
    return request === undefined ? scope : renamedScope(scope, request);
  }
  if (parent === undefined) return new RequestScope(request);
  // A new scope, because the plugin gets hold of it, and the outer one belongs to the host.
  const { scope, runtime: outer } = parent.run;
  return nestedScope(scope, request ?? requestOf(scope), outer, runtime);
}
