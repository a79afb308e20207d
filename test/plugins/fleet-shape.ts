/** Builds the plugins of the fleet. */
import type { PluginContext } from "glassine";
import { olderHooks, type Payload, subjectOf } from "./fleet-calls.ts";

export type AnyFunction = (...args: never[]) => unknown;
export type Entry =
  | AnyFunction
  | { readonly handler: AnyFunction; readonly [setting: string]: unknown };

export interface Shape {
  readonly name: string;
  /** Makes a fresh entry for one hook, so that counters and mocks start anew. */
  readonly make: () => Entry;
}

export interface FleetManifest {
  readonly name: string;
  readonly version: string;
  readonly hooks: Readonly<Record<string, Entry>>;
}

export function shape(name: string, make: () => Entry): Shape {
  return { name, make };
}

/** Returns the manifest of a shape, on all eight hooks; `index` is its place in the fleet. */
export function manifestOf({ make }: Shape, index = 0): FleetManifest {
  const hooks = Object.fromEntries(olderHooks.map((hook) => [hook, make()]));
  return { name: `fleet-${index}`, version: "1.0.0", hooks };
}

/** Returns a result that reports what the handler was called with. */
export function found(payload: Payload, context: PluginContext) {
  return { metadata: { subject: String(subjectOf(payload)), hook: context.hook } };
}
