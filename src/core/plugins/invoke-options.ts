/** The options of one `invoke`, and how they are read. */

import { intrinsics } from "../data/index.ts";
import { brandOf } from "../envelope/index.ts";
import { GlassineError, suggestion } from "../errors/index.ts";
import {
  isScope,
  type ManagerRuntime,
  nestedScope,
  originOf,
  RequestScope,
  type RunOptions,
  renamedScope,
  requestOf,
  scopeIn,
} from "../hooks/index.ts";
import { payloadFor } from "../messages/index.ts";
import { type Compiled, compileSchema, jsonObject } from "../schema/index.ts";
import { quoteName, readPlainArray } from "./read-plain.ts";
import { timeoutFault } from "./settings.ts";

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
   * asked, about a payload that an earlier run gave and that was changed elsewhere since.
   */
  readonly recheck?: boolean | "only" | undefined;
  /** `context` of an earlier result of the same request: carries private state. */
  readonly context?: RequestScope | undefined;
  /** The context of the handler that starts this run. Limits depth; labels join the outer run. */
  readonly parent?: object | undefined;
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

/** An option the host really gave: one found on a patched prototype is none. */
export function ownOption<Key extends keyof InvokeOptions<unknown>>(
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
 * Whether the host gives extensions and nothing else, which is what most hosts do.
 *
 * @throws GlassineError `options_invalid`
 */
export function givesExtensionsOnly(given: InvokeOptions<unknown>): boolean {
  if (typeof given !== "object" || given === null)
    throw misuse("invoke expects its options in an object.");
  let only = true;
  for (const key in given) {
    if (key === "extensions" || !intrinsics.hasOwn(given, key)) continue;
    if (optionNames[key] !== true) throw unknownOption(given, key);
    only = false;
  }
  return only;
}

/** @throws GlassineError `options_invalid`, `reentrancy`, `aborted` (a parent that has ended) */
export function readRunOptions(
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
    throw misuse("signal expects an AbortSignal.");
  }
  if (tenant !== undefined && typeof tenant !== "string") throw misuse("tenant expects a text.");
  if (server !== undefined && typeof server !== "string") throw misuse("server expects a text.");
  if (typeof recheck !== "boolean" && recheck !== "only")
    throw misuse('recheck expects true, false or "only".');
  const origin = parent === undefined ? undefined : originOf(parent);
  if (parent !== undefined && origin === undefined) {
    throw misuse("parent expects the context of a handler.");
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
  throw misuse("secrets expects a list of texts that are not empty.");
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
export function readScope(
  invokeOptions: InvokeOptions<unknown> | undefined,
  options: RunOptions,
  runtime: ManagerRuntime,
): RequestScope {
  const given = invokeOptions ?? {};
  const context = ownOption(given, "context");
  const request = ownOption(given, "request");
  if (context !== undefined && !isScope(context)) {
    throw misuse("context expects the context of an earlier result.");
  }
  if (request !== undefined && typeof request !== "string") {
    throw misuse("request expects the request's id, a text.");
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

/** @throws GlassineError `options_invalid` */
export function readCloseTimeout(given: unknown): number {
  if (given === undefined) return 10_000;
  const isObject = typeof given === "object" && given !== null;
  const { timeoutMs = 10_000, ...others } = (isObject ? given : {}) as { timeoutMs?: unknown };
  const [other] = Object.keys(others);
  if (!isObject || other !== undefined) throw misuse("close takes { timeoutMs } or nothing.");
  const fault = timeoutFault(timeoutMs) ?? (timeoutMs === null ? "it must be a number" : undefined);
  if (fault !== undefined) throw misuse(`timeoutMs of close: ${fault}.`);
  return timeoutMs as number;
}

function unknownOption(given: object, key: string): GlassineError {
  if (brandOf(given) !== undefined) {
    return misuse("invoke expects its options in an object, got extensions: pass { extensions }.");
  }
  return misuse(
    `invoke has no option ${quoteName(key)}.${suggestion(key, Object.keys(optionNames))}`,
  );
}

function misuse(text: string): GlassineError {
  return new GlassineError("options_invalid", text);
}
