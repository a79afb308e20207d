/**
 * Compiles a zod schema into a reader that copies, checks and freezes in one pass.
 *
 * Known kinds, levels, maps, lists and plain types are read natively. Any other schema (a
 * union, a transform, a refinement of a host's own slot) is copied first as free-form JSON,
 * then parsed by zod, then copied again: zod only ever sees our copy.
 */
import type * as z from "zod";
import type { Compiled, Shape } from "./compiled.ts";
import { mismatch, readArray, readJson, readMap } from "./free-form.ts";
import { create, freeze } from "./intrinsics.ts";
import { isBareKind, kindOf, listLimitOf, readNumber, readText } from "./kinds.ts";
import { compileLevel, compileLoose } from "./level.ts";
import type { Limits } from "./limits.ts";
import { checkText } from "./properties.ts";
import { BAD, countNode, type Reader, report } from "./walk.ts";

export interface CompileOptions {
  /** Whether an unknown field from a plugin refuses the whole proposal. */
  readonly closed: boolean;
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
export function compileSchema(schema: z.ZodType, { closed }: CompileOptions): Compiled {
  const compiling: Compiling = { closed, known: new Map(), pending: [] };
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
  if (kind !== undefined) return checked(schema, native(kind.shape, kind.read));
  const def = schema._zod.def as unknown as Def;
  // Coercion is a transform: only zod knows it.
  if (def.coerce === true) return native("scalar", viaZod(schema));
  switch (def.type) {
    case "object": {
      const catchall = def.catchall?._zod.def.type;
      const shape = def.shape as Record<string, z.ZodType>;
      const compileField = (inner: z.ZodType) => compile(inner, options);
      if (def.catchall !== undefined && catchall !== "never") {
        const rest = compileField(def.catchall).read;
        return checked(schema, native("map", compileLoose(shape, compileField, rest)));
      }
      const level = compileLevel(schema, shape, compileField, {
        closed: options.closed,
        strict: catchall === "never",
      });
      const { read, overlay } = level;
      return checked(schema, { ...native("level", read), overlay, level });
    }
    case "record": {
      // Keys other than any text are a rule that only zod knows.
      const keyDef = (def.keyType as z.ZodType)._zod.def as unknown as Def;
      if (keyDef.type !== "string" || hasChecks(keyDef)) return native("map", viaZod(schema));
      const value = compile(def.valueType as z.ZodType, options).read;
      return checked(
        schema,
        native("map", (walk, input, hint) => readMap(walk, input, hint, value)),
      );
    }
    case "array": {
      const element = compile(def.element as z.ZodType, options);
      const bounds = boundsOf(def.checks ?? []);
      if (bounds === undefined) return native("list", viaZod(schema));
      return { ...native("list", listReader(element.read, listLimitOf(schema), bounds)), element };
    }
    case "union": {
      const tagged = compileTagged(def, options);
      return native("scalar", tagged ?? viaZod(schema));
    }
    case "lazy":
      return native("scalar", compileLazy(def.getter as () => z.ZodType, options));
    case "string":
      return native("scalar", hasChecks(def) ? viaZod(schema) : readText);
    case "number":
      return native("scalar", hasChecks(def) ? viaZod(schema) : readNumber);
    case "boolean":
      return native("scalar", hasChecks(def) ? viaZod(schema) : readBoolean);
    case "enum":
    case "literal":
      return native(
        "scalar",
        hasChecks(def) ? viaZod(schema) : oneOf([...(schema._zod.values ?? [])]),
      );
    case "readonly":
      return compile(def.innerType as z.ZodType, options);
    default:
      return native("scalar", viaZod(schema));
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

function hasChecks(def: Def): boolean {
  return (def.checks?.length ?? 0) > 0 || def.format !== undefined;
}

/** Adds the schema's own refinements. They see our frozen copy, and a merged one again. */
function checked(schema: z.ZodType, compiled: Compiled): Compiled {
  if (!hasChecks(schema._zod.def as unknown as Def) || isBareKind(schema)) return compiled;
  const passes = (value: unknown) => tryParse(schema, value)?.success === true;
  const read: Reader = (walk, value, hint) => {
    const result = compiled.read(walk, value, hint);
    if (result === BAD || result === hint || passes(result)) return result;
    return report(walk, walk.shapeCode, "a value that passes its schema's own check", "another");
  };
  // A partial level cannot be judged; the merge judges what it puts together.
  return {
    ...compiled,
    passes,
    read,
    overlay: compiled.shape === "level" ? compiled.overlay : read,
  };
}

/** A host's own check or transform can throw. What it throws may quote the value. */
function tryParse(schema: z.ZodType, value: unknown) {
  try {
    return schema.safeParse(value);
  } catch {
    return undefined;
  }
}

interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** The bounds of a list, or `undefined` where it has checks that only zod knows. */
function boundsOf(checks: readonly unknown[]): Bounds | undefined {
  let min = 0;
  let max = Number.POSITIVE_INFINITY;
  for (const check of checks) {
    const { def } = (
      check as { _zod: { def: { check: string; maximum: number; minimum: number } } }
    )._zod;
    if (def.check === "max_length") max = Math.min(max, def.maximum);
    else if (def.check === "min_length") min = Math.max(min, def.minimum);
    else return undefined;
  }
  return { min, max };
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

/**
 * A union told apart by one field. The value is copied before the field is looked at, so that
 * it is read once all the same.
 */
function compileTagged(def: Def, options: Compiling): Reader | undefined {
  const tag = def.discriminator;
  if (typeof tag !== "string") return undefined;
  const byTag: Record<string, Reader> = create(null);
  for (const option of def.options as readonly z.ZodType[]) {
    const { shape } = option._zod.def as unknown as { shape: Record<string, z.ZodType> };
    const { values } = (shape[tag] as z.ZodType)._zod.def as unknown as {
      values: readonly string[];
    };
    const { read } = compile(option, options);
    for (const value of values) byTag[value] = read;
  }
  const expected = `${tag} to be one of ${Object.keys(byTag).join(", ")}`;
  return (walk, value, hint) => {
    const copy = walk.origin === "parsed" ? value : readJson(walk, value, hint);
    if (copy === BAD) return BAD;
    if (copy === hint && hint !== undefined) return hint;
    if (typeof copy !== "object" || copy === null) return mismatch(walk, copy, "an object");
    const key = (copy as Record<string, unknown>)[tag];
    const read = typeof key === "string" ? byTag[key] : undefined;
    return read === undefined
      ? report(walk, walk.shapeCode, expected, "another")
      : read(walk, copy, hint);
  };
}

interface Def {
  readonly type: string;
  readonly checks?: readonly unknown[];
  readonly format?: string;
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

function oneOf(values: readonly unknown[]): Reader {
  const expected = `one of ${values.map((v) => JSON.stringify(v)).join(", ")}`;
  return (walk, value) => {
    countNode(walk);
    for (let i = 0; i < values.length; i++) if (values[i] === value) return value;
    if (typeof value !== "string") return mismatch(walk, value, expected);
    if (checkText(walk, value) === BAD) return BAD;
    return report(walk, walk.shapeCode, expected, "another text");
  };
}

function viaZod(schema: z.ZodType): Reader {
  return (walk, value, hint) => {
    const copy = readJson(walk, value, hint);
    if (copy === BAD) return BAD;
    // What was shown comes back as it was: a transform is not run on its own output.
    if (copy === hint && hint !== undefined) return hint;
    const parsed = tryParse(schema, copy);
    if (parsed === undefined)
      return report(walk, walk.shapeCode, "a value its schema can read", "another");
    // What a transform makes is not JSON just because its input was.
    const reading = walk.origin === "parsed" ? { ...walk, origin: "host" as const } : walk;
    if (parsed.success) return readJson(reading, parsed.data, hint);
    for (const issue of parsed.error.issues) {
      const at = walk.depth;
      for (const part of issue.path) {
        walk.path[walk.depth] = typeof part === "symbol" ? "(symbol)" : part;
        walk.depth += 1;
      }
      // zod's own message may quote the value; its code names the rule only.
      report(walk, walk.shapeCode, `a value that passes "${issue.code}"`, "another");
      walk.depth = at;
    }
    return BAD;
  };
}
