/**
 * Envelopes and views: the brand that each carries, and the filter that cuts a view.
 *
 * A view is a copy of the envelope without the parts that the grant does not open. Only levels in
 * which something is withheld are copied; a fully open slot is shared. Nothing here looks deeper
 * into a slot than its gated fields, so hidden data has no influence, not even on timing.
 *
 * A filter is cached for its grant, and the first to use it may be a plugin that patched the realm
 * for that: so compiling one, too, calls nothing found on a prototype, which would also expose the
 * slot table.
 */
import { addGrowth, addSize, type Size } from "../data/index.ts";
import {
  append,
  BrandCarrier,
  forEach,
  freeze,
  hasOwn,
  includes,
  isArray,
  type List,
  mapGet,
  mapSet,
  newList,
  none,
  some,
  weakGet,
  weakSet,
} from "../data/intrinsics.ts";
import { GlassineError } from "../errors/index.ts";
import type { LevelValue } from "../schema/index.ts";
import type { CompiledSlots, Node, Take } from "../slots/index.ts";

/** A whole envelope or view, as seen by code that only knows the slot table. */
export type Slots = { readonly [slot: string]: LevelValue | undefined };

/** What all envelopes of a host share, or all views of its envelopes under one grant. */
export interface EnvelopeKind {
  readonly slots: CompiledSlots;
  /** The grant of a view, as a closed mask; `undefined` for an envelope of the host. */
  readonly mask: number | undefined;
}

/** Every envelope keeps one, so it is small. Absent parts are `undefined`, never left out. */
export interface EnvelopeBrand {
  readonly kind: EnvelopeKind;
  /**
   * The view from which a helper made this in one step. The helper read and checked what it added,
   * so the merge need not read it again. An edit of an edit is read again as a whole.
   */
  readonly editOf: object | undefined;
  /**
   * The number of values in the envelope, or in the one that a view was cut from. 0 means not
   * counted, as for edits: a counted envelope has at least 1, for itself.
   */
  readonly nodes: number;
  /** The number of UTF-16 units of text. */
  readonly units: number;
}

/** Carries the brand. A class of its own, so that the engine sees one field and few shapes here. */
class Branded extends BrandCarrier {
  #brand: EnvelopeBrand;
  constructor(value: object, brand: EnvelopeBrand) {
    super(value);
    this.#brand = brand;
  }
  static of(value: unknown): EnvelopeBrand | undefined {
    if (typeof value !== "object" || value === null) return undefined;
    return #brand in value ? value.#brand : undefined;
  }
}

/** The brand of an envelope or view, or `undefined` for anything else. */
export const brandOf: (value: unknown) => EnvelopeBrand | undefined = Branded.of;

/**
 * Refuses anything but an envelope or a view: in any other value, such as a result, labels and
 * policies would look absent.
 *
 * @throws GlassineError `extensions_invalid`
 */
export function expectExtensions(value: unknown, call: string): void {
  if (brandOf(value) !== undefined) return;
  const text = `${call} expects extensions that this copy of the library made; got another value. Pass a handler's third parameter, the \`extensions\` of a result, or what createExtensions returns.`;
  throw new GlassineError("extensions_invalid", text, { call });
}

/** Brands and freezes a new object with all slots. */
export function seal(slots: Record<string, unknown>, brand: EnvelopeBrand): Slots {
  new Branded(slots, brand);
  // Its values were read by the schemas of slots, which accept objects only.
  return freeze(slots) as Slots;
}

/** What is made once per host. */
interface HostState {
  /** What all its envelopes share. */
  readonly kind: EnvelopeKind;
  /** By mask. */
  readonly filters: Map<number, Filter>;
}
const hosts = new WeakMap<CompiledSlots, HostState>();
const MapAtLoad = Map;

function hostStateOf(slots: CompiledSlots): HostState {
  const known = weakGet(hosts, slots);
  if (known !== undefined) return known;
  const made = { kind: freeze({ slots, mask: undefined }), filters: new MapAtLoad() };
  weakSet(hosts, slots, made);
  return made;
}

/** What all envelopes of one host share. */
export function hostKind(slots: CompiledSlots): EnvelopeKind {
  return hostStateOf(slots).kind;
}

const notCounted: Readonly<Size> = freeze({ nodes: 0, units: 0 });

/** Makes the brand of a value of this size. */
export function countedBrand(kind: EnvelopeKind, { nodes, units }: Readonly<Size>): EnvelopeBrand {
  return { kind, editOf: undefined, nodes, units };
}

/** Seals the result of editing `base`, which has `brand`. */
export function sealEdit(
  brand: EnvelopeBrand,
  base: Slots,
  edited: Record<string, unknown>,
): Slots {
  const { kind, nodes } = brand;
  if (kind.mask === undefined) return sealAfter(kind.slots, base, edited);
  const editOf = nodes === 0 ? undefined : base;
  return seal(edited, { ...countedBrand(kind, notCounted), editOf });
}

/**
 * Seals a changed envelope, which shares its other slots with `before`. `growth` is the difference
 * in size, if that is known.
 */
export function sealAfter(
  slots: CompiledSlots,
  before: Slots,
  after: Record<string, unknown>,
  growth?: Size,
): Slots {
  const { kind, nodes, units } = brandOf(before) ?? countedBrand(hostKind(slots), notCounted);
  const grown: Size = growth ?? { nodes: 0, units: 0 };
  if (growth === undefined)
    forEach(slots.names, (name) => addGrowth(grown, before[name], after[name]));
  return seal(
    after,
    countedBrand(kind, { nodes: nodes + grown.nodes, units: units + grown.units }),
  );
}

/** Returns the size of an envelope, or of the one that a view was cut from. */
export function sizeOf({ names }: CompiledSlots, extensions: LevelValue): Size {
  const { nodes, units } = brandOf(extensions) ?? notCounted;
  if (nodes > 0) return { nodes, units };
  // The envelope itself is one value.
  const size: Size = { nodes: 1, units: 0 };
  forEach(names, (name) => addSize(size, extensions[name]));
  return size;
}

/** Cuts an envelope to what one grant shows. */
export type Filter = (extensions: LevelValue) => Slots;

/** Returns what is shown of a part, given its value. */
type Show = (value: unknown) => unknown;

/** What a grant shows of a level: the open parts, by position, and those shown in another form. */
interface Cut {
  readonly take: Take;
  readonly open: List<boolean>;
  readonly gates: List<Gate>;
}

/** A part that is not shown as it is. */
interface Gate {
  readonly node: Node;
  readonly show: Show;
}

/** Returns the filter for a closed mask. It is compiled once per grant. */
export function filterFor(slots: CompiledSlots, mask: number): Filter {
  const { filters } = hostStateOf(slots);
  let filter = mapGet(filters, mask);
  if (filter === undefined) {
    filter = compileFilter(slots, mask);
    mapSet(filters, mask, filter);
  }
  return filter;
}

function compileFilter(slots: CompiledSlots, mask: number): Filter {
  const kind: EnvelopeKind = freeze({ slots, mask });
  let brand = countedBrand(kind, notCounted);
  const cut = compileCut(slots.take, slots.nodes, mask);
  return (extensions) => {
    // The brand is reused as long as views are cut from envelopes of the same size.
    const from = brandOf(extensions) ?? notCounted;
    if (from.nodes !== brand.nodes || from.units !== brand.units) brand = countedBrand(kind, from);
    return seal(shownOf(cut, extensions), brand);
  };
}

/** Starts from nothing: a part that is neither open nor shown by a gate is not in the view. */
function compileCut(take: Take, nodes: readonly Node[], mask: number): Cut {
  const open = newList<boolean>();
  const gates = newList<Gate>();
  forEach(nodes, (node) => {
    const isVisible = node.open === 0 || (node.open & mask) !== 0;
    const show = isVisible ? showOf(node, mask) : undefined;
    append(open, isVisible && show === undefined);
    if (show !== undefined) append(gates, { node, show });
  });
  return { take, open, gates };
}

/** Returns how a visible part is shown, or `undefined` if it is shown as it is. */
function showOf(node: Node, mask: number): Show | undefined {
  if (isOpenSet(node, mask)) return orEmpty;
  return node.mixed ? compileLevel(node, mask) : undefined;
}

/** Returns how to show a level in which a part has a gate of its own. */
function compileLevel(node: Node, mask: number): Show {
  const cut = compileCut(node.take, node.fields, mask);
  const always = freeze(shownOf(cut, node.empty));
  const isAnyThere = some(node.fields, ({ key }) => always[key] !== undefined);
  const absent = isAnyThere ? always : undefined;
  const isWhole = isWholeLevelOpen(node, cut);
  return (value) => {
    if (!isLevel(value)) return absent;
    if (isWhole) return value;
    const shown = shownOf(cut, value);
    // A level with nothing visible in it looks like an absent one.
    return isNotEmpty(node, shown) ? freeze(shown) : absent;
  };
}

/** Whether a part of an envelope is present: a level, or a map. */
export function isLevel(value: unknown): value is LevelValue {
  return typeof value === "object" && value !== null;
}

/** Returns what a grant shows of a level. */
function shownOf({ take, open, gates }: Cut, level: LevelValue): Record<string, unknown> {
  const shown = take(level, open);
  for (let i = 0; i < gates.length; i++) {
    const { node, show } = gates[i] as Gate;
    shown[node.key] = show(level[node.key]);
  }
  return shown;
}

/** Whether all parts of a level are shown as they are. An absent set would be shown as empty. */
function isWholeLevelOpen({ fields, required }: Node, { open, gates }: Cut): boolean {
  let whole = 0;
  forEach(open, (isOpen) => {
    if (isOpen) whole += 1;
  });
  forEach(gates, ({ node, show }) => {
    if (show === orEmpty && includes(required, node)) whole += 1;
  });
  return whole === fields.length;
}

/**
 * Whether a node is a growing set that is open. A view always has those, even if they or their
 * level are absent, so a plugin can always read them and cannot tell whether the level is there.
 */
function isOpenSet(node: Node, mask: number): boolean {
  const isSet = node.tier === "monotonic" && node.compiled.shape === "set";
  return isSet && (node.open & mask) !== 0;
}

const orEmpty: Show = (value) => value ?? none;

/** Whether a part is not empty. Of a list or map it looks at one key, never at all of them. */
function isNotEmpty({ fields }: Node, value: unknown): boolean {
  if (!isLevel(value)) return value !== undefined;
  // A view has growing sets, and levels around them, even if they are empty.
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i] as Node;
    if (isNotEmpty(field, value[field.key])) return true;
  }
  if (fields.length > 0) return false;
  // With a list, `for in` collects all keys before it yields the first.
  if (isArray(value)) return value.length > 0;
  for (const key in value) if (hasOwn(value, key)) return true;
  return false;
}
