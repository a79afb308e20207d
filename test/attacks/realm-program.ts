/**
 * A program of its own, because patches would reach the test runner, too. Plays every patch, one
 * after the other with the realm restored in between, and prints a line of JSON for each.
 */
import process from "node:process";
import { createPluginManager, detectTampering, isGlassineError } from "glassine";
import { call, hook, plugin } from "../dispatch/support.ts";
import { patches } from "./realm-patches.ts";
import { type Patch, restore, takeCalled } from "./realm-patching.ts";
import { outcomeOf, play, steps, wireSteps } from "./realm-scenes.ts";

/** What came of one patch. Each list is empty where all was well. */
export interface Played {
  readonly attack: string;
  readonly name: string;
  /** Steps that came out otherwise than in an untouched realm. */
  readonly differs: readonly string[];
  /** What of the patch was called during `admit`, `merge` and `filter`. */
  readonly calledInMerge: readonly string[];
  /** What `detectTampering` named while the patch was on, and what after it. */
  readonly told: readonly string[];
  readonly left: readonly string[];
  /** What a manager that denies tampering says when it is made, and of a run and its handler. */
  readonly denied: string;
}

type Outcomes = { [step: string]: string };

/** Runs each step in a realm that is patched for it alone. */
function outcomesOf(
  wanted: typeof steps,
  patch: Patch | undefined,
  calledIn: string[] = [],
): Outcomes {
  const outcomes: Outcomes = {};
  for (const [step, run] of Object.entries(wanted)) {
    patch?.apply();
    const outcome = outcomeOf(run);
    restore();
    calledIn.push(...takeCalled().map((name) => `${step}: ${name}`));
    outcomes[step] = outcome();
  }
  return outcomes;
}

async function runsOf(patch: Patch | undefined): Promise<Outcomes> {
  return { "a run": await runOf(patch, false), "a denied run": await runOf(patch, true) };
}

async function runOf(patch: Patch | undefined, guarded: boolean): Promise<string> {
  try {
    return await play(patch?.apply, restore, guarded);
  } catch (thrown) {
    restore();
    return `threw ${String(thrown)}`;
  }
}

const lines = (list: ReturnType<typeof detectTampering>) =>
  list.map(({ intrinsic, change }) => `${intrinsic} ${change}`);

function tellWhile(patch: Patch): readonly string[] {
  patch.apply();
  const told = detectTampering();
  restore();
  return lines(told);
}

const watchful = await createPluginManager({
  plugins: [plugin("handler", (_p, _c) => undefined)],
  tampering: "deny",
});

async function denialUnder(patch: Patch): Promise<string> {
  patch.apply();
  const making = createPluginManager({ plugins: [], tampering: "deny" });
  const running = watchful.invoke(hook, call);
  restore();
  const made = await making.catch((thrown: unknown) => thrown);
  const { violation, executions } = await running;
  const refusal = isGlassineError(made) ? made.code : String(made);
  return `${refusal} ${violation?.code} ${executions.map(({ status }) => status).join()}`;
}

/** The first place where two texts differ. */
function difference(step: string, expected = "", got = ""): readonly string[] {
  if (expected === got) return [];
  let at = 0;
  while (expected[at] === got[at]) at += 1;
  const part = (text: string) => text.slice(Math.max(0, at - 120), at + 200);
  return [`${step}: expected …${part(expected)}… but got …${part(got)}…`];
}

const untouched = { ...outcomesOf(steps, undefined), ...outcomesOf(wireSteps, undefined) };
const untouchedRuns = await runsOf(undefined);

for (const [attack, named] of Object.entries(patches)) {
  for (const [name, patch] of Object.entries(named)) {
    const calledInMerge: string[] = [];
    takeCalled();
    const told = tellWhile(patch);
    const outcomes: Outcomes = {
      ...outcomesOf(steps, patch, calledInMerge),
      ...outcomesOf(wireSteps, patch),
      ...(await runsOf(patch)),
    };
    const expected: Outcomes = { ...untouched, ...untouchedRuns };
    const differs = Object.keys(outcomes).flatMap((step) =>
      difference(step, expected[step], outcomes[step]),
    );
    const left = lines(detectTampering());
    const denied = await denialUnder(patch);
    const played: Played = { attack, name, differs, calledInMerge, told, left, denied };
    process.stdout.write(`${JSON.stringify(played)}\n`);
  }
}
