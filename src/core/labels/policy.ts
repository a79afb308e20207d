/**
 * Data policies, `security.data[name]`: which labels a result gets, and what may be done with it.
 *
 * Plugins run before and after this, so nothing here is looked up on a prototype.
 */
import { asSet, expectOptions } from "../data/index.ts";
import {
  append,
  enumerableKeys,
  freeze,
  includes,
  isArray,
  mapped,
  newList,
  none,
  ownValue,
  toArray,
  valueAt,
} from "../data/intrinsics.ts";
import { expectExtensions, labelled } from "../envelope/index.ts";
import { type ErrorCode, GlassineError, optionsInvalid, quoted } from "../errors/index.ts";
import { type PartAction, partActions } from "../messages/index.ts";

/**
 * Where a result comes from: the tool, prompt or resource that was asked for.
 *
 * Use the names that the call was sent with, never names from the answer.
 * An entity whose name and URI are both missing or empty is unknown: all policies apply to it.
 */
export interface DataEntity {
  readonly kind: "tool" | "prompt" | "resource";
  readonly name?: string | undefined;
  /** The URI of a resource. The policies of its name and of its URI both apply. */
  readonly uri?: string | undefined;
}

/** Why a data policy does not allow an action. */
export interface DataViolation {
  readonly code: ErrorCode & "data_action_denied";
  readonly reason: string;
}

const kinds: readonly unknown[] = freeze(["tool", "prompt", "resource"]);
const entityKeys = freeze(["kind", "name", "uri"]);
const actionNames = partActions.join(", ");

/**
 * Returns `extensions` with the labels that the data policy of `entity` puts on its result.
 *
 * Labels are only added. An unknown entity gets those of every policy.
 *
 * @throws GlassineError `extensions_invalid` for anything but extensions of this library,
 *   `edit_denied` for a view that may not add labels, `label_invalid` for a policy with an invalid
 *   label, `snapshot_limit` for more labels than an envelope holds, `options_invalid` if it is not
 *   an entity
 * @see spec `labels:stamped`
 * @example
 * ```ts
 * import { createExtensions } from "glassine";
 * import { stampResult } from "glassine/labels";
 *
 * const extensions = createExtensions({
 *   security: { data: { read_payroll: { apply_labels: ["SALARY"] } } },
 * });
 * const stamped = stampResult(extensions, { kind: "tool", name: "read_payroll" });
 * console.log(stamped.security?.labels); // [ 'SALARY' ]
 * ```
 */
export function stampResult<Extensions extends object>(
  extensions: Extensions,
  entity: DataEntity,
): Extensions {
  const call = "stampResult";
  expectExtensions(extensions, call);
  checkEntity(entity, call);
  const labels = policyLabels(extensions, entity);
  // An envelope of the standard host stays one.
  return labels.length === 0
    ? extensions
    : (labelled(call, extensions, labels) as unknown as Extensions);
}

/**
 * Returns the labels that `stampResult` adds, including those already there. The extensions may
 * also be a plain document that a manager will read.
 *
 * @internal
 */
export function policyLabels(extensions: unknown, entity: DataEntity): readonly string[] {
  const policies = policiesOf(extensions, entity);
  const labels = newList<string>();
  for (let i = 0; i < policies.length; i++) {
    const list = listOf(policies[i], "apply_labels");
    for (let j = 0; j < list.length; j++) {
      const label = list[j];
      if (typeof label !== "string") throw malformed("apply_labels");
      append(labels, label);
    }
  }
  return asSet(toArray(labels));
}

/**
 * Returns why the data policy of `entity` does not allow `action`, or `undefined` if it does.
 *
 * `denied_actions` override `allowed_actions`. Without `allowed_actions` all others are allowed;
 * with an empty list, none are. An unknown entity is allowed only what every policy allows.
 * The default action is the one that takes in a result: `read` for a resource, else `receive`.
 *
 * @throws GlassineError `extensions_invalid` for anything but extensions of this library,
 *   `options_invalid` if it is not an entity or not an action
 * @see spec `labels:actions`
 * @example
 * ```ts
 * import { createExtensions } from "glassine";
 * import { checkDataAction } from "glassine/labels";
 *
 * const extensions = createExtensions({
 *   security: { data: { read_payroll: { denied_actions: ["receive"] } } },
 * });
 * const violation = checkDataAction(extensions, { kind: "tool", name: "read_payroll" });
 * console.log(violation?.code); // data_action_denied
 * ```
 */
export function checkDataAction(
  extensions: object,
  entity: DataEntity,
  action?: PartAction,
): DataViolation | undefined {
  const call = "checkDataAction";
  expectExtensions(extensions, call);
  checkEntity(entity, call);
  // No policy names a misspelled action, so most would allow it.
  if (action !== undefined && !includes(partActions, action)) {
    throw optionsInvalid(`${call} expects an action, one of ${actionNames}.`);
  }
  return policyViolation(extensions, entity, action);
}

/**
 * Does the same as `checkDataAction`. The extensions may also be a plain document that a manager
 * will read.
 *
 * @internal
 */
export function policyViolation(
  extensions: object,
  entity: DataEntity,
  action: PartAction = entity.kind === "resource" ? "read" : "receive",
): DataViolation | undefined {
  const policies = policiesOf(extensions, entity);
  for (let i = 0; i < policies.length; i++) {
    const policy = policies[i];
    const isOpen = isAbsent(ownValue(policy, "allowed_actions"));
    const isAllowed = isOpen || includes(listOf(policy, "allowed_actions"), action);
    if (isAllowed && !includes(listOf(policy, "denied_actions"), action)) continue;
    const reason = `The data policy does not allow the action ${quoted(action)}`;
    return freeze({ code: "data_action_denied", reason });
  }
  return undefined;
}

/**
 * A misspelled kind would be judged by the default action of another, and a misspelled URI by no
 * policy of its own.
 */
function checkEntity(entity: unknown, call: string): void {
  if (!includes(kinds, ownValue(entity, "kind"))) {
    throw optionsInvalid(
      `${call} expects the source of the result as { kind, name }, where kind is tool, prompt or resource.`,
    );
  }
  expectOptions(entity, entityKeys, `The source of a result in ${call}`);
}

/** The policies that apply to an entity. */
function policiesOf(extensions: unknown, { name, uri }: DataEntity): readonly unknown[] {
  const data = valueAt(extensions, ["security", "data"]);
  if (typeof data !== "object" || data === null) return [];
  const isKnown = isName(name) || isName(uri);
  const keys: readonly (string | undefined)[] = isKnown ? [name, uri] : enumerableKeys(data);
  return mapped(keys, (key) =>
    key === undefined || (isKnown && key === "") ? undefined : ownValue(data, key),
  );
}

function isName(name: unknown): name is string {
  return typeof name === "string" && name !== "";
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

/** Returns a list of a policy. In a document that was not read yet, it can be any value. */
function listOf(policy: unknown, field: string): readonly unknown[] {
  const list = ownValue(policy, field);
  if (isAbsent(list)) return none;
  if (!isArray(list)) throw malformed(field);
  return list;
}

function malformed(field: string): GlassineError {
  return new GlassineError(
    "extensions_shape",
    `A data policy's ${field} must be a list of strings. Make the envelope with createExtensions.`,
    { field },
  );
}
