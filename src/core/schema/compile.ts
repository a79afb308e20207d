/**
 * Compiles a zod schema into a reader that checks, copies and freezes plain data in one pass.
 *
 * Known kinds, levels, maps, lists, plain types and their wrappers are read directly, and their
 * checks are called one by one. Any other schema (a union without a tag, a transform) is parsed by
 * zod, which only ever gets a copy; its output is read again.
 */
import type * as z from "zod/mini";
import type { Limits } from "../data/index.ts";
import { BAD, checkText, countNode, type Reader, report } from "../data/index.ts";
import { create, freeze, mapGet, mapSet } from "../data/intrinsics.ts";
import { GlassineError, isGlassineError } from "../errors/index.ts";
import { checksOf, passesBy, readByZod, withChecks, type ZodCheck } from "./checks.ts";
import type { Compiled, Shape } from "./compiled.ts";
import { checksBesideKind, holdsHeaders, kindOf, listLimitOf } from "./kinds.ts";
import { compileLevel, compileLoose, headersInWhole, inWhole, nullableOf } from "./level.ts";
import { mismatch, readArray, readMap, readNumber, readText } from "./readers.ts";
import { keepKeys } from "./schema-path.ts";
import { compileTagged } from "./tagged.ts";

export interface CompileOptions {
  /** Whether an unknown field from a plugin makes its whole proposal invalid. */
  readonly closed: boolean;
  /** True for payloads, which plugins see whole: omitted fields stay. False for slots. */
  readonly shownWhole: boolean;
}

/** The state of one compilation. */
interface Compiling extends CompileOptions {
  /** Each schema is compiled once, wherever it occurs; a recursive one is found here. */
  readonly known: Map<z.core.$ZodType, Compiled>;
  /** The schemas around this one. */
  readonly within: Within | undefined;
  /** Recursive schemas that are still to be compiled. */
  readonly pending: (() => Compiled)[];
  readonly keys: { [key: string]: true };
}

interface Within {
  readonly schema: z.core.$ZodType;
  readonly above: Within | undefined;
}

/** A getter that makes a new schema each time never ends; the rest is compiled on first use. */
const maxPending = 200;
/**
 * Compiles a schema completely, and freezes the result: its first use may come in a realm that a
 * plugin has patched, and the plugin would control what is compiled there.
 */
export function compileSchema(schema: z.core.$ZodType, options: CompileOptions): Compiled {
  return compilerFor(options)(schema);
}

/** Returns a function that compiles several schemas alike. Shared parts are compiled once. */
export function compilerFor(options: CompileOptions): (schema: z.core.$ZodType) => Compiled {
  const known = new Map<z.core.$ZodType, Compiled>();
  const keys: Compiling["keys"] = create(null);
  return (schema) => {
    const pending: (() => Compiled)[] = [];
    const compiling = { ...options, known, pending, keys, within: undefined };
    const compiled = compile(schema, compiling);
    // The list of pending schemas grows during this loop.
    for (let i = 0; i < compiling.pending.length && i < maxPending; i++) {
      try {
        compiling.pending[i]?.();
      } catch (error) {
        // A getter may refer to a schema that is not defined yet.
        if (isGlassineError(error)) throw error;
      }
    }
    keepKeys(compiled, keys);
    return compiled;
  };
}

function compile(schema: z.core.$ZodType, options: Compiling): Compiled {
  const before = mapGet(options.known, schema);
  if (before !== undefined) return before;
  for (let at = options.within; at !== undefined; at = at.above) {
    if (at.schema === schema) throw containsItself(options);
  }
  const within = { schema, above: options.within };
  const compiled = freeze(compileNew(schema, { ...options, within }));
  mapSet(options.known, schema, compiled);
  return compiled;
}

/** Such a schema would have parts that count as a whole in one place and by field in another. */
function containsItself({ shownWhole }: Compiling): GlassineError {
  return new GlassineError(
    shownWhole ? "hook_invalid" : "slot_invalid",
    "A schema contains itself through a getter. Refer to it with z.lazy instead.",
  );
}

function compileNew(schema: z.core.$ZodType, options: Compiling): Compiled {
  const kind = kindOf(schema);
  if (kind !== undefined) {
    const rest = checksBesideKind(schema);
    return withChecks(native(kind.shape, kind.read), rest, options.shownWhole);
  }
  const checks = checksOf(schema);
  // zod has a type for each class of definition; here all are read by their `type`.
  const def = schema._zod.def as unknown as Def;
  // Coercion is a transform, which only zod can run.
  const type = def.coerce === true ? "coerced" : def.type;
  const compileInner = (inner: unknown) => compile(inner as z.core.$ZodType, options);
  const compilePart = (inner: unknown) => inWhole(compileInner(inner), options.shownWhole);
  const checked = (compiled: Compiled, rest: readonly ZodCheck[] = checks) =>
    withChecks(compiled, rest, options.shownWhole);
  const onlyZod = (shape: Shape): Compiled => {
    if (!options.shownWhole && holdsHeaders(schema)) throw headersInWhole();
    return { ...native(shape, readByZod(schema)), passes: passesBy(checks) };
  };
  switch (type) {
    case "object": {
      const shape = def.shape as Record<string, z.core.$ZodType>;
      for (const key of Object.keys(shape)) options.keys[key] = true;
      if (def.catchall !== undefined && def.catchall._zod.def.type !== "never") {
        const rest = compilePart(def.catchall).read;
        return checked(native("map", compileLoose(shape, compilePart, rest)));
      }
      const level = compileLevel(schema, shape, compileInner, {
        ...options,
        strict: def.catchall !== undefined,
      });
      return checked({ ...native("level", level.read), level });
    }
    case "record": {
      // Keys other than any string are a rule that only zod can check.
      const key = def.keyType as z.core.$ZodType;
      const isAnyString = key._zod.def.type === "string" && checksOf(key).length === 0;
      if (!isAnyString) return onlyZod("map");
      const { read } = compilePart(def.valueType);
      return checked(
        native("map", (state, input, previous) => readMap(state, input, previous, read)),
      );
    }
    case "array": {
      const element = compilePart(def.element);
      const { bounds, others } = boundsOf(checks);
      const read = listReader(element.read, listLimitOf(schema), bounds);
      return checked({ ...native("list", read), element }, others);
    }
    case "union": {
      const read = compileTagged(schema, compilePart, options.shownWhole);
      return read === undefined ? onlyZod("scalar") : checked(native("scalar", read));
    }
    case "lazy":
      return checked(compileLazy(def.getter as () => z.core.$ZodType, options));
    case "string":
      return checked(native("scalar", readText));
    case "number":
      return checked(native("scalar", readNumber));
    case "boolean":
      return checked(native("scalar", readBoolean));
    case "enum":
    case "literal":
      return checked(native("scalar", oneOf([...(schema._zod.values as ReadonlySet<unknown>)])));
    case "nullable":
      return checked(nullableOf(compileInner(def.innerType), options.shownWhole));
    // An absent value is handled by the field; here there is a value.
    case "optional":
    case "nonoptional":
    case "default":
    case "prefault":
    case "readonly":
      return checked(compileInner(def.innerType));
    default:
      return onlyZod("scalar");
  }
}

function compileLazy(getter: () => z.core.$ZodType, options: Compiling): Compiled {
  let inner: Compiled | undefined;
  const { shownWhole } = options;
  const compiled = () => {
    inner ??= inWhole(compile(getter(), { ...options, within: undefined }), shownWhole);
    return inner;
  };
  options.pending.push(compiled);
  return native("scalar", (state, input, previous, partial) =>
    compiled().read(state, input, previous, shownWhole && partial),
  );
}

interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** Separates the length bounds of a list from its other checks. */
function boundsOf(checks: readonly ZodCheck[]): { bounds: Bounds; others: readonly ZodCheck[] } {
  const bounds = { min: 0, max: Number.POSITIVE_INFINITY };
  const others = checks.filter((check) => {
    const def = check._zod.def as { check: string; maximum: number; minimum: number };
    if (def.check === "max_length") bounds.max = Math.min(bounds.max, def.maximum);
    else if (def.check === "min_length") bounds.min = Math.max(bounds.min, def.minimum);
    else return true;
    return false;
  });
  return { bounds, others };
}

function listReader(read: Reader, limit: keyof Limits | undefined, { min, max }: Bounds): Reader {
  return (state, input, previous) => {
    const items = readArray(state, input, previous, read, state.limits[limit ?? "nodes"]);
    if (items === BAD) return BAD;
    if (items.length > max)
      return report(state, state.shapeCode, `at most ${max} elements`, "more");
    if (items.length < min)
      return report(state, state.shapeCode, `at least ${min} elements`, "fewer");
    return items;
  };
}

interface Def {
  readonly type: string;
  readonly catchall?: z.core.$ZodType;
  readonly [part: string]: unknown;
}

function native(shape: Shape, read: Reader): Compiled {
  return { shape, read, passes: undefined, level: undefined, element: undefined };
}

const readBoolean: Reader = (state, value) => {
  if (typeof value !== "boolean") return mismatch(state, value, "a boolean");
  countNode(state);
  return value;
};

function oneOf(values: readonly unknown[]): Reader {
  const expected = `one of ${values.map((v) => (typeof v === "string" ? JSON.stringify(v) : String(v))).join(", ")}`;
  return (state, value) => {
    let known: unknown;
    for (let i = 0; i < values.length; i++) if (values[i] === value) known = values[i];
    if (typeof value !== "string") countNode(state);
    else if (checkText(state, value, known) === BAD) return BAD;
    if (known !== undefined) return known;
    if (typeof value !== "string") return mismatch(state, value, expected);
    return report(state, state.shapeCode, expected, "a string that does not match");
  };
}
