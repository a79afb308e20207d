/**
 * Compiles a zod schema into a reader that copies, checks and freezes in one pass.
 *
 * Known kinds, levels, maps, lists, plain types and their wrappers are read natively, and their
 * checks called one by one. Any other schema (a union, a transform) is copied first as free-form
 * JSON, then parsed by zod, then copied again: zod only ever sees our copy.
 */
import type * as z from "zod/mini";
import type { Limits } from "../data/index.ts";
import {
  BAD,
  checkText,
  countNode,
  mismatch,
  type ParsedReader,
  type Reader,
  type ReadState,
  readArray,
  readMap,
  readParsedBoolean,
  readParsedJson,
  readParsedList,
  readParsedMap,
  readParsedNumber,
  readParsedString,
  readParsedText,
  report,
} from "../data/index.ts";
import { create, freeze, mapGet, mapSet } from "../data/intrinsics.ts";
import { checksOf, held, passesBy, type ZodCheck } from "./checks.ts";
import type { Compiled, Shape } from "./compiled.ts";
import { checksBesideKind, kindOf, listLimitOf, readNumber, readText } from "./kinds.ts";
import { compileLevel, compileLoose } from "./level.ts";
import type { GeneratedLayout } from "./object-layout.ts";
import { keepKeys } from "./schema-path.ts";
import { compileTagged } from "./tagged.ts";
import { viaZod } from "./via-zod.ts";

export interface CompileOptions {
  /** Whether an unknown field from a plugin refuses the whole proposal. */
  readonly closed: boolean;
  /** Whether a plugin is shown all of a value, as with payloads: what it leaves out then stays. */
  readonly shownWhole: boolean;
  /** The layouts of levels that come often. Others are made key by key. */
  readonly layouts?: readonly GeneratedLayout[] | undefined;
}

/** One compilation of schemas and all that is in them. */
interface Compiling extends CompileOptions {
  /** Each schema is compiled once, wherever it stands; recursion comes back to it. */
  readonly known: Map<z.core.$ZodType, Compiled>;
  /** What recursion has yet to compile. */
  readonly pending: (() => Compiled)[];
  readonly keys: { [key: string]: true };
}

/** A getter that makes a schema anew each time has no end; the rest is compiled on first use. */
const maxPending = 200;
/**
 * Compiled as a whole, and frozen: a first use may come in a realm that a plugin has patched, and
 * what is compiled there would be the plugin's.
 */
export function compileSchema(schema: z.core.$ZodType, options: CompileOptions): Compiled {
  return compilerFor(options)(schema);
}

/** Compiles several schemas alike. What they share is compiled once. */
export function compilerFor(options: CompileOptions): (schema: z.core.$ZodType) => Compiled {
  const known = new Map<z.core.$ZodType, Compiled>();
  const keys: Compiling["keys"] = create(null);
  return (schema) => {
    const compiling = { ...options, known, pending: [] as (() => Compiled)[], keys };
    const compiled = compile(schema, compiling);
    // What is pending grows on the way.
    for (let i = 0; i < compiling.pending.length && i < maxPending; i++) {
      try {
        compiling.pending[i]?.();
      } catch {
        // A getter may name a schema that is not there yet.
      }
    }
    keepKeys(compiled, keys);
    return frozen(compiled);
  };
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

function compile(schema: z.core.$ZodType, options: Compiling): Compiled {
  const before = mapGet(options.known, schema);
  if (before !== undefined) return before;
  const compiled = compileNew(schema, options);
  mapSet(options.known, schema, compiled);
  return compiled;
}

function compileNew(schema: z.core.$ZodType, options: Compiling): Compiled {
  const kind = kindOf(schema);
  if (kind !== undefined) {
    const rest = checksBesideKind(schema);
    return held(native(kind.shape, kind.read, kind.readParsed), rest, options.shownWhole);
  }
  const checks = checksOf(schema);
  // zod types a definition by its class; here any of them is read by its `type`.
  const def = schema._zod.def as unknown as Def;
  // Coercion is a transform: only zod knows it.
  const type = def.coerce === true ? "coerced" : def.type;
  const compileInner = (inner: unknown) => compile(inner as z.core.$ZodType, options);
  const withChecks = (compiled: Compiled, rest: readonly ZodCheck[] = checks) =>
    held(compiled, rest, options.shownWhole);
  const onlyZod = (shape: Shape): Compiled => ({
    ...native(shape, viaZod(schema)),
    passes: passesBy(checks),
  });
  switch (type) {
    case "object": {
      const catchall = def.catchall?._zod.def.type;
      const shape = def.shape as Record<string, z.core.$ZodType>;
      for (const key of Object.keys(shape)) options.keys[key] = true;
      if (def.catchall !== undefined && catchall !== "never") {
        const rest = compileInner(def.catchall).read;
        return withChecks(native("map", compileLoose(shape, compileInner, rest)));
      }
      const level = compileLevel(schema, shape, compileInner, {
        ...options,
        strict: catchall === "never",
      });
      const { read, readPartial, readParsed } = level;
      return withChecks({ ...native("level", read, readParsed), readPartial, level });
    }
    case "record": {
      // Keys other than any text are a rule that only zod knows.
      const key = def.keyType as z.core.$ZodType;
      const isAnyText = key._zod.def.type === "string" && checksOf(key).length === 0;
      if (!isAnyText) return onlyZod("map");
      const { read, readParsed } = compileInner(def.valueType);
      return withChecks(
        native(
          "map",
          (state, input, previous) => readMap(state, input, previous, read),
          readParsed && ((left, input) => readParsedMap(left, input, readParsed)),
        ),
      );
    }
    case "array": {
      const element = compileInner(def.element);
      const { bounds, others } = boundsOf(checks);
      const limit = listLimitOf(schema);
      const read = listReader(element.read, limit, bounds);
      const readParsed = parsedListReader(element.readParsed, limit, bounds);
      return withChecks({ ...native("list", read, readParsed), element }, others);
    }
    case "union": {
      const tagged = compileTagged(schema, compileInner, options.shownWhole);
      if (tagged === undefined) return onlyZod("scalar");
      return withChecks(native("scalar", tagged.read, tagged.readParsed));
    }
    case "lazy":
      return withChecks(compileLazy(def.getter as () => z.core.$ZodType, options));
    case "string":
      return withChecks(native("scalar", readText, readParsedString));
    case "number":
      return withChecks(native("scalar", readNumber, readParsedNumber));
    case "boolean":
      return withChecks(native("scalar", readBoolean, readParsedBoolean));
    case "enum":
    case "literal": {
      const values = [...(schema._zod.values as ReadonlySet<unknown>)];
      return withChecks(native("scalar", oneOf(values), readParsedOneOf(values)));
    }
    case "nullable": {
      const { read, readParsed } = compileInner(def.innerType);
      return withChecks(
        native(
          "scalar",
          (state, input, previous) =>
            input === null ? readNull(state) : read(state, input, previous),
          readParsed &&
            ((left, input) =>
              input === null ? readParsedJson(left, null) : readParsed(left, input)),
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

function compileLazy(getter: () => z.core.$ZodType, options: Compiling): Compiled {
  let inner: Compiled | undefined;
  const compiled = () => {
    if (inner !== undefined) return inner;
    inner = compile(getter(), options);
    return inner;
  };
  options.pending.push(compiled);
  return native(
    "scalar",
    (state, input, previous) => compiled().read(state, input, previous),
    (left, input) => {
      const { readParsed } = compiled();
      return readParsed === undefined ? BAD : readParsed(left, input);
    },
  );
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

function parsedListReader(
  readParsed: ParsedReader | undefined,
  limit: keyof Limits | undefined,
  { min, max }: Bounds,
): ParsedReader | undefined {
  if (readParsed === undefined) return undefined;
  return (left, input) => {
    const items = readParsedList(left, input, readParsed);
    if (items === BAD) return BAD;
    const { length } = items as readonly unknown[];
    const most = left.limits[limit ?? "nodes"];
    return length >= min && length <= max && length <= most ? items : BAD;
  };
}

interface Def {
  readonly type: string;
  readonly catchall?: z.core.$ZodType;
  readonly [part: string]: unknown;
}

function native(shape: Shape, read: Reader, readParsed?: ParsedReader): Compiled {
  const whole = { passes: undefined, level: undefined, element: undefined };
  return { shape, read, readPartial: read, readParsed, ...whole };
}

const readBoolean: Reader = (state, value) => {
  if (typeof value !== "boolean") return mismatch(state, value, "true or false");
  countNode(state);
  return value;
};

function readNull(state: ReadState): null {
  countNode(state);
  return null;
}

function oneOf(values: readonly unknown[]): Reader {
  const expected = `one of ${values.map((v) => (typeof v === "string" ? JSON.stringify(v) : String(v))).join(", ")}`;
  return (state, value) => {
    countNode(state);
    if (typeof value === "string" && checkText(state, value) === BAD) return BAD;
    for (let i = 0; i < values.length; i++) if (values[i] === value) return values[i];
    if (typeof value !== "string") return mismatch(state, value, expected);
    return report(state, state.shapeCode, expected, "another text");
  };
}

function readParsedOneOf(values: readonly unknown[]): ParsedReader {
  return (left, value) => {
    const found =
      typeof value === "string" ? readParsedText(left, value) : readParsedJson(left, value);
    for (let i = 0; i < values.length; i++) if (values[i] === found) return found;
    return BAD;
  };
}
