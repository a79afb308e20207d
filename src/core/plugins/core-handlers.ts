/** The host's own handlers, on hooks whose semantic is not `message`. */
import * as z from "zod/mini";
import { createStamp } from "../data/intrinsics.ts";
import { quoteName } from "../errors/index.ts";
import type { AnyHandler, HookTable, OperationHookOf } from "../hooks/index.ts";
import type { CapabilityIn, SlotTable } from "../slots/index.ts";
import { capabilityList, unusedCapabilities } from "./capabilities.ts";
import type { ServiceCapability, ServiceTable } from "./define-services.ts";
import type { Surface } from "./profile.ts";
import { handlerFault, isFunction, takesExtensions } from "./read-hooks.ts";
import { manifestError, readFields } from "./read-plain.ts";
import { timeoutFault } from "./settings.ts";
import type { HookHandler } from "./types.ts";

/** What `defineCoreHandler` takes. */
export interface CoreHandlerInput<
  Table extends SlotTable,
  Hooks extends HookTable,
  Services extends ServiceTable,
  Hook extends OperationHookOf<Hooks>,
  Caps extends readonly (CapabilityIn<Table> | ServiceCapability<Services>)[],
> {
  readonly hook: Hook;
  /** Orders it among the host's handlers: by convention `core.001.purpose`. */
  readonly name: string;
  readonly handler: HookHandler<Hook, Caps[number], Hooks, Table, Services>;
  /** What it may see and use. Default: nothing gated, as for a plugin. */
  readonly capabilities?: Caps;
  readonly extensions?: boolean;
  readonly timeoutMs?: number | null;
}

declare const core: unique symbol;

/** One of the host's own handlers, read once. For `createPluginManager({ core })`. */
export interface CoreHandler {
  readonly [core]: true;
  readonly hook: string;
  readonly name: string;
  readonly capabilities: readonly string[];
}

export interface CoreDefinition extends Omit<CoreHandler, typeof core> {
  readonly surface: Surface;
  readonly handler: AnyHandler;
  readonly extensions: boolean;
  readonly timeoutMs: number | null | undefined;
}

const definitions = createStamp<CoreDefinition>();

export const coreDefinitionOf: (value: unknown) => CoreDefinition | undefined = definitions.of;

const namePattern = /^[a-z][a-z0-9]*(?:[._-][a-z0-9]+)*$/;
const nameText = "name of a core handler must be like core.001.purpose";

/** Why the host cannot have its own handler on a hook, or `undefined`. */
function hookFault({ hooks }: Surface, hook: unknown): string | undefined {
  const name = quoteName(String(hook));
  const spec = typeof hook === "string" && Object.hasOwn(hooks, hook) ? hooks[hook] : undefined;
  if (spec === undefined) return `unknown hook ${name}`;
  if (spec.semantic === "message") return `hook ${name} is a message hook: register a plugin there`;
  return spec.ordering === "plugin_only"
    ? `hook ${name} takes plugins only, no core handlers`
    : undefined;
}

function functionFault(value: unknown): string | undefined {
  const fault = isFunction(value) ? handlerFault(value) : "is not callable";
  return fault && `handler of a core handler ${fault}`;
}

/** A schema that accepts whatever `faultOf` finds no fault with. */
function faultless<Value>(faultOf: (value: unknown) => string | undefined) {
  return z.custom<Value>((value) => faultOf(value) === undefined, {
    error: ({ input }) => faultOf(input) ?? "",
  });
}

const coreFields = (surface: Surface) =>
  z.object({
    hook: faultless<string>((hook) => hookFault(surface, hook)),
    name: z.string(nameText).check(
      z.refine((name) => name.length <= 64, nameText),
      z.regex(namePattern, nameText),
    ),
    handler: faultless<AnyHandler>(functionFault),
    capabilities: z._default(capabilityList(surface, "core handler"), []),
    extensions: z.optional(z.boolean("extensions of a core handler must be a boolean")),
    timeoutMs: z.optional(
      faultless<number | null>((value) => timeoutFault(value, surface.profile.maxTimeoutMs)),
    ),
  });

/** @throws ManifestError `manifest_invalid`, with every problem in `problems` */
export function defineCoreHandlerFor(surface: Surface, input: unknown): CoreHandler {
  const fields = readFields(coreFields(surface), input, "core handler");
  const { hook, name, handler, capabilities } = fields;
  const extensions = takesExtensions(handler, fields.extensions);
  if (!extensions && fields.extensions === undefined) {
    const who = `core handler ${quoteName(name)}`;
    const unused = unusedCapabilities(surface, who, capabilities);
    if (unused !== undefined) throw manifestError("capabilities", unused);
  }
  const { timeoutMs } = fields;
  const definition = { surface, hook, name, handler, capabilities, extensions, timeoutMs };
  const made = { hook, name, capabilities };
  // The brand of a CoreHandler exists for the compiler only.
  return Object.freeze(definitions.put(made, definition)) as unknown as CoreHandler;
}

/** @throws ManifestError `manifest_invalid` for two handlers with one name on one hook */
export function expectNoDuplicates(cores: readonly CoreDefinition[]): readonly CoreDefinition[] {
  const seen = new Set<string>();
  for (const { hook, name } of cores) {
    const key = `${hook} ${name}`;
    if (seen.has(key)) {
      const fault = `core handler ${quoteName(name)} is already registered for hook ${quoteName(hook)}`;
      throw manifestError("name", fault);
    }
    seen.add(key);
  }
  return cores;
}
