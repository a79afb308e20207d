/** A host's services: which capability opens each, and which accessor of the context returns it. */
import { expectTable } from "../data/index.ts";
import { GlassineError, quoted, suggestion } from "../errors/index.ts";
import { contextClassWith } from "../hooks/index.ts";

declare const handleType: unique symbol;

/** The type of a handle, for the compiler alone. Made by `handleOf`. */
export interface HandleType<Handle> {
  readonly [handleType]?: Handle;
}

/** One service, opened by the capability that it is listed under. */
export interface ServiceSpec {
  /** The name of its method on a handler's context, such as `getFactsReader`. */
  readonly accessor: string;
  /** The name under which the host supplies it in `createPluginManager({ services })`. */
  readonly handle: string;
  /** What a plugin can do with it, in one sentence. */
  readonly description: string;
  /** What a reviewer should consider before granting it. */
  readonly review?: string;
  /** The type of the handle: `handleOf<Reader>()`. Default: `unknown`. */
  readonly type?: HandleType<unknown>;
}

/** Services by the capability that opens each. */
export interface ServiceTable {
  readonly [capability: string]: ServiceSpec;
}

/** The capabilities of a service table. */
export type ServiceCapability<Services extends ServiceTable> = keyof Services & string;

type Handle<Spec extends ServiceSpec> = Spec extends { readonly type: HandleType<infer Type> }
  ? Type
  : unknown;

/**
 * The accessors that the capabilities `Caps` open. Each returns the host's handle, or `null` if the
 * host supplies none.
 */
export type AccessorsOf<Services extends ServiceTable, Caps extends string> = {
  readonly [Name in ServiceCapability<Services> & Caps as Services[Name]["accessor"]]: () => Handle<
    Services[Name]
  > | null;
};

/** The handles that a host supplies, by name. It may leave out any of them. */
export type HandlesOf<Services extends ServiceTable> = {
  readonly [Name in ServiceCapability<Services> as Services[Name]["handle"]]?: Handle<
    Services[Name]
  > | null;
};

/**
 * Declares the type of a service's handle in `defineServices`. At runtime it carries nothing.
 *
 * @example
 * ```ts
 * import { defineServices, handleOf } from "glassine/host";
 *
 * const services = defineServices({
 *   "clock.read": {
 *     accessor: "getClock",
 *     handle: "clock",
 *     description: "Tells the time.",
 *     type: handleOf<{ now(): number }>(),
 *   },
 * });
 * console.log(Object.keys(services)); // [ 'clock.read' ]
 * ```
 */
export function handleOf<Handle>(): HandleType<Handle> {
  return Object.freeze({});
}

// A dot distinguishes the capability of a service from that of a slot.
const capabilityPattern = /^[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+$/;
const identifierPattern = /^[a-z][A-Za-z0-9]*$/;
const settings = ["accessor", "handle", "description", "review", "type"];

/** Returns the names that every context has, or that are looked up on any object or promise. */
function takenNames(): readonly string[] {
  const { prototype } = contextClassWith([]);
  return [prototype, Object.prototype]
    .flatMap((holder: object) => Object.getOwnPropertyNames(holder))
    .concat("then", "toJSON");
}

/**
 * Declares a host's services: the capability that opens each, its accessor on the context, and the
 * name under which the host supplies it. Used in `defineHost({ services })`.
 *
 * @throws GlassineError `service_invalid`
 * @see spec `plugins:services`
 * @example
 * ```ts
 * import { createExtensions } from "glassine";
 * import { defineHost, defineServices, handleOf } from "glassine/host";
 *
 * const services = defineServices({
 *   "vault.read": {
 *     accessor: "getVault",
 *     handle: "vault",
 *     description: "Reads secrets by name.",
 *     review: "high: hands out secrets",
 *     type: handleOf<{ read(name: string): string }>(),
 *   },
 * });
 * const host = defineHost({ services });
 * const plugin = host.definePlugin({
 *   name: "signer",
 *   version: "1.0.0",
 *   capabilities: ["vault.read"],
 *   hooks: {
 *     evaluate(message, context) {
 *       return { metadata: { key: context.getVault()?.read("key") ?? "none" } };
 *     },
 *   },
 * });
 * const vault = { read: (name: string) => `the ${name}` };
 * const manager = await host.createPluginManager({ plugins: [plugin], services: { vault } });
 * const { metadata } = await manager.invoke("evaluate", { role: "user" });
 * console.log(JSON.stringify(metadata.signer)); // {"key":"the key"}
 * ```
 */
export function defineServices<const Services extends ServiceTable>(services: Services): Services {
  expectTable(services, "service_invalid", "defineServices");
  const taken = takenNames();
  const accessors = new Map<string, string>();
  const handles = new Map<string, string>();
  for (const [capability, spec] of Object.entries(services)) {
    const fail = (text: string): never => {
      throw new GlassineError("service_invalid", `Service ${quoted(capability)} ${text}`, {
        capability,
      });
    };
    if (!capabilityPattern.test(capability) || capability.length > 64) {
      fail('needs a capability of lower-case words with a dot, such as "vault.read".');
    }
    if (typeof spec !== "object" || spec === null) fail("needs { accessor, handle, description }.");
    for (const key of Object.keys(spec)) {
      if (!settings.includes(key))
        fail(`has the unknown setting ${quoted(key)}.${suggestion(key, settings)}`);
    }
    const { accessor, handle, description } = spec;
    if (typeof accessor !== "string" || !identifierPattern.test(accessor))
      fail('needs an accessor, a method name such as "getVault".');
    if (taken.includes(accessor)) fail(`may not have the accessor ${quoted(accessor)}.`);
    if (typeof handle !== "string" || !identifierPattern.test(handle) || handle === "then")
      fail('needs a handle, a name such as "vault".');
    if (typeof description !== "string" || description === "") fail("needs a description.");
    const claims = [
      [accessors, accessor],
      [handles, handle],
    ] as const;
    for (const [names, name] of claims) {
      const other = names.get(name);
      if (other !== undefined) fail(`has ${quoted(name)} in common with ${quoted(other)}.`);
      names.set(name, capability);
    }
    Object.freeze(spec);
  }
  return Object.freeze(services);
}
