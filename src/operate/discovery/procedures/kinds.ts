/** Kinds of plugins: what a package's entry point may lead to, beside a plugin with hooks. */
import { GlassineError, quoted } from "../../../core/errors/index.ts";
import type { RejectionCode } from "../../packages/index.ts";
import { describeText } from "../load-fault.ts";

/** What the package says of a plugin, which its code is held to. */
export interface Expected {
  /** The id in package.json. */
  readonly id: string;
}

/** Why what was loaded is no plugin of its kind. */
export interface KindFault {
  readonly ok: false;
  readonly code: RejectionCode;
  /** One phrase on one line. */
  readonly reason: string;
}

/** A plugin of some kind, as it was read. */
interface OfKind<Plugin extends object> {
  readonly ok: true;
  readonly plugin: Plugin;
}

/** A kind of plugins. `Plugin` is what its check makes of an export. */
export interface Kind<Plugin extends object = object> {
  /** As `plugins list` shows it: `procedure`. */
  readonly name: string;
  /** The key, in the host's field of package.json, with the entry points by id: `procedures`. */
  readonly field: string;
  /** Holds an export to the contract of the kind. It never throws. */
  readonly check: (exported: unknown, expected: Expected) => OfKind<Plugin> | KindFault;
}

// Those of plugins with hooks, and what else the field of package.json may have.
const taken = ["hooks", "plugin", "plugins", "id", "capabilities"];
const namePattern = /^[a-z][a-z0-9_]{0,31}$/;

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
 *       : { ok: false, code: "contract_check_failed", reason: "a theme is a text" },
 * });
 * console.log(themes.check("blue", { id: "acme.blue" })); // { ok: true, plugin: { colour: 'blue' } }
 * ```
 */
export function defineKind<Plugin extends object>(kind: Kind<Plugin>): Kind<Plugin> {
  const { name, field, check } = kind;
  for (const [key, value] of Object.entries({ name, field })) {
    if (typeof value !== "string" || !namePattern.test(value) || taken.includes(value))
      throw invalid(`expects a ${key} of lower-case letters, none of ${taken.join(", ")}`);
  }
  if (typeof check !== "function") throw invalid("expects a check, a function");
  return Object.freeze({
    name,
    field,
    check(exported, expected) {
      try {
        return check(exported, expected);
      } catch (thrown) {
        const reason = `the check of ${quoted(name)} failed: ${describeText(thrown)}`;
        return { ok: false, code: "contract_check_failed", reason };
      }
    },
  } satisfies Kind<Plugin>);
}

function invalid(text: string): GlassineError {
  return new GlassineError("options_invalid", `defineKind ${text}.`);
}
