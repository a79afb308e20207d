/** Filter and merge for a host that embeds them without a manager. */
import {
  expectOptions,
  extensionsLimits,
  type Limits,
  limitsOver,
  readOption,
  typeName,
} from "../data/index.ts";
import { freeze, isArray, mapped, ownValue } from "../data/intrinsics.ts";
import {
  brandOf,
  createFrom,
  filterFor,
  listed,
  merge,
  type Rejection,
  type Slots,
} from "../envelope/index.ts";
import { GlassineError, optionsInvalid, quoted, TierViolationError } from "../errors/index.ts";
import type { CompiledSlots } from "../slots/index.ts";

/** Options of `mergeExtensions`. */
export interface MergeOptions<View> {
  /** The view that the plugin got. Default: `current`, filtered by the capabilities. */
  readonly view?: View;
  /** Turns an ignored change into a violation. Default false. */
  readonly strict?: boolean;
  /** Applies the policies on appended hops, as the manager option does. Default false. */
  readonly strictDelegation?: boolean;
  /** The plugin's name, for the error and the rejections. */
  readonly plugin?: string;
  /** Limits that differ from the defaults. */
  readonly limits?: Partial<Limits>;
}

/** What `mergeExtensions` returns. */
export interface Merged<Extensions> {
  /** The merged extensions; the same object if nothing was accepted. */
  readonly extensions: Extensions;
  /** Changes that were not accepted, in table order. */
  readonly rejections: readonly Rejection[];
}

/** Filtering a view again never grants more. */
export function filterBy(
  slots: CompiledSlots,
  value: unknown,
  capabilities: readonly string[],
): Slots | null {
  if (value === null) return null;
  const extensions = ownExtensions(slots, value);
  const mask = maskOf(slots, capabilities, "filterExtensions");
  return filterFor(slots, mask & (brandOf(extensions)?.kind.mask ?? mask))(extensions);
}

/** Unknown names grant nothing, but something other than a list of names is a mistake. */
function maskOf({ capabilities }: CompiledSlots, names: readonly string[], call: string): number {
  if (isArray(names)) return capabilities.mask(names);
  const text = `${call} expects its capabilities in an array of names, got ${typeName(names)}.`;
  throw new GlassineError("capability_unknown", text, { call });
}

/** Returns this host's views and envelopes as they are; anything else is read first. */
function ownExtensions(slots: CompiledSlots, value: unknown): Slots {
  return brandOf(value)?.kind.slots === slots ? (value as Slots) : createFrom(slots, value);
}

/**
 * A merge keeps by reference what a plugin returns unchanged from its view. A view that this
 * library did not make could bring live objects into the envelope that way, so it is refused.
 */
function ownView(slots: CompiledSlots, view: object): Slots {
  if (brandOf(view)?.kind.slots === slots) return view as Slots;
  throw optionsInvalid(
    "`view` must be a view that this host's filterExtensions returned; got another value.",
    { option: "view" },
  );
}

const mergeOptions = ["view", "strict", "strictDelegation", "plugin", "limits"];

/** Without an envelope, there is nothing to merge into. */
const nothingMerged: Merged<never> = freeze({
  extensions: null as never,
  rejections: freeze([]),
});

export function mergeOrThrow(
  slots: CompiledSlots,
  currentValue: unknown,
  returned: unknown,
  capabilities: readonly string[],
  options: MergeOptions<object> = {},
): Merged<Slots> {
  if (currentValue === null) return nothingMerged;
  const current = ownExtensions(slots, currentValue);
  const mask = maskOf(slots, capabilities, "mergeExtensions");
  expectOptions(options, mergeOptions, "mergeExtensions");
  const view = ownValue(options, "view") as object | undefined;
  const plugin = readOption(options, "plugin", "string");
  const outcome = merge(current, {
    slots,
    returned,
    proposal: undefined,
    view: view === undefined ? filterFor(slots, mask)(current) : ownView(slots, view),
    mask,
    strict: readOption(options, "strict", "boolean") === true,
    growOnly: false,
    strictDelegation: readOption(options, "strictDelegation", "boolean") === true,
    limits: limitsOver(extensionsLimits, ownValue(options, "limits")),
  });
  if (outcome.ok) {
    const { extensions, rejections } = outcome;
    return freeze({ extensions, rejections: named(listed(rejections), plugin) });
  }
  const { code, path, reason, tier, cause } = outcome.refusal;
  const who = plugin === undefined ? "The proposal" : `Plugin ${quoted(plugin)}`;
  const message = `${who} was refused at ${path}: ${reason} No part of it was applied.`;
  const data = { slot: path, ...(plugin === undefined ? {} : { plugin }) };
  if (tier !== undefined) throw new TierViolationError(code, message, { ...data, tier });
  throw new GlassineError(code, message, data, cause);
}

/** Adds the plugin's name to the rejections, if there is one. */
function named(rejections: readonly Rejection[], plugin: string | undefined): readonly Rejection[] {
  if (plugin === undefined || rejections.length === 0) return rejections;
  return freeze(mapped(rejections, (rejection) => freeze({ plugin, ...rejection })));
}
