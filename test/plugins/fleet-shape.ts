/** How a plugin of the fleet is put together. */
import type { PluginContext } from "glassine";
import { olderHooks, type Payload, subjectOf } from "./fleet-calls.ts";

export type AnyFunction = (...args: never[]) => unknown;
export type Entry =
  | AnyFunction
  | { readonly handler: AnyFunction; readonly [setting: string]: unknown };

export interface Shape {
  readonly name: string;
  /** Makes the entry of one hook, afresh, so that counters and mocks start anew. */
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

/** The plugin of a shape, on all eight hooks; `index` is its place in the fleet. */
export function manifestOf({ make }: Shape, index = 0): FleetManifest {
  const hooks = Object.fromEntries(olderHooks.map((hook) => [hook, make()]));
  return { name: `fleet-${index}`, version: "1.0.0", hooks };
}

/** A result that reports what a handler was called with. */
export function found(payload: Payload, context: PluginContext) {
  return { metadata: { subject: String(subjectOf(payload)), hook: context.hook } };
}
