/** Whether work grows no faster than what it is done on, however busy the machine is. */
import process from "node:process";

/** Work on inputs of any size, which is about in proportion to `count`. */
export interface Work<Input> {
  readonly input: (count: number) => Input;
  readonly run: (input: Input) => unknown;
}

/** The smallest input, and how often it doubles at the most. */
const first = 250;
const doublings = 6;
/** An input that takes so long, in milliseconds of processor time, is large enough. */
const longEnough = 25;
/** A doubled input may take three times as long: two is linear, four is the square. */
const mostPerDoubling = 3;
/** Too long, in milliseconds, whatever the sizes before took. */
const tooLong = 10_000;
const attempts = 6;

/**
 * Says how work grows that grows faster than its input, in time or in what it gives; nothing where
 * it does not. Four sizes are judged, each by the least processor time of several runs: other
 * processes take none of it, and what the engine does besides only ever adds.
 */
export async function excessOf<Input>(work: Work<Input>): Promise<string | undefined> {
  const counts: number[] = [];
  const times: number[] = [];
  const sizes: number[] = [];
  for (let i = 0; i <= doublings; i++) {
    const count = first * 2 ** i;
    counts[i] = count;
    const { time, size } = await measured(work, count);
    times[i] = time;
    sizes[i] = size;
    if (time > tooLong) return `an input of ${count} takes ${Math.round(time)} ms`;
    if (i >= 3 && time > longEnough) break;
  }
  const from = Math.max(0, times.length - 4);
  const judged = { counts: counts.slice(from), sizes: sizes.slice(from), times: times.slice(from) };
  if (growsTooFast(judged.sizes, 100_000)) return `${tell(judged)} gives ${judged.sizes}`;
  for (let i = 0; growsTooFast(judged.times, longEnough); i++) {
    if (i === attempts) {
      return `${tell(judged)} takes ${judged.times.map(Math.round)} ms`;
    }
    for (const [at, count] of judged.counts.entries()) {
      const { time } = await measured(work, count);
      judged.times[at] = Math.min(time, judged.times[at] as number);
    }
  }
  return undefined;
}

function tell({ counts }: { readonly counts: readonly number[] }): string {
  return `an input of ${counts}`;
}

/** Over the last two doublings, so that one odd measure decides nothing. Less than `few` is little. */
function growsTooFast(measures: readonly number[], few: number): boolean {
  const [before, , last] = measures.slice(-3) as [number, number, number];
  return last > few && last > before * mostPerDoubling ** 2;
}

async function measured<Input>({ input, run }: Work<Input>, count: number) {
  const given = input(count);
  const before = process.cpuUsage();
  const outcome = await outcomeOf(() => run(given));
  const { user, system } = process.cpuUsage(before);
  return { time: (user + system) / 1000, size: (JSON.stringify(outcome) ?? "").length };
}

async function outcomeOf(run: () => unknown): Promise<unknown> {
  try {
    return await run();
  } catch (error) {
    // A refusal is an answer. What is no error of the library, such as a full stack, is none.
    const { code, message, data } = error as { code?: unknown; message: string; data?: unknown };
    if (typeof code !== "string") throw error;
    return { message, data };
  }
}
