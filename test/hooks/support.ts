/** What becomes of an answer of a handler, or of what it throws. */
import type { Violation } from "glassine";
import { plugin, runOnce } from "../dispatch/support.ts";

/** The violation with which a run ends, without the name of the plugin. */
async function violationAfter(run: () => unknown): Promise<Omit<Violation, "plugin"> | undefined> {
  const { violation } = await runOnce([plugin("answers", (_payload, _context) => run())]);
  if (violation === undefined) return undefined;
  if (!Object.isFrozen(violation)) throw new Error("The violation can be changed.");
  const { plugin: by, ...said } = violation;
  if (by !== "answers") throw new Error(`It is of ${by}.`);
  return said;
}

/** That of a handler that returns the answer. */
export const violationOf = (answer: unknown) => violationAfter(() => answer);

/** That of a handler that throws. */
export const violationBy = (thrown: unknown) =>
  violationAfter(() => {
    throw thrown;
  });
