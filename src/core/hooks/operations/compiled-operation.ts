/** What a hook of the other four semantics runs, compiled when the manager is made. */

import type { Limits } from "../../data/index.ts";
import type { Compiled } from "../../schema/index.ts";
import type { HandlerStep, ManagerRuntime } from "../dispatch/types.ts";
import type { Semantic } from "../surface.ts";

/** How `keeps` of a filter chain is called. */
type Keeps = (given: unknown, got: unknown, plugin: string) => unknown;

export interface CompiledOperation {
  readonly hook: string;
  readonly semantic: Exclude<Semantic, "message">;
  readonly payload: Compiled;
  readonly operation: Compiled | undefined;
  /** In the order in which they run. */
  readonly steps: readonly HandlerStep[];
  readonly strict: boolean;
  readonly required: boolean;
  readonly keeps: Keeps | undefined;
  /** Of the payload, and of what a filter chain's handlers return. */
  readonly limits: Limits;
  readonly runtime: ManagerRuntime;
}
