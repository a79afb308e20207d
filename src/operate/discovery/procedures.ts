/**
 * Kinds of plugins without hooks, and the one that the library provides: procedures, which are
 * classes that a host instantiates and runs.
 */
import { types } from "node:util";
import { dropPromise, isRecord, kindOf, typeName } from "../../core/data/index.ts";
import { GlassineError, ManifestError, quoted } from "../../core/errors/index.ts";
import { isKindId, type RejectionCode, rejectionCodes } from "../packages/index.ts";
import { describeText } from "../trust/index.ts";

/** A plugin, or why an export is not one of its kind, in one phrase on one line. */
type Checked<Plugin extends object> =
  | { readonly ok: true; readonly plugin: Plugin }
  | { readonly ok: false; readonly code: RejectionCode; readonly reason: string };

/** A kind of plugins. `Plugin` is what its check returns for an export. */
export interface Kind<Plugin extends object = object> {
  /** As `plugins list` shows it: `procedure`. */
  readonly name: string;
  /** The key for entry points by id, in the host's field of package.json: `procedures`. */
  readonly field: string;
  /** Checks an export against the kind's contract and the id in package.json. It never throws. */
  readonly check: (exported: unknown, expected: { readonly id: string }) => Checked<Plugin>;
}

// The names for plugins with hooks, and the other keys of the host's field in package.json.
const reserved = ["hooks", "plugin", "plugins", "id", "capabilities"];

/**
 * Defines a kind of plugins with its own contract check.
 *
 * The check receives what a package's entry point exports. It must not call it: the host runs the
 * plugin later. A check that throws, or returns anything else such as a promise, counts as failed.
 *
 * @throws GlassineError `options_invalid`
 * @example
 * ```ts
 * import { defineKind } from "glassine/node";
 *
 * const themes = defineKind({
 *   name: "theme",
 *   field: "themes",
 *   check: (exported) =>
 *     typeof exported === "string"
 *       ? { ok: true, plugin: { colour: exported } }
 *       : { ok: false, code: "contract_check_failed", reason: "a theme is a string" },
 * });
 * console.log(themes.check("blue", { id: "acme.blue" })); // { ok: true, plugin: { colour: 'blue' } }
 * ```
 */
export function defineKind<Plugin extends object>(kind: Kind<Plugin>): Kind<Plugin> {
  const misuse = (text: string) => new GlassineError("options_invalid", `defineKind ${text}.`);
  if (!isRecord(kind)) throw misuse(`expects { name, field, check }, got ${typeName(kind)}`);
  const { name, field, check } = kind;
  for (const [key, value] of Object.entries({ name, field })) {
    const isGood = typeof value === "string" && /^[a-z][a-z0-9_]{0,31}$/.test(value);
    if (!isGood || reserved.includes(value))
      throw misuse(`expects a ${key} of lower-case letters, none of ${reserved.join(", ")}`);
  }
  if (typeof check !== "function") throw misuse("expects a check, a function");
  return Object.freeze<Kind<Plugin>>({
    name,
    field,
    check(exported, expected) {
      try {
        const answer: unknown = check(exported, expected);
        if (isChecked<Plugin>(answer)) return answer;
        // What an `async` check throws later must not end the host.
        dropPromise(answer);
        const what = "{ ok: true, plugin } or { ok: false, code, reason }";
        return fault(`the check of ${quoted(name)} must return ${what}, got ${kindOf(answer)}`);
      } catch (thrown) {
        return fault(`the check of ${quoted(name)} failed: ${describeText(thrown)}`);
      }
    },
  });
}

function isChecked<Plugin extends object>(answer: unknown): answer is Checked<Plugin> {
  if (!isRecord(answer)) return false;
  const { ok, plugin, code, reason } = answer;
  if (ok === true) return Object(plugin) === plugin;
  return ok === false && Object.hasOwn(rejectionCodes, String(code)) && typeof reason === "string";
}

/** What an instance of a procedure's class can do. */
export interface Procedure {
  /** Whether it could run now. */
  preflight(...args: never[]): Promise<unknown>;
  run(...args: never[]): Promise<unknown>;
}

/** The class of a procedure: its contract. */
export interface ProcedureClass {
  new (...args: never[]): Procedure;
  /** As in package.json: lower-case words with dots between them, `acme.clean_up`. */
  readonly id: string;
  readonly name: string;
  /** For its authors. Only the package's version is shown, hashed and locked. */
  readonly version: string;
  /** The schema of its configuration. */
  readonly configModel:
    | { readonly parse: (...args: never[]) => unknown }
    | { readonly safeParse: (...args: never[]) => unknown };
  readonly requiredCapabilities: readonly string[];
}

/** A procedure whose class meets the contract. */
export interface CheckedProcedure {
  readonly id: string;
  readonly name: string;
  /** Without repeats, sorted. */
  readonly requiredCapabilities: readonly string[];
  /** A schema with `parse` or `safeParse`. */
  readonly configModel: object;
  /** The class itself, for the host to instantiate. */
  readonly procedureClass: object;
}

/** Set on a class by `defineProcedure`, including that of another copy of this library. */
const declared: unique symbol = Symbol.for("glassine.procedure") as never;

/**
 * Declares the class of a procedure and returns it. Its `preflight` and `run` may then be
 * functions that return a promise, without being `async`.
 *
 * @throws ManifestError `manifest_invalid` if the class does not meet the contract
 * @example
 * ```ts
 * import { defineProcedure } from "glassine/node";
 * import * as z from "zod";
 *
 * const CleanUp = defineProcedure(
 *   class {
 *     static readonly id = "acme.clean_up";
 *     static readonly name = "Clean up";
 *     static readonly version = "1.0.0";
 *     static readonly configModel = z.object({ days: z.number() });
 *     static readonly requiredCapabilities = ["facts.write"];
 *     async preflight() {
 *       return true;
 *     }
 *     run() {
 *       return Promise.resolve("clean");
 *     }
 *   },
 * );
 * console.log(await new CleanUp().run()); // clean
 * ```
 */
export function defineProcedure<Class extends ProcedureClass>(procedureClass: Class): Class {
  const invalid = (field: string, message: string) =>
    new ManifestError("manifest_invalid", message, [{ field, message }]);
  const read = readProcedure(procedureClass, true);
  if (!read.ok) throw invalid("(class)", read.reason);
  if (!isKindId(read.plugin.id)) {
    const rule = "id must be lower-case words with dots between them, such as acme.clean_up";
    throw invalid("id", rule);
  }
  if (!Reflect.defineProperty(procedureClass, declared, { value: true }))
    throw invalid("(class)", "the class must not be frozen yet");
  return procedureClass;
}

/**
 * The kind of procedures: classes that a host instantiates and runs.
 *
 * @example
 * ```ts
 * import { procedureKind } from "glassine/node";
 *
 * console.log(procedureKind.name, procedureKind.field); // procedure procedures
 * ```
 */
export const procedureKind: Kind<CheckedProcedure> = defineKind({
  name: "procedure",
  field: "procedures",
  check(exported, { id }) {
    // The mark has to be its own: the compiler did not check a class that extends a declared one.
    const isDeclared = isClass(exported) && Object.hasOwn(exported, declared);
    const read = readProcedure(exported, isDeclared);
    if (!read.ok || read.plugin.id === id) return read;
    return fault(`it declares the id ${quoted(read.plugin.id, 200)}`, "id_mismatch");
  },
});

function fault(reason: string, code: RejectionCode = "contract_check_failed") {
  return { ok: false, code, reason } as const;
}

/** Checks a class against the contract, and reports the first fault. Each member is read once. */
function readProcedure(exported: unknown, isDeclared: boolean): Checked<CheckedProcedure> {
  if (!isClass(exported))
    return fault(`entry point did not load to a class (got ${typeName(exported)})`);
  const { id, version, configModel, requiredCapabilities, prototype } = exported;
  const name = statedName(exported);
  const attributes = { id, name, version, configModel, requiredCapabilities };
  for (const [key, value] of Object.entries(attributes))
    if (value === undefined || value === null) return fault(`missing attribute '${key}'`);
  const notString = (key: string) => fault(`attribute '${key}' must be a string`);
  if (!isText(id)) return notString("id");
  if (!isText(name)) return notString("name");
  if (!isText(version)) return notString("version");
  if (!isSchema(configModel)) return fault("configModel must be a schema");
  const names = namesIn(requiredCapabilities);
  if (names === undefined) return fault("requiredCapabilities must be an array of names");
  for (const key of ["preflight", "run"] as const) {
    const method = prototype[key];
    if (method === undefined) return fault(`missing async ${key}()`);
    if (!isAsync(method, isDeclared)) return fault(`${key} must be async`);
  }
  const sorted = Object.freeze([...new Set(names)].sort());
  const plugin = { id, name, requiredCapabilities: sorted, configModel, procedureClass: exported };
  return { ok: true, plugin: Object.freeze(plugin) };
}

/** A class whose members are unknown. */
type AnyClass = { readonly [Key in keyof ProcedureClass]?: unknown } & {
  readonly prototype: { readonly [Key in keyof Procedure]?: unknown };
};

function isClass(value: unknown): value is AnyClass {
  return typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value));
}

/**
 * The `name` that an author set on a class or on one that it extends. It is enumerable, unlike the
 * name that the language gives every class.
 */
function statedName(holder: AnyClass): unknown {
  for (let at: AnyClass | null = holder; at !== null; at = Object.getPrototypeOf(at))
    if (Object.prototype.propertyIsEnumerable.call(at, "name")) return at.name;
  return undefined;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isSchema(value: unknown): value is object {
  const { parse, safeParse } = value as { readonly parse?: unknown; readonly safeParse?: unknown };
  return typeof parse === "function" || typeof safeParse === "function";
}

/** The strings of an array; `undefined` for anything else. */
function namesIn(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length > 1000) return undefined;
  const items: readonly unknown[] = [...value];
  return items.every((each) => typeof each === "string") ? items : undefined;
}

/** The compiler has checked that methods of a declared procedure return promises. */
function isAsync(method: unknown, isDeclared: boolean): boolean {
  if (typeof method !== "function" || types.isGeneratorFunction(method)) return false;
  return types.isAsyncFunction(method) || (isDeclared && !isClass(method));
}
