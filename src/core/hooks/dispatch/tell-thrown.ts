/** Where what a handler threw goes: the host's sink, or its log. */
import { ignore, intrinsics, isAwaitable } from "../../data/index.ts";
import { quoteName } from "../quote-name.ts";
import type { HandlerStep } from "./compiled-hook.ts";
import type { AnyRun } from "./context.ts";
import { secretsOf } from "./run-secrets.ts";

/**
 * Passes what a handler threw to the host's sink, or writes it to the log where there is none. A
 * sink that throws or rejects changes nothing.
 */
export function tellThrown(run: AnyRun, step: HandlerStep, thrown: unknown): void {
  const { onHandlerError: sink, describe, logError } = run.runtime;
  try {
    if (sink === undefined) {
      const { type, text } = describe(thrown, secretsOf(run));
      logError(`plugin ${quoteName(step.plugin.name)} threw on ${run.hook}: ${type}: ${text}`);
      return;
    }
    const answer: unknown = sink(
      thrown,
      intrinsics.freeze({ plugin: step.plugin.name, hook: run.hook }),
    );
    if (isAwaitable(answer)) void ignore(answer);
  } catch {
    // The request's outcome does not depend on a log.
  }
}
