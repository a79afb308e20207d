import { GlassineError, quoted, suggestion } from "../errors/index.ts";
import { messageSchema } from "../messages/index.ts";
import { type InputOf, type OutputOf, type Schema, zodOf } from "../slots/index.ts";
import {
  type Band,
  bands,
  hookSettings,
  type Ordering,
  orderings,
  type Semantic,
  semantics,
} from "./surface.ts";

interface Described {
  readonly description: string;
  readonly payload: Schema;
}

/** A hook whose handlers may change a payload and the extensions beside it. */
interface MessageHook extends Described {
  readonly semantic: "message";
  /** The payload fields that plugins may change. None by default. */
  readonly writable?: readonly string[];
  /** Which side of the operation the point is on. Handlers of `covers` hooks go by it. */
  readonly side?: "pre" | "post";
  /** A hook whose handlers take part in every point of that side. */
  readonly covers?: "pre" | "post";
  /** A payload field that is deprecated for the `http` slot. */
  readonly headersField?: string;
}

interface OperationHook extends Described {
  /** The schema of the facts in `context.operation`. Default: any JSON object, or none. */
  readonly operation?: Schema;
  /** Default `core_first`. */
  readonly ordering?: Ordering;
  readonly band?: Band;
}

/** A hook whose handlers allow or deny. Its payload is an object of facts. */
interface VotingHook extends OperationHook {
  readonly semantic: "voting";
  /** Denies with the reason `not implemented` where nobody has a handler. Default false. */
  readonly required?: boolean;
}

/** A hook whose handlers pass a value on. `payload` is the value's schema, for each of them. */
interface FilterHook extends OperationHook {
  readonly semantic: "filter_chain";
  /**
   * A rule beyond the schema: what is wrong with the value a handler gave for the one it got, or
   * `undefined`. `plugin` is the handler's.
   */
  readonly keeps?: (given: never, got: never, plugin: string) => string | undefined;
}

/** A hook whose handlers give numbers by id. Its payload is the scored list. */
interface ScoreHook extends OperationHook {
  readonly semantic: "score_delta";
}

/** A hook whose handlers are told of something. Its payload is an object of facts. */
interface FireHook extends OperationHook {
  readonly semantic: "fire_and_forget";
  /** Whether the first failure stops the rest and reaches the caller. Default false. */
  readonly strict?: boolean;
}

/** A hook point as `defineHook` takes it. */
export type HookDefinition = MessageHook | VotingHook | FilterHook | ScoreHook | FireHook;

/** A hook point: how it is dispatched, what its payload is and what plugins may do there. */
export interface HookSpec extends Described {
  readonly semantic: Semantic;
  readonly writable?: MessageHook["writable"];
  readonly side?: MessageHook["side"];
  readonly covers?: MessageHook["covers"];
  readonly headersField?: MessageHook["headersField"];
  readonly operation?: OperationHook["operation"];
  readonly ordering?: OperationHook["ordering"];
  readonly band?: OperationHook["band"];
  readonly required?: VotingHook["required"];
  readonly keeps?: FilterHook["keeps"];
  readonly strict?: FireHook["strict"];
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
export type PayloadOf<Spec extends HookSpec> = OutputOf<Spec["payload"]>;

/** What `invoke` takes as payload: fields with a default may be left out. */
export type PayloadInputOf<Spec extends HookSpec> = InputOf<Spec["payload"]>;

/** The facts in `context.operation` of a hook's handlers. */
export type OperationOf<Spec extends HookSpec> = Spec extends {
  readonly operation: infer Facts extends Schema;
}
  ? OutputOf<Facts>
  : Readonly<Record<string, unknown>> | undefined;

/** What `invoke` takes as `operation`. */
export type OperationInputOf<Spec extends HookSpec> = Spec extends {
  readonly operation: infer Facts extends Schema;
}
  ? InputOf<Facts>
  : Readonly<Record<string, unknown>>;

/**
 * Declares a hook of a host. Used in `defineHost({ hooks })`.
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

/** Tells what is wrong with a definition; `hook` stands for it in the text. */
interface Blame {
  readonly hook: string;
  readonly fail: (text: string) => never;
}

function blameFor(name: string | undefined): Blame {
  const data = name === undefined ? {} : { name };
  return {
    hook: name === undefined ? "this hook" : `the hook ${quoted(name)}`,
    fail: (text) => {
      throw new GlassineError("hook_invalid", text, data);
    },
  };
}

/**
 * The definition, frozen. `name` is what a table has it under.
 *
 * @throws GlassineError `hook_invalid`, with the name in `data.name` where there is one
 */
export function checkedHook<const Spec extends HookSpec>(spec: Spec, name?: string): Spec {
  const blame = blameFor(name);
  const { hook } = blame;
  const fail: Blame["fail"] = blame.fail;
  const { semantic } = spec;
  if (!semantics.includes(semantic))
    fail(`The semantic of ${hook} is one of ${listed(semantics)}.`);
  if (typeof spec.description !== "string") fail(`The description of ${hook} is a text.`);
  for (const key of Object.keys(spec)) checkSetting(key, semantic, blame);
  const shape = shapeOf(spec.payload, semantic, blame);
  if ((spec.side ?? spec.covers) !== undefined && spec.payload !== messageSchema) {
    fail(
      `With side or covers ${hook} shares its handlers with message points: its payload is messageSchema.`,
    );
  }
  for (const field of spec.writable ?? []) {
    if (shape === undefined || !Object.hasOwn(shape, field))
      fail(`The writable field ${quoted(field)} of ${hook} is not in its payload.`);
  }
  if (spec.ordering !== undefined && !orderings.includes(spec.ordering))
    fail(`The ordering of ${hook} is one of ${listed(orderings)}.`);
  if (spec.band !== undefined && !Object.hasOwn(bands, spec.band))
    fail(`The band of ${hook} is one of ${listed(Object.keys(bands))}.`);
  for (const key of ["required", "strict"] as const) {
    if (spec[key] !== undefined && typeof spec[key] !== "boolean")
      fail(`${key} of ${hook} is true or false.`);
  }
  if (spec.keeps !== undefined && typeof spec.keeps !== "function")
    fail(`keeps of ${hook} is a function.`);
  if (spec.operation !== undefined && typeOf(spec.operation) !== "object")
    fail(`The operation of ${hook} is a z.object schema.`);
  return Object.freeze(spec);
}

function checkSetting(key: string, semantic: Semantic, { hook, fail }: Blame): void {
  const known = Object.keys(hookSettings);
  if (!known.includes(key))
    fail(`For ${hook} there is no setting ${quoted(key)}.${suggestion(key, known)}`);
  const takers: readonly Semantic[] = hookSettings[key as keyof typeof hookSettings];
  if (takers.includes(semantic)) return;
  fail(
    `The setting ${quoted(key)} is for hooks whose semantic is ${listed(takers)}; that of ${hook} is ${quoted(semantic)}.`,
  );
}

/** The fields of a payload, where it has known ones. */
function shapeOf(
  payload: Schema | undefined,
  semantic: Semantic,
  { hook, fail: tell }: Blame,
): object | undefined {
  const fail: Blame["fail"] = tell;
  const type = typeOf(payload);
  if (payload === undefined || type === undefined)
    fail(`The payload of ${hook} is a schema made with zod 4.`);
  if (semantic === "filter_chain") return undefined;
  if (semantic === "score_delta") {
    if (type !== "array")
      fail(`The payload of ${hook} is a z.array schema, as of any score_delta.`);
    return undefined;
  }
  if (type !== "object") fail(`The payload of ${hook} is a z.object schema.`);
  return (zodOf(payload)._zod.def as { shape?: object }).shape;
}

function typeOf(schema: Schema | undefined): string | undefined {
  return schema?._zod === undefined ? undefined : zodOf(schema)._zod.def.type;
}

function listed(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}
