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
  everyone,
  gatesOf,
  type SlotSpec,
  type SlotTable,
  standardSlots,
  type Tier,
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
  /** Slots and fields that it does not see, each as a few words: `labels in security`. */
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
 * @example
 * ```ts
 * import { describePermissions, standardTables } from "glassine/node";
 *
 * const { sees, changes } = describePermissions(standardTables, {
 *   capabilities: ["append_labels"],
 *   hooks: [],
 * });
 * console.log(sees[0]); // Sees labels in security.
 * console.log(changes[0]); // Adds to labels in security.
 * ```
 */
export function describePermissions(tables: PermissionTables, grant: Grant): PermissionWords {
  const { slots, services, hooks } = tables;
  const capabilities = new Set(grant.capabilities);
  const parts = partsOf(slots);
  return {
    always: alwaysIn(parts),
    sees: parts.flatMap((part) => seen(part, capabilities)),
    hidden: parts.flatMap((part) => closedIn(part, capabilities)),
    changes: parts.flatMap((part) => changed(part, capabilities)),
    uses: sorted(capabilities).flatMap((name) => used(name, services)),
    runsOn: sorted(grant.hooks).flatMap((name) => runOn(name, hooks, grant.modes?.[name])),
    unknown: unknownIn(tables, parts, grant),
  };
}

function sorted(names: Iterable<string>): readonly string[] {
  return [...new Set(names)].sort();
}

function alwaysIn(parts: readonly Part[]): readonly string[] {
  const open = parts.filter((part) => !isGated(part));
  const partly = open.filter((part) => withInner(part).some(isGated));
  const free = parts.flatMap(topmostFree);
  const names = (some: readonly Part[]) => listed(some.map(({ path }) => path.join(".")));
  const rest = partly.length === 0 ? "" : `; of ${names(partly)} only what takes no capability`;
  return [
    ...(open.length === 0 ? [] : [`Sees ${names(open)}, as every plugin does${rest}.`]),
    ...(free.length === 0 ? [] : [`May change ${listed(free.map(placeOf))}, as every plugin may.`]),
  ];
}

function topmostFree(part: Part): readonly Part[] {
  return isFree(part) ? [part] : part.fields.flatMap(topmostFree);
}

/** Says that a part is seen, and with which of the gated parts in it, and without which. */
function seen(part: Part, capabilities: ReadonlySet<string>): readonly string[] {
  if (!isGated(part)) return part.fields.flatMap((field) => seen(field, capabilities));
  if (!isOpened(part, capabilities)) return [];
  const inner = part.fields.flatMap(withInner).filter(isGated);
  const opened = inner.filter((each) => isOpened(each, capabilities));
  const closed = inner.filter((each) => !isOpened(each, capabilities));
  const shown = [
    placeOf(part),
    ...(opened.length === 0 ? [] : [`with its ${namesOf(opened)}`]),
    ...(closed.length === 0 ? [] : [`without its ${namesOf(closed)}`]),
  ];
  const meaning = part.slot === undefined ? "." : `: ${part.slot.description}`;
  return [`Sees ${shown.join(", ")}${meaning}`];
}

/** The outermost closed parts, without what is inside them. */
function closedIn(part: Part, capabilities: ReadonlySet<string>): readonly string[] {
  if (isGated(part) && !isOpened(part, capabilities)) return [placeOf(part)];
  return part.fields.flatMap((field) => closedIn(field, capabilities));
}

/** A field that can be changed just like its parent is covered by the parent's sentence. */
function changed(part: Part, capabilities: ReadonlySet<string>): readonly string[] {
  const can = canChange(part, capabilities);
  const apart = part.fields.filter(
    (field) => !can || field.tier !== part.tier || field.writer !== part.writer,
  );
  const inner = apart.flatMap((field) => changed(field, capabilities));
  if (!can) return inner;
  const kept = apart.filter((field) => !canChange(field, capabilities));
  const but = kept.length === 0 ? "" : `, but not its ${namesOf(kept)}`;
  // A slot grows through one of its lists.
  const grows = part.slot?.grows;
  const place = grows === undefined ? placeOf(part) : `${spoken(grows)} of ${part.path[0]}`;
  const verb = part.tier === "monotonic" ? "Adds to" : "Changes";
  return [`${verb} ${place}${but}.`, ...inner];
}

/** `roles of the subject in security`, or `http` for a whole slot. */
function placeOf({ path }: Part): string {
  const [slot = "", ...fields] = path;
  if (fields.length === 0) return slot;
  return `${fields.toReversed().map(spoken).join(" of the ")} in ${slot}`;
}

function spoken(name: string): string {
  return name.replaceAll("_", " ");
}

function namesOf(parts: readonly Part[]): string {
  return listed(parts.map(({ path }) => spoken(path.at(-1) ?? "")));
}

function listed(names: readonly string[]): string {
  const [last = "", ...before] = names.toReversed();
  return before.length === 0 ? last : `${before.toReversed().join(", ")} and ${last}`;
}

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
  parts: readonly Part[],
  grant: Grant,
): readonly string[] {
  const known = new Set(
    parts.flatMap(withInner).flatMap(({ openers, writer }) => [...openers, writer]),
  );
  const capabilities = sorted(grant.capabilities).filter(
    (name) => !known.has(name) && !Object.hasOwn(services, name),
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
  const parts = partsOf(slots).flatMap(withInner);
  return [...new Set(capabilities)]
    .filter(
      (name) => always.includes(name) || isHighService(services, name) || reachesFar(parts, name),
    )
    .sort();
}

function isHighService(services: ServiceTable, name: string): boolean {
  const service = Object.hasOwn(services, name) ? services[name] : undefined;
  return /^(?:high|sensitive)\b/i.test(service?.review ?? "");
}

function reachesFar(parts: readonly Part[], name: string): boolean {
  return parts.some(
    (part) =>
      canChange(part, new Set([name])) ||
      (secretParts.includes(part.path.join(".")) && isOpened(part, new Set([name]))),
  );
}

/** A slot, or a field with settings of its own. */
interface Part {
  /** From the slot down. */
  readonly path: readonly string[];
  /** The slot's definition, if it is a whole slot. */
  readonly slot?: SlotSpec;
  /** Any one of these opens it; empty if it is seen whenever its parent is. */
  readonly openers: readonly string[];
  readonly tier: Tier;
  /** The capability that a change requires; `undefined` if none. */
  readonly writer: string | undefined;
  readonly fields: readonly Part[];
}

/** The settings of a slot or field that matter here. */
type Spec = Pick<SlotSpec, "read" | "write" | "fields"> & { readonly tier?: Tier };

/** What a field inherits from its parent unless it sets it. */
interface Above {
  readonly path: readonly string[];
  readonly tier: Tier;
  readonly write: string | undefined;
}

/** The slots of a table, in its order, without those that are hidden from every plugin. */
function partsOf(slots: SlotTable): readonly Part[] {
  return Object.entries(slots)
    .filter(([, spec]) => spec.read !== undefined)
    .map(([slot, spec]) => ({
      ...partOf(slot, spec, { path: [], tier: spec.tier, write: undefined }),
      slot: spec,
    }));
}

function partOf(key: string, spec: Spec, above: Above): Part {
  const path = [...above.path, key];
  const { tier = above.tier, write = above.write } = spec;
  // A field's gate opens its parents, too, because a plugin has to reach the field.
  const openers = spec.read === undefined || spec.read === everyone ? [] : gatesOf(spec);
  const fields = Object.entries(spec.fields ?? {}).map(([field, inner]) =>
    partOf(field, inner, { path, tier, write }),
  );
  return { path, openers, tier, writer: write === everyone ? undefined : write, fields };
}

function withInner(part: Part): readonly Part[] {
  return [part, ...part.fields.flatMap(withInner)];
}

/** Whether seeing it requires more than seeing its parent. */
function isGated({ openers }: Part): boolean {
  return openers.length > 0;
}

function isOpened({ openers }: Part, capabilities: ReadonlySet<string>): boolean {
  return openers.some((opener) => capabilities.has(opener));
}

/** Whether every plugin of the host may change it. Such parts have no read gate in any table. */
function isFree({ tier, writer }: Part): boolean {
  return tier !== "immutable" && writer === undefined;
}

function canChange({ tier, writer }: Part, capabilities: ReadonlySet<string>): boolean {
  return tier !== "immutable" && writer !== undefined && capabilities.has(writer);
}
