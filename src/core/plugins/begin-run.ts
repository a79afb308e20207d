/**
 * Begins a run: reads the options of `invoke`, the payload and the extensions. Every mistake that a
 * host can make in a call is found here.
 */
import { includes, intrinsics } from "../data/index.ts";
import { brandOf, createFrom, type HeaderMap, type Slots } from "../envelope/index.ts";
import { GlassineError, optionsInvalid, suggestion } from "../errors/index.ts";
import {
  type AnyInvokeResult,
  type CompiledHook,
  type CompiledOperation,
  isScope,
  type ManagerRuntime,
  MessageRun,
  nestedScope,
  OperationRun,
  originOf,
  RequestScope,
  type RunOptions,
  renamedScope,
  requestOf,
  resultOf,
  scopeIn,
  streamPlan,
} from "../hooks/index.ts";
import { payloadFor, valueFor } from "../messages/index.ts";
import { type Compiled, compileSchema, jsonObject } from "../schema/index.ts";
import type { CompiledSlots } from "../slots/index.ts";
import { tamperedViolation } from "./deny-tampering.ts";
import { headersMoved, warnHeaders } from "./payload-headers.ts";
import { quoteName, readPlainArray } from "./read-plain.ts";
import type { InvokeOptions } from "./types.ts";

type Given = InvokeOptions<unknown>;

/** What all runs of a manager begin with. */
export interface Beginning {
  readonly slots: CompiledSlots;
  readonly runtime: ManagerRuntime;
  /** The extensions of a run that was given none. */
  readonly empty: Slots;
  readonly denyTampering: boolean;
  /** The hooks whose caller was warned about `headers` on a payload. */
  readonly warned: Record<string, unknown>;
}

/** Begins a run of a message hook. Returns the result itself if no handler has to run. */
export function beginMessage(
  beginning: Beginning,
  compiled: CompiledHook,
  payload: unknown,
  given: Given | undefined,
): MessageRun | AnyInvokeResult {
  const { runtime, denyTampering, warned } = beginning;
  const { hook, payloadLimits, headersField: field } = compiled;
  const begun = readGiven(beginning, given, undefined, hook);
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
    return resultOf({ compiled, payload: read, extensions, scope, written: undefined }, undefined);
  }
  const run = new MessageRun(compiled, read, extensions, scope, options);
  if (tampered !== undefined) run.stop(tampered, "denied");
  return run;
}

/** Begins a run of a hook of another semantic. */
export function beginOperation(
  beginning: Beginning,
  compiled: CompiledOperation,
  payload: unknown,
  given: Given | undefined,
): OperationRun {
  const { operation, hook, limits } = compiled;
  const { options, scope, extensions } = readGiven(beginning, given, operation, hook);
  if (options.stream !== undefined)
    throw optionsInvalid(`stream is for message hooks, and ${quoteName(hook)} is not one.`);
  const read = valueFor(compiled.payload, payload, "payload_invalid", hook, limits);
  if (beginning.denyTampering && tamperedViolation() !== undefined) {
    const text = "The realm is not as it was when the library loaded.";
    throw new GlassineError("realm_tampered", text, { hook });
  }
  // Without handlers, a filter chain returns the very value it was given.
  const isPassedOn = compiled.semantic === "filter_chain" && compiled.steps.length === 0;
  return new OperationRun(compiled, isPassedOn ? payload : read, extensions, scope, options);
}

interface ReadGiven {
  readonly options: RunOptions;
  readonly scope: RequestScope;
  readonly extensions: Slots;
}

/** @throws GlassineError `options_invalid`, `reentrancy`, `aborted` (a parent that has ended) */
function readGiven(
  { slots, runtime, empty }: Beginning,
  given: Given | undefined,
  operation: Compiled | undefined,
  hook: string,
): ReadGiven {
  const isPlain = given === undefined || hasExtensionsOnly(given);
  const options =
    isPlain && operation === undefined
      ? noRunOptions
      : readRunOptions(given ?? {}, operation, hook);
  const scope = isPlain ? new RequestScope(undefined) : readScope(given, options, runtime);
  const extensions = given === undefined ? undefined : ownOption(given, "extensions");
  return { options, scope, extensions: readExtensions(slots, extensions, empty) };
}

/** The host's own envelope as it is; anything else is read. */
function readExtensions(slots: CompiledSlots, given: unknown, empty: Slots): Slots {
  if (given === undefined || given === null) return empty;
  const brand = brandOf(given);
  const isOwn = brand !== undefined && brand.kind.slots === slots && brand.kind.mask === undefined;
  return isOwn ? (given as Slots) : createFrom(slots, given);
}

const maxDepth = 8;
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

/** An option of the call itself, not one found on a patched prototype. */
function ownOption<Key extends keyof Given>(given: Given, key: Key): Given[Key] {
  return intrinsics.hasOwn(given, key) ? given[key] : undefined;
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
});

/** Whether the host passes extensions and nothing else, as most hosts do. */
function hasExtensionsOnly(given: Given): boolean {
  if (typeof given !== "object" || given === null)
    throw optionsInvalid("invoke expects its options in an object.");
  let isOnly = true;
  for (const key in given) {
    if (key === "extensions" || !intrinsics.hasOwn(given, key)) continue;
    // A plugin of an earlier run may have patched the methods of lists.
    if (!includes(optionNames, key)) throw unknownOption(given, key);
    isOnly = false;
  }
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
  };
}

function readProgress(given: unknown): RunOptions["stream"] {
  if (given === undefined) return undefined;
  const done = intrinsics.ownValue(given, "done");
  if (typeof done === "boolean") return intrinsics.freeze({ done });
  throw optionsInvalid("stream must be { done } with a boolean.");
}

/** Refuses a part of a message where handlers would take it for the whole. */
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
    throw optionsInvalid("secrets must be an array of strings that are not empty.");
  return intrinsics.freeze(strings as string[]);
}

/** A frozen copy of the facts. Where the hook has a schema for them, its defaults are filled in. */
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

/** The scope of the request: that of an earlier result, of the outer run, or a new one. */
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
  // A new scope: the plugin gets hold of this one, and the outer one belongs to the host.
  const { scope, runtime: outer } = parent.run;
  return nestedScope(scope, request ?? requestOf(scope), outer, runtime);
}
