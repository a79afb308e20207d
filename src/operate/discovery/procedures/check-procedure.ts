/** The contract of a procedure: what its class has to have before anybody makes an instance. */
import { intrinsics } from "../../../core/data/index.ts";
import { quoted } from "../../../core/errors/index.ts";
import type { RejectionCode } from "../../packages/index.ts";
import type { Expected, KindFault } from "./kinds.ts";
import { isClass, isDefinedProcedure, propertyOf, textsOf, typeOf } from "./read-class.ts";

const { getPrototypeOf, isAsyncFunction, isProxy } = intrinsics;

/**
 * A procedure whose class keeps the contract. It has no version: that of a procedure is its
 * package's, whatever the class says.
 */
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

const attributes = ["id", "name", "version", "configModel", "requiredCapabilities"] as const;
const texts = ["id", "name", "version"] as const;
const methods = ["preflight", "run"] as const;

/** What a class has, whatever its id is expected to be. @internal */
export function readProcedure(
  exported: unknown,
  isDeclared: boolean,
): { readonly ok: true; readonly procedure: CheckedProcedure } | KindFault {
  if (!isClass(exported))
    return fault(`entry point did not load to a class (got ${typeOf(exported)})`);
  const given = readAttributes(exported);
  if ("reason" in given) return given;
  const misfit = methodFault(exported, isDeclared);
  if (misfit !== undefined) return fault(misfit);
  const { id, name, configModel, capabilities } = given;
  const requiredCapabilities = Object.freeze([...new Set(capabilities)].sort());
  const procedure = { id, name, requiredCapabilities, configModel, procedureClass: exported };
  return { ok: true, procedure: Object.freeze(procedure) };
}

/**
 * Holds what an entry point exports to the contract of procedures, and to the id in package.json.
 * It reads by descriptors and calls nothing of it. The first fault is told, as the code and reason
 * of a rejection.
 */
export function checkProcedure(
  exported: unknown,
  { id }: Expected,
): { readonly ok: true; readonly procedure: CheckedProcedure } | KindFault {
  const read = readProcedure(exported, isDefinedProcedure(exported));
  if (!read.ok || read.procedure.id === id) return read;
  return fault(`it declares the id ${quoted(read.procedure.id, 200)}`, "id_mismatch");
}

function fault(reason: string, code: RejectionCode = "contract_check_failed"): KindFault {
  return { ok: false, code, reason };
}

interface Attributes {
  readonly id: string;
  readonly name: string;
  readonly configModel: object;
  readonly capabilities: readonly string[];
}

function readAttributes(procedureClass: object): Attributes | KindFault {
  const values: Partial<Record<(typeof attributes)[number], unknown>> = {};
  for (const key of attributes) {
    const found = propertyOf(procedureClass, key);
    if (found !== undefined && !("value" in found))
      return fault(`attribute '${key}' must be a value, not a getter`);
    if ((found?.value ?? undefined) === undefined) return fault(`missing attribute '${key}'`);
    values[key] = found?.value;
  }
  for (const key of texts) {
    if (typeof values[key] !== "string" || values[key] === "")
      return fault(`attribute '${key}' must be a string`);
  }
  const { id, name, configModel } = values;
  if (!isSchema(configModel)) return fault("configModel must be a schema");
  const capabilities = textsOf(values.requiredCapabilities);
  if (capabilities === undefined) return fault("requiredCapabilities must be an array of names");
  return { id: id as string, name: name as string, configModel, capabilities };
}

/** A library may make its functions when they are asked for: a getter in their place will do. */
function isSchema(value: unknown): value is object {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  return ["parse", "safeParse"].some((key) => {
    const found = propertyOf(value, key);
    return typeof found?.value === "function" || found?.get !== undefined;
  });
}

function methodFault(procedureClass: object, isDeclared: boolean): string | undefined {
  const prototype: unknown = propertyOf(procedureClass, "prototype")?.value;
  for (const key of methods) {
    const found = propertyOf(prototype as object, key);
    if (found === undefined) return `missing async ${key}()`;
    if (!isAsync(found.value, isDeclared)) return `${key} must be async`;
  }
  return undefined;
}

/** What is declared with `defineProcedure` returns promises: the compiler has looked at it. */
function isAsync(method: unknown, isDeclared: boolean): boolean {
  if (typeof method !== "function" || isProxy(method) || isGenerator(method)) return false;
  return isAsyncFunction(method) || (isDeclared && !isClass(method));
}

const generators = [
  Object.getPrototypeOf(function* () {}),
  Object.getPrototypeOf(async function* () {}),
] as const;

function isGenerator(method: object): boolean {
  return generators.includes(getPrototypeOf(method));
}
