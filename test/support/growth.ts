/** Tests that work grows no faster than its input, however busy the machine is. */
import process from "node:process";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
/** Collects garbage, so that little of it is collected while a run is measured. */
const clearAway = runInNewContext("gc") as (options: { readonly type: "minor" }) => void;

/** Work on inputs of any size, roughly proportional to `count`. */
export interface Work<Input> {
  readonly input: (count: number) => Input | Promise<Input>;
  readonly run: (input: Input) => unknown;
}

/** How far to measure. Longer runs reveal a smaller quadratic part beside a linear one. */
export interface Sizes {
  /** In milliseconds of processor time. An input that takes longer is the last. */
  readonly longTime?: number;
  readonly largest?: number;
}

interface Measure {
  readonly count: number;
  /** Milliseconds of processor time. */
  readonly time: number;
  /** Characters of the answer. */
  readonly length: number;
}

const smallest = 2;
/** Per step, linear work grows four times, quadratic work sixteen times. */
const step = 4;
const mostPerStep = 6;
const fewestSizes = 4;
/** An answer this long shows how it grows. */
const longAnswer = 1_000_000;
/** Less than this does not count as growth, whatever it grew from. */
const littleTime = 6;
const littleAnswer = 100_000;
const attempts = 10;

/**
 * Describes how work grows if it grows faster than its input, in time or in the length of its
 * result; otherwise returns `undefined`. Measures at least four sizes, each by the least processor
 * time of its runs: other processes do not affect that, and the engine's own work only adds to it.
 */
export async function excessOf<Input>(
  work: Work<Input>,
  { longTime = 7, largest = 8192 }: Sizes = {},
): Promise<string | undefined> {
  const sizes: Measure[] = [];
  for (let count = smallest; count <= largest; count *= step) {
    // Before very short work, collecting would take longer than the work itself.
    if ((sizes.at(-1)?.time ?? 0) > 1) clearAway({ type: "minor" });
    const size = await measured(work, count);
    sizes.push(size);
    const isLarge = size.time > longTime || size.length > longAnswer;
    if (isLarge && sizes.length >= fewestSizes) break;
  }
  const counts = sizes.map(({ count }) => count);
  const lengths = sizes.map(({ length }) => length);
  if (growsTooFast(lengths, littleAnswer)) return `${counts} produce ${lengths} characters`;
  const times = sizes.map(({ time }) => time);
  if (!(await staysTooFast(work, counts, times))) return undefined;
  // At the next size, quadratic growth shows more clearly, and the engine's own work does not.
  const next = (counts.at(-1) ?? smallest) * step;
  counts.push(next);
  times.push((await measured(work, next)).time);
  if (!(await staysTooFast(work, counts, times))) return undefined;
  return `${counts} take ${times.map(Math.round)} ms`;
}

/** Remeasures, keeping the least times. Returns false once they no longer grow too fast. */
async function staysTooFast<Input>(work: Work<Input>, counts: readonly number[], times: number[]) {
  for (let i = 0; i < attempts; i++) {
    // First only the last size but one: first runs, on small inputs, were slow and hide growth.
    for (const [at, count] of counts.entries()) {
      if (i === 0 && at !== counts.length - 2) continue;
      clearAway({ type: "minor" });
      const { time } = await measured(work, count);
      times[at] = Math.min(time, times[at] as number);
    }
    if (!growsTooFast(times, littleTime)) return false;
  }
  return true;
}

/** Whether a step is too large and the next one, if there is one, does not make up for it. */
function growsTooFast(measures: readonly number[], little: number): boolean {
  return measures.some((measure, at) => {
    const before = measures[at - 1] ?? measure;
    const after = measures[at + 1] ?? Number.POSITIVE_INFINITY;
    return measure > little && measure > before * mostPerStep && after > before * mostPerStep ** 2;
  });
}

async function measured<Input>({ input, run }: Work<Input>, count: number): Promise<Measure> {
  const given = await input(count);
  const before = process.cpuUsage();
  const outcome = await outcomeOf(() => run(given));
  const { user, system } = process.cpuUsage(before);
  const length = (JSON.stringify(outcome) ?? "").length;
  return { count, time: (user + system) / 1000, length };
}

async function outcomeOf(run: () => unknown): Promise<unknown> {
  try {
    return await run();
  } catch (error) {
    // A refusal is an answer. A foreign error, such as a stack overflow, is not.
    const { code, message, data } = error as { code?: unknown; message: string; data?: unknown };
    if (typeof code !== "string") throw error;
    return { message, data };
  }
}
