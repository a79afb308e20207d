/**
 * Kinds of plugins other than those with hooks, and the one that the library brings: procedures,
 * classes that a host makes instances of and runs.
 */
import { types } from "node:util";
import { GlassineError, ManifestError, quoted } from "../../core/errors/index.ts";
import { isKindId, type RejectionCode } from "../packages/index.ts";
import { describeText } from "./load-fault.ts";

/** Why an export is not a plugin of its kind. */
interface KindFault {
  readonly ok: false;
  readonly code: RejectionCode;
  /** One phrase on one line. */
  readonly reason: string;
}

type Checked<Plugin extends object> = { readonly ok: true; readonly plugin: Plugin } | KindFault;

/** A kind of plugins. `Plugin` is what its check makes of an export. */
export interface Kind<Plugin extends object = object> {
  /** As `plugins list` shows it: `procedure`. */
  readonly name: string;
  /** The key, in the host's field of package.json, with the entry points by id: `procedures`. */
  readonly field: string;
  /** Checks an export against the contract of the kind and the id in package.json. It never throws. */
  readonly check: (exported: unknown, expected: { readonly id: string }) => Checked<Plugin>;
}

// Those of plugins with hooks, and the other keys that the field of package.json may have.
const reserved = ["hooks", "plugin", "plugins", "id", "capabilities"];

/**
 * Defines a kind of plugins with a contract check of its own.
 *
 * The check gets what the entry point of a package exports. It reads that without calling it: code
 * of the plugin is for the host to run, later. A check that throws is a failed check.
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
  const { name, field, check } = kind;
  const misuse = (text: string) => new GlassineError("options_invalid", `defineKind ${text}.`);
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
        return check(exported, expected);
      } catch (thrown) {
        return fault(`the check of ${quoted(name)} failed: ${describeText(thrown)}`);
      }
    },
  });
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
  /** For its authors. The version of the package is what is shown, hashed and locked. */
  readonly version: string;
  /** The schema of its configuration. */
  readonly configModel:
    | { readonly parse: (...args: never[]) => unknown }
    | { readonly safeParse: (...args: never[]) => unknown };
  readonly requiredCapabilities: readonly string[];
}

/** A procedure whose class keeps the contract. */
export interface CheckedProcedure {
  readonly id: string;
  readonly name: string;
  /** Without repeats, sorted. */
  readonly requiredCapabilities: readonly string[];
  /** A schema with `parse` or `safeParse`. */
  readonly configModel: object;
  /** The class itself, for the host to make instances of. */
  readonly procedureClass: object;
}

/** Set on a class by `defineProcedure`, also by that of another copy of this library. */
const declared: unique symbol = Symbol.for("glassine.procedure") as never;

/**
 * Declares the class of a procedure and returns it. Its `preflight` and `run` may then be
 * functions that return a promise, without being `async`.
 *
 * @throws ManifestError `manifest_invalid` where the class does not keep the contract
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
 * The kind of procedures: classes that a host makes instances of and runs.
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
    // A class that extends a declared one was not checked by the compiler: the mark is its own.
    const isDeclared = isClass(exported) && Object.hasOwn(exported, declared);
    const read = readProcedure(exported, isDeclared);
    if (!read.ok || read.plugin.id === id) return read;
    return fault(`it declares the id ${quoted(read.plugin.id, 200)}`, "id_mismatch");
  },
});

function fault(reason: string, code: RejectionCode = "contract_check_failed"): KindFault {
  return { ok: false, code, reason };
}

const attributes = ["id", "name", "version", "configModel", "requiredCapabilities"] as const;

/**
 * Checks a class against the contract, and reports the first fault. It reads descriptors alone, so
 * that no getter, trap or method of the class runs.
 */
function readProcedure(exported: unknown, isDeclared: boolean): Checked<CheckedProcedure> {
  if (!isClass(exported))
    return fault(`entry point did not load to a class (got ${typeOf(exported)})`);
  const values: Partial<Record<(typeof attributes)[number], unknown>> = {};
  for (const key of attributes) {
    const found = propertyOf(exported, key);
    if (found !== undefined && !("value" in found))
      return fault(`attribute '${key}' must be a value, not a getter`);
    values[key] = found?.value ?? undefined;
    if (values[key] === undefined) return fault(`missing attribute '${key}'`);
  }
  const { id, name, version, configModel } = values;
  const notString = Object.entries({ id, name, version }).find(([, value]) => !isText(value));
  if (notString !== undefined) return fault(`attribute '${notString[0]}' must be a string`);
  if (!isSchema(configModel)) return fault("configModel must be a schema");
  const capabilities = namesIn(values.requiredCapabilities);
  if (capabilities === undefined) return fault("requiredCapabilities must be an array of names");
  const prototype: unknown = propertyOf(exported, "prototype")?.value;
  for (const key of ["preflight", "run"]) {
    const method = propertyOf(prototype as object, key);
    if (method === undefined) return fault(`missing async ${key}()`);
    if (!isAsync(method.value, isDeclared)) return fault(`${key} must be async`);
  }
  const requiredCapabilities = Object.freeze([...new Set(capabilities)].sort());
  const names = { id: id as string, name: name as string };
  const plugin = { ...names, requiredCapabilities, configModel, procedureClass: exported };
  return { ok: true, plugin: Object.freeze(plugin) };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isClass(value: unknown): value is object {
  if (typeof value !== "function" || types.isProxy(value)) return false;
  return /^class\b/.test(Function.prototype.toString.call(value));
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (types.isProxy(value)) return "proxy";
  return Array.isArray(value) ? "array" : typeof value;
}

/**
 * The descriptor of a property, own or inherited. It stops at a proxy, whose traps would run. The
 * `name` that every class has is not enumerable: that one is not a statement of the author.
 */
function propertyOf(holder: object, key: string): PropertyDescriptor | undefined {
  for (let at: object | null = holder; at !== null; at = Object.getPrototypeOf(at)) {
    if (types.isProxy(at)) return undefined;
    const found = Object.getOwnPropertyDescriptor(at, key);
    if (found !== undefined && (key !== "name" || found.enumerable === true)) return found;
  }
  return undefined;
}

/** A library may make its functions on demand, so a getter in their place will do. */
function isSchema(value: unknown): value is object {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  return ["parse", "safeParse"].some((key) => {
    const found = propertyOf(value, key);
    return typeof found?.value === "function" || found?.get !== undefined;
  });
}

/** The strings of a plain array; `undefined` for anything else. */
function namesIn(value: unknown): readonly string[] | undefined {
  if (types.isProxy(value) || !Array.isArray(value) || value.length > 1000) return undefined;
  const items = Array.from(
    { length: value.length },
    (_, at): unknown => Object.getOwnPropertyDescriptor(value, at)?.value,
  );
  return items.every((each) => typeof each === "string") ? items : undefined;
}

/** The methods of a declared procedure return promises: the compiler has checked that. */
function isAsync(method: unknown, isDeclared: boolean): boolean {
  if (typeof method !== "function" || types.isProxy(method)) return false;
  if (types.isGeneratorFunction(method)) return false;
  return types.isAsyncFunction(method) || (isDeclared && !isClass(method));
}
