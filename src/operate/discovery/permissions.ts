/** What a plugin may see, change and use, in sentences made from its host's tables. */
import { quoted } from "../../core/errors/index.ts";
import {
  type HookTable,
  type Mode,
  modes,
  type Semantic,
  standardHooks,
} from "../../core/hooks/index.ts";
import type { ServiceTable } from "../../core/plugins/index.ts";
import {
  type CompiledSlots,
  compileSlots,
  type Node,
  type SlotSpec,
  type SlotTable,
  standardSlots,
} from "../../core/slots/index.ts";

/** The tables that a host was defined with. */
export interface PermissionTables {
  readonly slots: SlotTable;
  readonly services: ServiceTable;
  readonly hooks: HookTable;
}

/** The tables of the standard host. */
export const standardTables: PermissionTables = Object.freeze({
  slots: standardSlots,
  services: {},
  hooks: standardHooks,
});

/** What a plugin asks for, or was granted. */
export interface Grant {
  readonly capabilities: readonly string[];
  readonly hooks: readonly string[];
  /** How it runs on each hook, if known. Default: `sequential`. */
  readonly modes?: Readonly<Record<string, Mode>>;
}

/** Sentences, each on one line. */
export interface PermissionWords {
  /** What every plugin of the host may see and change. */
  readonly always: readonly string[];
  readonly sees: readonly string[];
  /** Slots and fields that it does not see, by their paths: `security.labels`. */
  readonly hidden: readonly string[];
  readonly changes: readonly string[];
  /** Services, with what to look at before they are granted. */
  readonly uses: readonly string[];
  readonly runsOn: readonly string[];
  /** Names that this host does not know: they grant nothing. */
  readonly unknown: readonly string[];
}

/**
 * Says in plain words what a plugin with some capabilities and hooks may see, change and use. The
 * words are made from the tables, so they also cover a host's own slots, services and hooks.
 *
 * @throws GlassineError `slot_invalid` for slots that no host can have
 * @example
 * ```ts
 * import { describePermissions, standardTables } from "glassine/node";
 *
 * const { sees, changes } = describePermissions(standardTables, {
 *   capabilities: ["append_labels"],
 *   hooks: [],
 * });
 * console.log(sees[0]); // Sees security.labels.
 * console.log(changes[0]); // Adds to security.labels.
 * ```
 */
export function describePermissions(tables: PermissionTables, grant: Grant): PermissionWords {
  const { slots, services, hooks } = tables;
  const compiled = compiledOf(slots);
  const parts = partsOf(compiled);
  const mask = compiled.capabilities.bits(grant.capabilities);
  return {
    always: alwaysIn(parts),
    sees: parts.flatMap((part) => seen(part, mask, `: ${slots[part.key]?.description}`)),
    hidden: parts.flatMap((part) => closedIn(part, mask)),
    changes: parts.flatMap((part) => changed(part, mask)),
    uses: sorted(grant.capabilities).flatMap((name) => used(name, services)),
    runsOn: sorted(grant.hooks).flatMap((name) => runOn(name, hooks, grant.modes?.[name])),
    unknown: unknownIn(tables, compiled.capabilities.names, grant),
  };
}

function sorted(names: Iterable<string>): readonly string[] {
  return [...new Set(names)].sort();
}

function alwaysIn(parts: readonly Node[]): readonly string[] {
  const open = parts.filter((part) => !isGated(part));
  const partly = open.filter(({ mixed }) => mixed);
  const free = parts.flatMap(topmostFree);
  const names = (some: readonly Node[]) => listed(some.map(({ path }) => path));
  const rest = partly.length === 0 ? "" : `; of ${names(partly)} only what takes no capability`;
  return [
    ...(open.length === 0 ? [] : [`Sees ${names(open)}, as every plugin does${rest}.`]),
    ...(free.length === 0 ? [] : [`May change ${names(free)}, as every plugin may.`]),
  ];
}

function topmostFree(part: Node): readonly Node[] {
  return isFree(part) ? [part] : part.fields.flatMap(topmostFree);
}

/** Says that a part is seen, and with which of the gated parts in it, and without which. */
function seen(part: Node, mask: number, meaning = "."): readonly string[] {
  if (!isGated(part)) return part.fields.flatMap((field) => seen(field, mask));
  if ((part.open & mask) === 0) return [];
  const inner = part.fields.flatMap(withInner).filter(isGated);
  const opened = inner.filter(({ open }) => (open & mask) !== 0);
  const closed = inner.filter(({ open }) => (open & mask) === 0);
  const shown = [
    part.path,
    ...(opened.length === 0 ? [] : [`with its ${namesOf(opened)}`]),
    ...(closed.length === 0 ? [] : [`without its ${namesOf(closed)}`]),
  ];
  return [`Sees ${shown.join(", ")}${meaning}`];
}

/** The outermost closed parts, without what is inside them. */
function closedIn(part: Node, mask: number): readonly string[] {
  if (isGated(part) && (part.open & mask) === 0) return [part.path];
  return part.fields.flatMap((field) => closedIn(field, mask));
}

/** A field that can be changed just like its parent is covered by the parent's sentence. */
function changed(part: Node, mask: number): readonly string[] {
  const can = (part.write & mask) !== 0;
  const apart = part.fields.filter(
    (field) => !can || field.tier !== part.tier || field.write !== part.write,
  );
  const inner = apart.flatMap((field) => changed(field, mask));
  if (!can) return inner;
  const kept = apart.filter(({ write }) => (write & mask) === 0);
  const but = kept.length === 0 ? "" : `, but not its ${namesOf(kept)}`;
  // A slot grows through one of its lists.
  const { grows } = part;
  const place = (grows ?? part).path;
  const verb = part.tier === "monotonic" ? "Adds to" : "Changes";
  return [`${verb} ${place}${but}.`, ...inner];
}

function spoken(name: string): string {
  return name.replaceAll("_", " ");
}

function namesOf(parts: readonly Node[]): string {
  return listed(parts.map(({ key }) => spoken(key)));
}

const andList = new Intl.ListFormat("en-GB", { type: "conjunction" });
const listed = (names: readonly string[]) => andList.format(names);

function used(name: string, services: ServiceTable): readonly string[] {
  const service = Object.hasOwn(services, name) ? services[name] : undefined;
  if (service === undefined) return [];
  const review = service.review === undefined ? "" : ` Before it is granted: ${service.review}`;
  return [`Uses ${name}: ${service.description}${review}`];
}

type Doing = (writable: readonly string[], mode: Mode) => string;

const does: Readonly<Record<Semantic, Doing>> = {
  message: (writable, mode) => {
    if (mode === "disabled") return "It is disabled, and never called.";
    const { mayHalt, mayModify } = modes[mode];
    const may = [
      ...(mayHalt ? ["may deny"] : []),
      ...(mayModify && writable.length > 0
        ? [`may change its ${listed(writable.map(spoken))}`]
        : []),
    ];
    if (may.length === 0)
      return `It sees the payload. In its mode, ${mode}, it denies and changes nothing.`;
    const sees =
      may.length === 1
        ? `It sees the payload and ${may[0]}.`
        : `It sees the payload, ${may.join(", and ")}.`;
    return mode === "sequential"
      ? sees
      : `${sees} In its mode, ${mode}, it ${mayHalt ? "changes no payload" : "denies nothing"}.`;
  },
  voting: () => "It sees the facts and may deny.",
  filter_chain: () => "It sees the value and may change it.",
  score_delta: () => "It sees the results and may change their scores.",
  fire_and_forget: () => "It is notified, and changes nothing.",
};

function runOn(name: string, hooks: HookTable, mode: Mode = "sequential"): readonly string[] {
  const hook = Object.hasOwn(hooks, name) ? hooks[name] : undefined;
  if (hook === undefined) return [];
  const doing = does[hook.semantic](hook.writable ?? [], mode);
  return [`Runs on ${name}: ${hook.description} ${doing}`];
}

function unknownIn(
  { services, hooks }: PermissionTables,
  known: readonly string[],
  grant: Grant,
): readonly string[] {
  const capabilities = sorted(grant.capabilities).filter(
    (name) => !known.includes(name) && !Object.hasOwn(services, name),
  );
  const unknownHooks = sorted(grant.hooks).filter((name) => !Object.hasOwn(hooks, name));
  return [
    ...capabilities.map(
      (name) => `Asks for ${quoted(name)}, which is not a capability of this host.`,
    ),
    ...unknownHooks.map((name) => `Asks for ${quoted(name)}, which is not a hook of this host.`),
  ];
}

/**
 * Services that reach beyond the plugin's own work, on any host. A reviewer looks at these first,
 * and at services whose `review` begins with High or Sensitive, at every capability that writes to
 * the envelope, and at those that open credentials: headers and claims of a token.
 */
const always: readonly string[] = [
  "facts.write",
  "recall.write",
  "federation.write",
  "tenant.write",
  "network.outbound",
  "identity.read",
  "audit.read",
];

/** Parts of the standard slots that contain credentials, or data from them. */
const secretParts: readonly string[] = ["http", "security.subject.claims", "security.client"];

/**
 * Returns the capabilities that have high impact, without repeats, sorted.
 *
 * @throws GlassineError `slot_invalid` for slots that no host can have
 * @example
 * ```ts
 * import { highImpact, standardTables } from "glassine/node";
 *
 * const asked = ["read_labels", "read_headers", "network.outbound"];
 * console.log(highImpact(standardTables, asked)); // [ 'network.outbound', 'read_headers' ]
 * ```
 */
export function highImpact(
  { slots, services }: Pick<PermissionTables, "slots" | "services">,
  capabilities: readonly string[],
): readonly string[] {
  const compiled = compiledOf(slots);
  const parts = partsOf(compiled).flatMap(withInner);
  const reachesFar = (bit: number) =>
    parts.some(
      ({ path, open, write }) =>
        (write & bit) !== 0 || (secretParts.includes(path) && (open & bit) !== 0),
    );
  return sorted(capabilities).filter(
    (name) =>
      always.includes(name) ||
      isHighService(services, name) ||
      reachesFar(compiled.capabilities.bits([name])),
  );
}

function isHighService(services: ServiceTable, name: string): boolean {
  const service = Object.hasOwn(services, name) ? services[name] : undefined;
  return /^(?:high|sensitive)\b/i.test(service?.review ?? "");
}

const compiledTables = new WeakMap<SlotTable, CompiledSlots>();

/** Compiled once for each table. */
function compiledOf(table: SlotTable): CompiledSlots {
  const slots = compiledTables.get(table) ?? compileSlots(table);
  compiledTables.set(table, slots);
  return slots;
}

/** The slots, in order, without those that are hidden from every plugin. */
function partsOf({ table, byKey }: CompiledSlots): readonly Node[] {
  const visible = Object.entries(table).filter(([, spec]) => spec.read !== undefined);
  return visible.map(([key, spec]) => declared(byKey[key] as Node, spec));
}

/** Leaves only fields that have settings, in the order of the table. */
function declared(part: Node, { fields = {} }: Pick<SlotSpec, "fields">): Node {
  const inner = Object.entries(fields).map(([key, spec]) =>
    declared(part.byKey[key] as Node, spec),
  );
  return { ...part, fields: inner };
}

function withInner(part: Node): readonly Node[] {
  return [part, ...part.fields.flatMap(withInner)];
}

/** Whether seeing it requires more than seeing its parent. */
function isGated({ open }: Node): boolean {
  return open !== 0;
}

/** Whether every plugin of the host may change it. Such parts have no read gate in any table. */
function isFree({ tier, write }: Node): boolean {
  return tier !== "immutable" && write === 0;
}
