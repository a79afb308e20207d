import { expectTable, isRecord, typeName } from "../data/index.ts";
import { weakGet, weakSet } from "../data/intrinsics.ts";
import { GlassineError, quoted, suggestion } from "../errors/index.ts";
import { messageReader, messageSchema } from "../messages/index.ts";
import { type Compiled, compileSchema } from "../schema/index.ts";
import { type InputOf, type OutputOf, type Schema, zodOf } from "../slots/index.ts";
import {
  type Band,
  bands,
  hookSettings,
  type Ordering,
  orderings,
  type Semantic,
  semantics,
} from "./semantics.ts";

interface Described {
  readonly description: string;
  readonly payload: Schema;
}

/** A hook whose handlers may change the payload and its extensions. */
interface MessageHook extends Described {
  readonly semantic: "message";
  /** The payload fields that plugins may change. None by default. */
  readonly writable?: readonly string[];
  /** Which side of the operation the hook is on. It decides which `covers` hooks apply. */
  readonly side?: "pre" | "post";
  /** Set on a hook whose handlers also run at every hook of that side. */
  readonly covers?: "pre" | "post";
  /** A payload field that is deprecated in favor of the `http` slot. */
  readonly headersField?: string;
  /** Whether its messages can be streamed, which lets handlers set `stream`. */
  readonly streamed?: boolean;
}

interface OperationHook extends Described {
  /** The schema of the facts in `context.operation`. Default: any JSON object, or nothing. */
  readonly operation?: Schema;
  /** Default `core_first`. */
  readonly ordering?: Ordering;
  readonly band?: Band;
}

/** A hook whose handlers allow or deny. Its payload is an object of facts. */
interface VotingHook extends OperationHook {
  readonly semantic: "voting";
  /** Whether to deny with the reason `not implemented` if there are no handlers. Default false. */
  readonly required?: boolean;
}

/** A hook whose handlers pass a value along. `payload` is the schema of the value at each step. */
interface FilterHook extends OperationHook {
  readonly semantic: "filter_chain";
  /**
   * A rule beyond the schema. Compares the value that a handler of `plugin` returned (`got`) with
   * the one it was given, and returns what is wrong, or `undefined`. Write out the types of `given`
   * and `got`: those of the hook's value.
   */
  readonly keeps?: (given: never, got: never, plugin: string) => string | undefined;
}

/** A hook whose handlers return numbers by id. Its payload is the scored list. */
interface ScoreHook extends OperationHook {
  readonly semantic: "score_delta";
}

/** A hook whose handlers are notified. Its payload is an object of facts. */
interface FireHook extends OperationHook {
  readonly semantic: "fire_and_forget";
  /** Whether the first failure stops the rest and reaches the caller. Default false. */
  readonly strict?: boolean;
}

/** The definition of a hook, as `defineHook` takes it. */
export type HookDefinition = MessageHook | VotingHook | FilterHook | ScoreHook | FireHook;

/** A hook: how it is dispatched, what its payload is and what plugins may do there. */
export interface HookSpec
  extends Described,
    Omit<MessageHook, "semantic">,
    Omit<VotingHook, "semantic">,
    Omit<FilterHook, "semantic">,
    Omit<FireHook, "semantic"> {
  readonly semantic: Semantic;
}

/** Hooks by name. */
export interface HookTable {
  readonly [hook: string]: HookSpec;
}

/** The hooks of a table whose semantic is not `message`. */
export type OperationHookOf<Hooks extends HookTable> = {
  readonly [Hook in keyof Hooks]: Hooks[Hook]["semantic"] extends "message" ? never : Hook;
}[keyof Hooks] &
  string;

/** The hooks of a table whose semantic is `message`. */
export type MessageHookOf<Hooks extends HookTable> = Exclude<
  keyof Hooks & string,
  OperationHookOf<Hooks>
>;

/** The payload of a hook, frozen. */
export type PayloadOf<Spec extends HookSpec> = ValueOf<Spec, OutputOf<Spec["payload"]>>;

/** The payload that `invoke` takes: fields with a default may be left out. */
export type PayloadInputOf<Spec extends HookSpec> = ValueOf<Spec, InputOf<Spec["payload"]>>;

/** Null is not a value for a filter chain, even if its schema accepts it. */
type ValueOf<Spec extends HookSpec, Payload> = Spec["semantic"] extends "filter_chain"
  ? Exclude<Payload, null | undefined>
  : Payload;

/** The facts that a hook's handlers find in `context.operation`. */
export type OperationOf<Spec extends HookSpec> = Spec extends {
  readonly operation: infer Facts extends Schema;
}
  ? OutputOf<Facts>
  : Readonly<Record<string, unknown>> | undefined;

/** The facts that `invoke` takes as `operation`. */
export type OperationInputOf<Spec extends HookSpec> = Spec extends {
  readonly operation: infer Facts extends Schema;
}
  ? InputOf<Facts>
  : Readonly<Record<string, unknown>>;

/**
 * Declares one of a host's hooks. Used in `defineHost({ hooks })`.
 *
 * @throws GlassineError `hook_invalid`
 * @example
 * ```ts
 * import { defineHook } from "glassine/host";
 * import * as z from "zod";
 *
 * const invoicePaid = defineHook({
 *   semantic: "message",
 *   description: "An invoice is about to be paid.",
 *   payload: z.object({ invoice: z.string(), amount: z.number() }),
 *   writable: ["amount"],
 * });
 * const mayRefund = defineHook({
 *   semantic: "voting",
 *   description: "Somebody asks for a refund.",
 *   payload: z.object({ invoice: z.string() }),
 *   band: "AUTHZ",
 * });
 * console.log(invoicePaid.writable, mayRefund.band); // [ 'amount' ] AUTHZ
 * ```
 */
export function defineHook<const Spec extends HookDefinition>(spec: Spec): Spec {
  return checkedHook(spec);
}

/**
 * Checks a definition and freezes it. `name` is its key in a table of hooks.
 *
 * @throws GlassineError `hook_invalid`, with the name in `data.name` if there is one
 */
function checkedHook<const Spec extends HookSpec>(spec: Spec, name?: string): Spec {
  const hook = name === undefined ? "this hook" : `the hook ${quoted(name)}`;
  const problem = problemOf(spec, hook) ?? managedProblem(spec, hook, name);
  if (problem === undefined) return Object.freeze(spec);
  throw new GlassineError("hook_invalid", problem, name === undefined ? {} : { name });
}

/** The hooks that the manager invokes itself, if the host has them. */
const managed: { readonly [hook: string]: Semantic } = {
  config_validate: "voting",
  audit_emit: "fire_and_forget",
};

function managedProblem({ semantic }: HookSpec, hook: string, name = ""): string | undefined {
  const expected = Object.hasOwn(managed, name) ? managed[name] : semantic;
  if (semantic === expected) return undefined;
  return `The semantic of ${hook} must be "${expected}", because the manager invokes it; got "${semantic}".`;
}

/** The words of settings that take one. */
const words: { readonly [Key in "ordering" | "band" | "side" | "covers"]: readonly string[] } = {
  ordering: orderings,
  band: Object.keys(bands),
  side: ["pre", "post"],
  covers: ["pre", "post"],
};

/** Returns the first problem with a definition. `hook` is how the message refers to it. */
function problemOf(spec: HookSpec, hook: string): string | undefined {
  if (!isRecord(spec))
    return `The definition of ${hook} must be an object such as { semantic, description, payload }, got ${typeName(spec)}.`;
  const { semantic, writable = [], headersField } = spec;
  if (!semantics.includes(semantic))
    return `The semantic of ${hook} must be one of ${listed(semantics)}.`;
  if (typeof spec.description !== "string") return `The description of ${hook} must be a string.`;
  for (const key of Object.keys(spec)) {
    const problem = settingProblem(key, semantic, hook);
    if (problem !== undefined) return problem;
  }
  const type = typeOf(spec.payload);
  if (type === undefined) return `The payload of ${hook} must be a schema made with zod 4.`;
  const types: Partial<Record<Semantic, string>> = { filter_chain: type, score_delta: "array" };
  const expected = types[semantic] ?? "object";
  if (type !== expected) return `The payload of ${hook} must be a z.${expected} schema.`;
  if ((spec.side ?? spec.covers) !== undefined && spec.payload !== messageSchema)
    return `With side or covers, ${hook} shares handlers with message hooks, so its payload must be messageSchema.`;
  const { shape = {} } = zodOf(spec.payload)._zod.def as { shape?: object };
  if (!Array.isArray(writable)) return `writable of ${hook} must be an array of fields.`;
  const missing = writable.find((field) => !Object.hasOwn(shape, field));
  if (missing !== undefined)
    return `The writable field ${quoted(String(missing))} of ${hook} is not in its payload.`;
  if (headersField !== undefined && !Object.hasOwn(shape, headersField))
    return `The headersField ${quoted(String(headersField))} of ${hook} is not in its payload.`;
  for (const [key, known] of Object.entries(words)) {
    const value = spec[key as keyof typeof words];
    if (value !== undefined && !known.includes(value))
      return `The ${key} of ${hook} must be one of ${listed(known)}.`;
  }
  if (spec.streamed === true && spec.payload !== messageSchema)
    return `With streamed, the payload of ${hook} must be messageSchema.`;
  for (const key of ["required", "strict", "streamed"] as const) {
    if (spec[key] !== undefined && typeof spec[key] !== "boolean")
      return `${key} of ${hook} must be a boolean.`;
  }
  if (spec.keeps !== undefined && typeof spec.keeps !== "function")
    return `keeps of ${hook} must be a function.`;
  if (spec.operation !== undefined && typeOf(spec.operation) !== "object")
    return `The operation of ${hook} must be a z.object schema.`;
  return undefined;
}

function settingProblem(key: string, semantic: Semantic, hook: string): string | undefined {
  const settings: Readonly<Record<string, readonly Semantic[]>> = hookSettings;
  if (!Object.hasOwn(settings, key)) {
    return `Unknown setting ${quoted(key)} of ${hook}.${suggestion(key, Object.keys(settings))}`;
  }
  const takers = settings[key] ?? [];
  if (takers.includes(semantic)) return undefined;
  return `The setting ${quoted(key)} applies to hooks whose semantic is ${listed(takers)}; the semantic of ${hook} is ${quoted(semantic)}.`;
}

/** Returns zod's name for the type of a schema; `undefined` if zod 4 did not make the schema. */
function typeOf(schema: Schema | undefined): string | undefined {
  return schema?._zod === undefined ? undefined : zodOf(schema)._zod.def.type;
}

function listed(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}

const hookPattern = /^[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*$/;

/**
 * Declares a host's hooks by name. Each is checked as by `defineHook`.
 *
 * The manager invokes two hooks itself if a host declares them: `config_validate` (voting), in which
 * plugins vote on each other, and `audit_emit` (fire and forget), which receives audit events.
 *
 * @throws GlassineError `hook_invalid`
 * @example
 * ```ts
 * import { defineHooks } from "glassine/host";
 * import * as z from "zod";
 *
 * const hooks = defineHooks({
 *   "refund.authorize": {
 *     semantic: "voting",
 *     description: "Somebody asks for a refund.",
 *     payload: z.object({ invoice: z.string() }),
 *     ordering: "core_first",
 *     band: "AUTHZ",
 *   },
 * });
 * console.log(Object.keys(hooks)); // [ 'refund.authorize' ]
 * ```
 */
export function defineHooks<const Hooks extends { readonly [hook: string]: HookDefinition }>(
  hooks: Hooks,
): Hooks {
  expectTable(hooks, "hook_invalid", "defineHooks");
  return Object.freeze(joinHooks({}, hooks));
}

/** Joins two tables. Rejects a name that exists or differs from another only in separators. */
export function joinHooks<A extends HookTable, B extends HookTable>(a: A, b: B): A & B {
  const names = new Map(Object.keys(a).map((name) => [folded(name), name]));
  const specs = Object.entries(b).map(([name, spec]) => {
    if (!hookPattern.test(name) || name.length > 64 || reserved.includes(name)) {
      throw invalid(
        `A hook name must be lower-case words joined by _ or dots, at most 64 characters, and not ${reserved.join(" or ")}; got ${quoted(name)}.`,
        name,
      );
    }
    const clash = names.get(folded(name));
    if (clash === name) throw invalid(`The hook ${quoted(name)} already exists.`, name);
    if (clash !== undefined)
      throw invalid(`The hook ${quoted(name)} is too close to ${quoted(clash)}.`, name);
    names.set(folded(name), name);
    return [name, checkedHook(isRecord(spec) ? { ...spec } : spec, name)] as const;
  });
  // The checked entries of `b`. The type of fromEntries loses the keys.
  return Object.freeze({ ...a, ...(Object.fromEntries(specs) as unknown as B) });
}

// A health check is a field of the manifest; `constructor` is a key of every ordinary object.
const reserved = ["health_check", "constructor"];

function invalid(text: string, name: string): GlassineError {
  return new GlassineError("hook_invalid", text, { name });
}

function folded(name: string): string {
  return name.replaceAll(/[_.]/g, "");
}

const readers = new WeakMap<Schema, Compiled>();

/** Returns the reader for a hook's payload or operation. Compiled once for each schema. */
export function readerOf(schema: Schema): Compiled {
  if (schema === messageSchema) return messageReader;
  // Captured, because a plugin in a patched realm must not get hold of readers it did not make.
  let reader = weakGet(readers, schema);
  if (reader === undefined) {
    reader = compileSchema(zodOf(schema), { closed: true, shownWhole: true });
    weakSet(readers, schema, reader);
  }
  return reader;
}
