/**
 * What comes before a run: the host's options, payload and extensions are read. Everything the host
 * can get wrong is found here.
 */
import { intrinsics } from "../data/index.ts";
import {
  brandOf,
  createFrom,
  type HeaderMap,
  replaceSlots,
  type Slots,
} from "../envelope/index.ts";
import { GlassineError, ManifestError, optionsInvalid, suggestion } from "../errors/index.ts";
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
} from "../hooks/index.ts";
import { payloadFor, valueFor } from "../messages/index.ts";
import { type Compiled, compileSchema, jsonObject } from "../schema/index.ts";
import type { CompiledSlots } from "../slots/index.ts";
import { tamperedViolation } from "./deny-tampering.ts";
import { orClause } from "./near.ts";
import { headersMoved, warnHeaders } from "./payload-headers.ts";
import type { Surface } from "./profile.ts";
import { quoteName, readPlainArray } from "./read-plain.ts";

/** Options of `invoke`. */
export interface InvokeOptions<Extensions, Operation = Readonly<Record<string, unknown>>> {
  readonly extensions?: Extensions | undefined;
  /** Further facts of the operation, for `context.operation`. */
  readonly operation?: Operation | undefined;
  /** Aborts the run. What was merged stays on the result. */
  readonly signal?: AbortSignal | undefined;
  /** The request's id. Default: that of `context` or `parent`, or a fresh one. */
  readonly request?: string | undefined;
  /** Who the call is for, for plugins with a `tenants` condition. */
  readonly tenant?: string | undefined;
  /** The server that the call is for, for plugins with a `servers` condition. Default: as `mcp` says. */
  readonly server?: string | undefined;
  /** Texts that no log line and no record of this run may hold, such as credentials. */
  readonly secrets?: readonly string[] | undefined;
  /**
   * Whether plugins that may deny are asked again about a payload that a later one changed. Then
   * what the result holds is what they allowed. Default: false. `only`: they are the only ones to be
   * asked, about a payload that an earlier run returned and that was changed elsewhere since.
   */
  readonly recheck?: boolean | "only" | undefined;
  /** `context` of an earlier result of the same request: carries private state. */
  readonly context?: RequestScope | undefined;
  /** The context of the handler that starts this run. Limits depth; labels join the outer run. */
  readonly parent?: object | undefined;
}

type Given = InvokeOptions<unknown> | undefined;

/** What every run of a manager begins with. */
export interface Beginning {
  readonly slots: CompiledSlots;
  readonly runtime: ManagerRuntime;
  /** What a run without extensions has. */
  readonly empty: Slots;
  readonly denyTampering: boolean;
  /** The hooks whose caller was warned of `headers` on a payload. */
  readonly warned: Record<string, unknown>;
}

/** A run of a message hook, or its result where nothing runs. */
export function beginMessage(
  { slots, runtime, empty, denyTampering, warned }: Beginning,
  compiled: CompiledHook,
  payload: unknown,
  given: Given,
): MessageRun | AnyInvokeResult {
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
    if (warned[hook] !== true) warnHeaders(hook);
    warned[hook] = true;
    extensions = headersMoved(slots, extensions, headers as HeaderMap, replaceSlots);
    read = payloadFor(compiled.payload, rest, "payload_invalid", hook, payloadLimits);
  }
  const tampered = denyTampering ? tamperedViolation() : undefined;
  if (tampered !== undefined) {
    const refused = new MessageRun(compiled, read, extensions, scope, options);
    refused.stop(tampered, "denied");
    return refused;
  }
  // Where nothing runs and nothing else is wished for, the result is all there is.
  if (compiled.empty && options === noRunOptions) {
    runtime.counts.started += 1;
    runtime.counts.allowed += 1;
    return resultOf({ compiled, payload: read, extensions, scope, written: undefined }, undefined);
  }
  return new MessageRun(compiled, read, extensions, scope, options);
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

const maxDepth = 8;
const factsReader = compileSchema(jsonObject(), { closed: false, shownWhole: true });
const optionNames: Readonly<Record<string, true>> = Object.assign(
  intrinsics.newRecord() as Record<string, true>,
  {
    extensions: true,
    operation: true,
    signal: true,
    request: true,
    tenant: true,
    server: true,
    secrets: true,
    recheck: true,
    context: true,
    parent: true,
  } as const,
);

/** An option of the host's own: one on a patched prototype does not count. */
function ownOption<Key extends keyof InvokeOptions<unknown>>(
  given: InvokeOptions<unknown>,
  key: Key,
): InvokeOptions<unknown>[Key] {
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
  parent: undefined,
  depth: 0,
});

/**
 * Whether the host passes extensions and nothing else, as most hosts do.
 *
 * @throws GlassineError `options_invalid`
 */
function givesExtensionsOnly(given: InvokeOptions<unknown>): boolean {
  if (typeof given !== "object" || given === null)
    throw optionsInvalid("invoke expects its options in an object.");
  let only = true;
  for (const key in given) {
    if (key === "extensions" || !intrinsics.hasOwn(given, key)) continue;
    if (optionNames[key] !== true) throw unknownOption(given, key);
    only = false;
  }
  return only;
}

/** @throws GlassineError `options_invalid`, `reentrancy`, `aborted` (a parent that has ended) */
function readRunOptions(
  given: InvokeOptions<unknown>,
  facts: Compiled | undefined,
  hook: string,
): RunOptions {
  // Facts of a known shape have their defaults filled in, also where none is given.
  const operation = ownOption(given, "operation") ?? (facts === undefined ? undefined : {});
  const signal = ownOption(given, "signal");
  const tenant = ownOption(given, "tenant");
  const server = ownOption(given, "server");
  const secrets = readSecrets(ownOption(given, "secrets"));
  const recheck = ownOption(given, "recheck") ?? false;
  const parent = ownOption(given, "parent");
  if (operation === undefined && signal === undefined && tenant === undefined) {
    const isPlain = parent === undefined && secrets === undefined && recheck === false;
    if (isPlain && server === undefined) return noRunOptions;
  }
  if (signal !== undefined && typeof signal?.addEventListener !== "function") {
    throw optionsInvalid("signal expects an AbortSignal.");
  }
  if (tenant !== undefined && typeof tenant !== "string")
    throw optionsInvalid("tenant expects a string.");
  if (server !== undefined && typeof server !== "string")
    throw optionsInvalid("server expects a string.");
  if (typeof recheck !== "boolean" && recheck !== "only")
    throw optionsInvalid('recheck expects true, false or "only".');
  const origin = parent === undefined ? undefined : originOf(parent);
  if (parent !== undefined && origin === undefined) {
    throw optionsInvalid("parent expects the context of a handler.");
  }
  const depth = origin === undefined ? 0 : origin.run.options.depth + 1;
  if (depth >= maxDepth) {
    throw new GlassineError("reentrancy", `Invocations are nested more than ${maxDepth} deep.`, {
      depth: maxDepth,
    });
  }
  return {
    operation: operation === undefined ? undefined : frozenFacts(operation, hook, facts),
    signal,
    tenant,
    server,
    secrets,
    recheck,
    parent: origin,
    depth,
  };
}

function readSecrets(given: unknown): readonly string[] | undefined {
  if (given === undefined) return undefined;
  const texts = readPlainArray(given);
  if (texts?.every((text) => typeof text === "string" && text !== "") === true) {
    return intrinsics.freeze(texts as string[]);
  }
  throw optionsInvalid("secrets expects a list of strings that are not empty.");
}

/** Facts are data too: nobody changes them under a handler's hands. */
function frozenFacts(
  operation: object,
  hook: string,
  reader: Compiled = factsReader,
): Readonly<Record<string, unknown>> {
  const facts = payloadFor(reader, operation, "options_invalid", `operation of ${hook}`);
  return facts as Readonly<Record<string, unknown>>;
}

/** The scope of the request: that of an earlier result, of the outer run, or a fresh one. */
function readScope(
  invokeOptions: InvokeOptions<unknown> | undefined,
  options: RunOptions,
  runtime: ManagerRuntime,
): RequestScope {
  const given = invokeOptions ?? {};
  const context = ownOption(given, "context");
  const request = ownOption(given, "request");
  if (context !== undefined && !isScope(context)) {
    throw optionsInvalid("context expects the context of an earlier result.");
  }
  if (request !== undefined && typeof request !== "string") {
    throw optionsInvalid("request expects the request's id, a string.");
  }
  if (context !== undefined) {
    const scope = scopeIn(context, runtime);
    return request === undefined ? scope : renamedScope(scope, request);
  }
  if (options.parent === undefined) return new RequestScope(request);
  // An object of its own: this one gets into a plugin's hands, and the outer one is the host's.
  const { scope, runtime: outer } = options.parent.run;
  return nestedScope(scope, request ?? requestOf(scope), outer, runtime);
}

function unknownOption(given: object, key: string): GlassineError {
  if (brandOf(given) !== undefined) {
    return optionsInvalid(
      "invoke expects its options in an object, got extensions: pass { extensions }.",
    );
  }
  return optionsInvalid(
    `invoke has no option ${quoteName(key)}.${suggestion(key, Object.keys(optionNames))}`,
  );
}
