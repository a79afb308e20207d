/** The effect of what a handler returns or throws. */
import type { Violation } from "glassine";
import { plugin, runOnce } from "../dispatch/support.ts";

/** Returns the violation with which a run ends, without the plugin's name. */
async function violationAfter(run: () => unknown): Promise<Omit<Violation, "plugin"> | undefined> {
  const { violation } = await runOnce([plugin("answers", (_payload, _context) => run())]);
  if (violation === undefined) return undefined;
  if (!Object.isFrozen(violation)) throw new Error("The violation can be changed.");
  const { plugin: by, ...said } = violation;
  if (by !== "answers") throw new Error(`It is of ${by}.`);
  return said;
}

/** Returns the violation if a handler returns `answer`. */
export const violationOf = (answer: unknown) => violationAfter(() => answer);

/** Returns the violation if a handler throws `thrown`. */
export const violationBy = (thrown: unknown) =>
  violationAfter(() => {
    throw thrown;
  });
