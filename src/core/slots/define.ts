import type * as z from "zod/mini";
import { expectTable, isRecord } from "../data/index.ts";
import { GlassineError, quoted, suggestion } from "../errors/index.ts";
import type { FieldSpec, Schema, SlotSpec, SlotTable, Tier } from "./types.ts";

/**
 * Declares a table of slots. The type of the result is the table itself, so that types, filter,
 * merge, schema and documentation are all derived from it.
 *
 * `read` says who sees a slot: the holders of a capability, or `"everyone"`. A slot without `read`
 * is hidden from every plugin. `write` says in the same way who changes a slot that can change. A
 * field inherits from its parent what it leaves out.
 *
 * Every check of a schema applies. It gets a frozen copy, must be synchronous, and is also called
 * on merged values. The standard slots are read without zod. Your own checks and transforms, and
 * zod's code for unions and transforms, call the built-ins of the realm: a plugin that patches
 * those can make anything pass. `detectTampering` reports that, and `tampering: "deny"` stops runs.
 *
 * @throws GlassineError `slot_invalid`
 * @example
 * ```ts
 * import { defineSlots } from "glassine/host";
 * import * as z from "zod";
 *
 * const slots = defineSlots({
 *   billing: {
 *     tier: "immutable",
 *     read: "read_billing",
 *     description: "Who pays for the call.",
 *     schema: z.object({ account: z.string(), plan: z.string().optional() }),
 *   },
 * });
 * console.log(slots.billing.tier); // immutable
 * ```
 */
export function defineSlots<const Table extends SlotTable>(table: Table): Table {
  expectTable(table, "slot_invalid", "defineSlots");
  checkTable(table, []);
  return Object.freeze(table);
}

/**
 * Adds a host's own table to another. A name that already exists, or differs from one only in case
 * or separators, is refused.
 */
export function joinSlots<A extends SlotTable, B extends SlotTable>(a: A, own: B): A & B {
  checkTable(own, Object.keys(a));
  return Object.freeze({ ...a, ...own });
}

function checkTable(table: SlotTable, taken: readonly string[]): void {
  const folded = new Map<string, string>();
  for (const slot of taken) checkName(slot, folded);
  for (const [slot, spec] of Object.entries(table)) {
    checkName(slot, folded);
    checkSpec(slot, spec, slotKeys);
    checkWhole(slot, spec);
    checkAccess(slot, spec);
  }
}

const namePattern = /^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/;
// Names that have a meaning in JavaScript, or would look like this library's own.
const reserved = new Set(["constructor", "prototype", "then", "extensions"]);

function checkName(name: string, folded: Map<string, string>): void {
  if (!namePattern.test(name) || name.length > 64 || reserved.has(name)) {
    throw new GlassineError(
      "slot_invalid",
      `A slot name consists of lower-case letters, digits and single underscores, and is none of ${[...reserved].join(", ")}; got ${quoted(name)}.`,
      { name },
    );
  }
  const key = name.replaceAll("_", "");
  const other = folded.get(key);
  if (other !== undefined) {
    const text =
      other === name
        ? `The slot ${quoted(name)} already exists.`
        : `The slot ${quoted(name)} is too close to ${quoted(other)}. Choose a more distinct name.`;
    throw new GlassineError("slot_invalid", text, { name, other });
  }
  folded.set(key, name);
}

/** Stands in place of a capability: no plugin needs one. */
export const everyone = "everyone";

/** Returns who reads or writes a slot or field, or a field of it: capabilities, and `everyone`. */
export function gatesOf(spec: FieldSpec): readonly string[] {
  const own = [spec.read, spec.write].filter((gate) => gate !== undefined);
  return [...own, ...Object.values(spec.fields ?? {}).flatMap(gatesOf)];
}

/** The settings of a slot or field, with those of its parent in place of what it leaves out. */
export interface Inherited {
  readonly tier: Tier;
  readonly read?: string | undefined;
  readonly write?: string | undefined;
}

export function inheritedBy({ tier, read, write }: FieldSpec, above: Inherited): Inherited {
  return { tier: tier ?? above.tier, read: read ?? above.read, write: write ?? above.write };
}

/** Checks the settings that every slot needs. */
function checkWhole(slot: string, spec: SlotSpec): void {
  const fail = (text: string): never => {
    throw new GlassineError("slot_invalid", `Slot ${quoted(slot)} ${text}`, { slot });
  };
  if (spec.tier === undefined) fail(`needs a tier: ${tiers.join(", ")}.`);
  if (typeof spec.description !== "string") fail("needs a description.");
  if (spec.schema?._zod === undefined) {
    fail("needs a schema made with zod 4.");
  }
}

/** Returns the schema of a defined slot as the type that it was checked to have. */
export function zodOf(schema: Schema): z.core.$ZodType {
  return schema as z.core.$ZodType;
}

/** Checks read and write. A slot without `read` is hidden, so nothing in it can open or change. */
function checkAccess(slot: string, spec: SlotSpec): void {
  const fail = (path: string, text: string): never => {
    throw new GlassineError("slot_invalid", `${quoted(path)} ${text}`, { path });
  };
  if (spec.read === undefined && namesAnyone(spec)) {
    fail(slot, `says who writes it or reads a part of it, but not who reads it: ${whoReads}.`);
  }
  const check = (path: string, { read, fields }: FieldSpec, here: Inherited): void => {
    const isOpen = here.read === undefined || here.read === everyone;
    if (path !== slot && read === everyone) {
      fail(path, `cannot be read by everyone: it is read with ${quoted(slot)}. Leave read out.`);
    }
    if (isOpen && here.tier !== "immutable" && here.write === undefined) {
      fail(
        path,
        `is ${here.tier}, and nobody may change it: name the capability that writes it, say write: "everyone", or make it immutable.`,
      );
    }
    for (const [field, inner] of Object.entries(fields ?? {}))
      check(`${path}.${field}`, inner, inheritedBy(inner, here));
  };
  check(slot, spec, spec);
}

/** Whether a slot or a part of it says who reads or writes it, be that everyone. */
function namesAnyone({ read, write, fields }: FieldSpec): boolean {
  return (read ?? write) !== undefined || Object.values(fields ?? {}).some(namesAnyone);
}

const whoReads = 'name a capability, or say read: "everyone"';

const tiers: readonly Tier[] = ["immutable", "monotonic", "mutable"];
const fieldKeys = ["tier", "read", "write", "fields"];
const slotKeys = [...fieldKeys, "schema", "description", "closed", "grows", "derive"];

const types: { readonly [key: string]: string } = { closed: "boolean", derive: "function" };

/** Refuses unknown settings: a misspelled gate would not be a gate. */
function checkSpec(path: string, spec: unknown, known: readonly string[]): void {
  const fault = (text: string) => new GlassineError("slot_invalid", `${path}${text}`, { path });
  if (!isRecord(spec)) throw fault(" must be an object.");
  for (const [key, value] of Object.entries(spec)) {
    if (!known.includes(key))
      throw fault(` has the unknown setting ${quoted(key)}.${suggestion(key, known)}`);
    const isName = typeof value === "string" && namePattern.test(value);
    if ((key === "read" || key === "write") && !isName)
      throw fault(
        `.${key} must be a capability name such as "${key}_${path.split(".").at(-1)}", or "everyone".`,
      );
    if (key === "tier" && !tiers.includes(value as Tier))
      throw fault(`.tier must be one of ${tiers.join(", ")}.`);
    if (value === undefined) continue;
    const type = types[key];
    if (type !== undefined && typeof value !== type) throw fault(`.${key} must be a ${type}.`);
    if (key !== "fields") continue;
    if (!isRecord(value)) throw fault(".fields must be an object.");
    for (const [field, inner] of Object.entries(value))
      checkSpec(`${path}.${field}`, inner, fieldKeys);
  }
}
