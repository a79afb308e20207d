/** Handlers of the host's own, on hooks whose semantic is not `message`. */
import { createStamp } from "../data/index.ts";
import { ManifestError, type ManifestProblem } from "../errors/index.ts";
import type { AnyHandler, HookTable, OperationHookOf } from "../hooks/index.ts";
import type { CapabilityIn, SlotTable } from "../slots/index.ts";
import { readCapabilities, unusedCapabilities } from "./capability-names.ts";
import type { ServiceCapability, ServiceTable } from "./define-services.ts";
import { handlerFault, handlerFaultText } from "./handler-shape.ts";
import { quoteName, readPlainObject } from "./read-plain.ts";
import { timeoutFault } from "./settings.ts";
import type { Surface } from "./surface.ts";
import type { Handler } from "./types.ts";

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
  readonly handler: Handler<Hook, Caps[number], Hooks, Table, Services>;
  /** What it may see and use. Default: nothing gated, as for a plugin. */
  readonly capabilities?: Caps;
  readonly extensions?: boolean;
  readonly timeoutMs?: number | null;
}

declare const core: unique symbol;

/** A handler of the host's own, read once. For `createPluginManager({ core })`. */
export interface CoreHandler {
  readonly [core]: true;
  readonly hook: string;
  readonly name: string;
  readonly capabilities: readonly string[];
}

/** What was read of a core handler. */
export interface CoreDefinition {
  readonly surface: Surface;
  readonly hook: string;
  readonly name: string;
  readonly handler: AnyHandler;
  readonly capabilities: readonly string[];
  readonly extensions: boolean;
  readonly timeoutMs: number | null | undefined;
}

const definitions = createStamp<CoreDefinition>();

export const coreDefinitionOf: (value: unknown) => CoreDefinition | undefined = definitions.of;

const namePattern = /^[a-z][a-z0-9]*(?:[._-][a-z0-9]+)*$/;
const fields = ["hook", "name", "handler", "capabilities", "extensions", "timeoutMs"];

/** @throws ManifestError `manifest_invalid`, with every problem in `problems` */
export function defineCoreHandlerFor(surface: Surface, input: unknown): CoreHandler {
  const problems: ManifestProblem[] = [];
  const report = (field: string, message: string) => problems.push({ field, message });
  const values = readPlainObject(input, "core handler", report) ?? {};
  for (const key of Object.keys(values)) {
    if (!fields.includes(key)) report(key, `unknown core handler field ${quoteName(key)}`);
  }
  const { hook, name, handler, extensions, timeoutMs } = values;
  const spec =
    typeof hook === "string" && Object.hasOwn(surface.hooks, hook)
      ? surface.hooks[hook]
      : undefined;
  if (spec === undefined) report("hook", `unknown hook ${quoteName(String(hook))}`);
  else if (spec.semantic === "message")
    report("hook", `hook ${quoteName(String(hook))} is a message hook: register a plugin there`);
  else if (spec.ordering === "plugin_only")
    report("hook", `hook ${quoteName(String(hook))} takes plugins only, and no core handler`);
  if (typeof name !== "string" || name.length > 64 || !namePattern.test(name))
    report("name", "name of a core handler must be like core.001.purpose");
  if (extensions !== undefined && typeof extensions !== "boolean")
    report("extensions", "extensions of a core handler must be true or false");
  const fault = timeoutFault(timeoutMs, surface.profile.maxTimeoutMs);
  if (timeoutMs !== undefined && fault !== undefined) report("timeoutMs", fault);
  const capabilities = readCapabilities(surface, "core handler", values.capabilities, report);
  const takes = readHandler(handler, extensions, String(hook), report);
  if (problems.length === 0 && !takes && extensions === undefined) {
    const unused = unusedCapabilities(
      surface,
      `core handler ${quoteName(name as string)}`,
      capabilities,
    );
    if (unused !== undefined) report("capabilities", unused);
  }
  if (problems.length > 0) {
    const text = problems.map(({ message }) => message).join("; ");
    throw new ManifestError("manifest_invalid", text, Object.freeze(problems));
  }
  const definition: CoreDefinition = {
    surface,
    hook: hook as string,
    name: name as string,
    handler: handler as AnyHandler,
    capabilities,
    extensions: takes,
    timeoutMs: timeoutMs as number | null | undefined,
  };
  const made = { hook: definition.hook, name: definition.name, capabilities };
  // The brand of a CoreHandler is known to the compiler only.
  return Object.freeze(definitions.put(made, definition)) as unknown as CoreHandler;
}

function readHandler(
  handler: unknown,
  extensions: unknown,
  hook: string,
  report: (field: string, message: string) => void,
): boolean {
  if (typeof handler !== "function") {
    report("handler", `handler for hook ${quoteName(hook)} is not callable`);
    return false;
  }
  const shape = handlerFault(handler, typeof extensions === "boolean" ? extensions : undefined);
  if (!("fault" in shape)) return shape.extensions;
  report("handler", handlerFaultText(hook, shape));
  return false;
}

/** @throws ManifestError `manifest_invalid` for two of one name on one hook */
export function withoutTwins(cores: readonly CoreDefinition[]): readonly CoreDefinition[] {
  const seen = new Set<string>();
  for (const { hook, name } of cores) {
    const key = `${hook} ${name}`;
    if (seen.has(key)) {
      const message = `core handler ${quoteName(name)} is already registered for hook ${quoteName(hook)}`;
      throw new ManifestError("manifest_invalid", message, [{ field: "name", message }]);
    }
    seen.add(key);
  }
  return cores;
}
