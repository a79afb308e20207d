/** A law that can be checked, and how its failure is reported. */
import * as fc from "fast-check";
import { expectOptions, longestTimerMs, readWhole } from "../../core/data/index.ts";
import { formatPath } from "../../core/errors/index.ts";
import { differenceOf, shownBoth } from "../difference.ts";

/** How often a law is checked, and on which cases. */
export interface LawOptions {
  /** How many cases are tried. Default: 100, as in fast-check. */
  readonly numRuns?: number | undefined;
  /** The seed of the cases; the same seed reproduces a failure. Default: random. */
  readonly seed?: number | undefined;
  /** With its seed, the way to a case, as a failure prints it: that case is tried first. */
  readonly path?: string | undefined;
  /** `true` reports the first failing case and does not shrink it. Default: false. */
  readonly endOnFailure?: boolean | undefined;
  /**
   * For how many milliseconds a failing case is shrunk. Large cases could take
   * minutes and reveal little more. Default: 2000.
   */
  readonly shrinkingMs?: number | undefined;
}

/** One law. */
export interface Law {
  /** `L1` and so on for the library's laws, `P1` and so on for laws of plugins alone, `C1` and so
   * on for laws of conversions. */
  readonly id: string;
  /** What it says, in one sentence. */
  readonly text: string;
  /**
   * Checks it on generated cases. Rejects with the smallest failing case, and with the `seed`,
   * `path` and `endOnFailure` that replay it if they are passed as options; `cause` is the error.
   */
  check(options?: LawOptions): Promise<void>;
}

type Property = fc.IRawProperty<unknown>;
type Details = fc.RunDetails<unknown>;

/** Makes a law from a property. */
export function law(id: string, text: string, property: () => Property): Law {
  return Object.freeze({
    id,
    text,
    check: async (options: LawOptions = {}) => {
      const known = ["numRuns", "seed", "path", "endOnFailure", "shrinkingMs"];
      expectOptions(options, known, `check of ${id}`);
      const { numRuns, seed, path, endOnFailure = false, shrinkingMs = 2000 } = options;
      readWhole("shrinkingMs", shrinkingMs, longestTimerMs);
      // Without a run nothing could fail, and fast-check takes NaN for none.
      if (numRuns !== undefined) readWhole("numRuns", numRuns);
      const found = await fc.check(property(), {
        ...(numRuns === undefined ? {} : { numRuns }),
        ...(seed === undefined ? {} : { seed }),
        ...(path === undefined ? {} : { path }),
        endOnFailure: true,
      });
      const shrinks = found.failed && !endOnFailure;
      const details = shrinks ? await smaller(property(), found, shrinkingMs) : found;
      const { reporter, asyncReporter } = details.runConfiguration;
      reporter?.(details);
      await asyncReporter?.(details);
      if (!details.failed) return;
      const cause = details.errorInstance;
      const why = cause instanceof Error ? `\n${cause.message}` : "";
      const report = withoutHint(await fc.asyncDefaultReportMessage(details));
      throw new Error(`${id} does not hold: ${text}${why}\n${report}`, { cause });
    },
  });
}

/** fast-check advises a verbose mode, which a law does not have. */
function withoutHint(report: string | undefined = ""): string {
  const lines = report.split("\n").filter((line) => !/^Hint.*: Enable verbose mode/.test(line));
  return lines.join("\n").trimEnd();
}

/** The smallest failure found in time, or `found` if it cannot be reproduced or time is up. */
async function smaller(property: Property, found: Details, shrinkingMs: number): Promise<Details> {
  const details = await fc.check(property, {
    seed: found.seed,
    path: found.counterexamplePath ?? "",
    numRuns: found.runConfiguration.numRuns ?? 100,
    interruptAfterTimeLimit: shrinkingMs,
  });
  return details.counterexample === null ? found : { ...details, numRuns: found.numRuns };
}

/** Reports what broke a law. */
export function broken(text: string): never {
  throw new Error(text);
}

/** Expects two values to be the same data: same leaves, and same own keys in the same order. */
export function expectSame(got: unknown, expected: unknown, what: string): void {
  const found = differenceOf(got, expected, []);
  if (found === undefined) return;
  const where = found.path.length === 0 ? what : `${what} at ${formatPath(found.path)}`;
  const [want, is] = shownBoth(found.expected, found.got);
  broken(`${where}: expected ${want}, got ${is}.`);
}
