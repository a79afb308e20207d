/**
 * Compiles a zod schema into a reader that copies, checks and freezes in one pass.
 *
 * Known kinds, levels, maps, lists, plain types and their wrappers are read natively, and their
 * checks called one by one. Any other schema (a union, a transform) is copied first as free-form
 * JSON, then parsed by zod, then copied again: zod only ever sees our copy.
 */
import type * as z from "zod";
import { checksOf, held, passesBy, type ZodCheck } from "./checks.ts";
import type { Compiled, Shape } from "./compiled.ts";
import { mismatch, readArray, readMap } from "./free-form.ts";
import { freeze } from "./intrinsics.ts";
import { checksBesideKind, kindOf, listLimitOf, readNumber, readText } from "./kinds.ts";
import { compileLevel, compileLoose } from "./level.ts";
import type { Limits } from "./limits.ts";
import { checkText } from "./properties.ts";
import { compileTagged } from "./tagged.ts";
import { viaZod } from "./via-zod.ts";
import { BAD, countNode, type Reader, report, type Walk } from "./walk.ts";

export interface CompileOptions {
  /** Whether an unknown field from a plugin refuses the whole proposal. */
  readonly closed: boolean;
  /**
   * Whether a plugin is shown all of a value, as with payloads. What it leaves out of a level
   * then stays, and what comes of that is whole. Of a slot it may be shown a part only.
   */
  readonly shownWhole: boolean;
}

/** One compilation of a schema and all that is in it. */
interface Compiling extends CompileOptions {
  /** What recursion comes back to. */
  readonly known: Map<z.ZodType, Compiled>;
  /** What recursion has yet to compile. */
  readonly pending: (() => Compiled)[];
}

/** A getter that makes a schema anew each time has no end; the rest is compiled on first use. */
const maxPending = 100;

/**
 * Compiled as a whole, and frozen: a first use may come in a realm that a plugin has patched, and
 * what is compiled there would be the plugin's.
 */
export function compileSchema(schema: z.ZodType, { closed, shownWhole }: CompileOptions): Compiled {
  const compiling: Compiling = { closed, shownWhole, known: new Map(), pending: [] };
  const compiled = compile(schema, compiling);
  compiling.known.set(schema, compiled);
  for (const inner of compiling.pending) {
    if (compiling.pending.length > maxPending) break;
    try {
      inner();
    } catch {
      // A getter may name a schema that is not there yet.
    }
  }
  return frozen(compiled);
}

function frozen(compiled: Compiled): Compiled {
  const { level, element } = compiled;
  if (level !== undefined) {
    for (const field of level.fields) {
      frozen(field.compiled);
      freeze(field);
    }
    freeze(level.fields);
    freeze(level);
  }
  if (element !== undefined) frozen(element);
  return freeze(compiled);
}

function compile(schema: z.ZodType, options: Compiling): Compiled {
  const kind = kindOf(schema);
  if (kind !== undefined) {
    const rest = checksBesideKind(schema);
    return held(native(kind.shape, kind.read), rest, options.shownWhole);
  }
  const checks = checksOf(schema);
  const def = schema._zod.def as unknown as Def;
  // Coercion is a transform: only zod knows it.
  const type = def.coerce === true ? "coerced" : def.type;
  const compileInner = (inner: unknown) => compile(inner as z.ZodType, options);
  const withChecks = (compiled: Compiled, rest: readonly ZodCheck[] = checks) =>
    held(compiled, rest, options.shownWhole);
  const onlyZod = (shape: Shape): Compiled => ({
    ...native(shape, viaZod(schema)),
    passes: passesBy(checks),
  });
  switch (type) {
    case "object": {
      const catchall = def.catchall?._zod.def.type;
      const shape = def.shape as Record<string, z.ZodType>;
      if (def.catchall !== undefined && catchall !== "never") {
        const rest = compileInner(def.catchall).read;
        return withChecks(native("map", compileLoose(shape, compileInner, rest)));
      }
      const level = compileLevel(schema, shape, compileInner, {
        ...options,
        strict: catchall === "never",
      });
      const { read, overlay } = level;
      return withChecks({ ...native("level", read), overlay, level });
    }
    case "record": {
      // Keys other than any text are a rule that only zod knows.
      const key = def.keyType as z.ZodType;
      const isAnyText = key._zod.def.type === "string" && checksOf(key).length === 0;
      if (!isAnyText) return onlyZod("map");
      const value = compileInner(def.valueType).read;
      return withChecks(native("map", (walk, input, hint) => readMap(walk, input, hint, value)));
    }
    case "array": {
      const element = compileInner(def.element);
      const { bounds, others } = boundsOf(checks);
      const read = listReader(element.read, listLimitOf(schema), bounds);
      return withChecks({ ...native("list", read), element }, others);
    }
    case "union": {
      const tagged = compileTagged(schema, compileInner, options.shownWhole);
      return tagged === undefined ? onlyZod("scalar") : withChecks(native("scalar", tagged));
    }
    case "lazy":
      return withChecks(native("scalar", compileLazy(def.getter as () => z.ZodType, options)));
    case "string":
      return withChecks(native("scalar", readText));
    case "number":
      return withChecks(native("scalar", readNumber));
    case "boolean":
      return withChecks(native("scalar", readBoolean));
    case "enum":
    case "literal":
      return withChecks(native("scalar", oneOf([...(schema._zod.values as ReadonlySet<unknown>)])));
    case "nullable": {
      const { read } = compileInner(def.innerType);
      return withChecks(
        native("scalar", (walk, input, hint) =>
          input === null ? readNull(walk) : read(walk, input, hint),
        ),
      );
    }
    // What is absent is a field's affair; here a value is there.
    case "optional":
    case "nonoptional":
    case "default":
    case "prefault":
    case "readonly":
      return withChecks(compileInner(def.innerType));
    default:
      return onlyZod("scalar");
  }
}

function compileLazy(getter: () => z.ZodType, options: Compiling): Reader {
  let inner: Compiled | undefined;
  const compiled = () => {
    if (inner !== undefined) return inner;
    const schema = getter();
    inner = options.known.get(schema) ?? compile(schema, options);
    options.known.set(schema, inner);
    return inner;
  };
  options.pending.push(compiled);
  return (walk, input, hint) => compiled().read(walk, input, hint);
}

interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** The bounds of a list, and its other checks. */
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
  return (walk, input, hint) => {
    const items = readArray(walk, input, hint, read, walk.limits[limit ?? "nodes"]);
    if (items === BAD) return BAD;
    if (items.length > max) return report(walk, walk.shapeCode, `at most ${max} elements`, "more");
    if (items.length < min)
      return report(walk, walk.shapeCode, `at least ${min} elements`, "fewer");
    return items;
  };
}

interface Def {
  readonly type: string;
  readonly catchall?: z.ZodType;
  readonly [part: string]: unknown;
}

function native(shape: Shape, read: Reader): Compiled {
  return { shape, read, overlay: read, passes: undefined, level: undefined, element: undefined };
}

const readBoolean: Reader = (walk, value) => {
  if (typeof value !== "boolean") return mismatch(walk, value, "true or false");
  countNode(walk);
  return value;
};

function readNull(walk: Walk): null {
  countNode(walk);
  return null;
}

function oneOf(values: readonly unknown[]): Reader {
  const expected = `one of ${values.map((v) => (typeof v === "string" ? JSON.stringify(v) : String(v))).join(", ")}`;
  return (walk, value) => {
    countNode(walk);
    if (typeof value === "string" && checkText(walk, value) === BAD) return BAD;
    for (let i = 0; i < values.length; i++) if (values[i] === value) return value;
    if (typeof value !== "string") return mismatch(walk, value, expected);
    return report(walk, walk.shapeCode, expected, "another text");
  };
}
