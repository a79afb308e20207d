/** Declares procedures, and the kind that they are. */
import { ManifestError } from "../../../core/errors/index.ts";
import { type CheckedProcedure, checkProcedure, readProcedure } from "./check-procedure.ts";
import { defineKind, type Kind } from "./kinds.ts";
import { markProcedure } from "./read-class.ts";

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
  /** For its authors. What is shown, hashed and locked is the version of the package. */
  readonly version: string;
  /** The schema of its configuration. */
  readonly configModel:
    | { readonly parse: (...args: never[]) => unknown }
    | { readonly safeParse: (...args: never[]) => unknown };
  readonly requiredCapabilities: readonly string[];
}

const idPattern = /^(?=.{1,200}$)[a-z][a-z0-9_-]*(?:\.[a-z][a-z0-9_-]*)+$/;

/**
 * Declares the class of a procedure and gives it back. Its `preflight` and `run` may then be
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
  const read = readProcedure(procedureClass, true);
  if (!read.ok) throw invalid("(class)", read.reason);
  if (!idPattern.test(read.procedure.id))
    throw invalid(
      "id",
      `id must be lower-case words with dots between them, such as acme.clean_up`,
    );
  if (!markProcedure(procedureClass)) throw invalid("(class)", "the class must not be frozen yet");
  return procedureClass;
}

function invalid(field: string, message: string): ManifestError {
  return new ManifestError("manifest_invalid", message, [{ field, message }]);
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
  check(exported, expected) {
    const checked = checkProcedure(exported, expected);
    return checked.ok ? { ok: true, plugin: checked.procedure } : checked;
  },
});
