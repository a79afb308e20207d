/**
 * A separate program, because patches would affect the test runner too. Applies the patches one
 * after the other, restores the realm in between, and prints a line of JSON for each.
 */
import process from "node:process";
import { createPluginManager, detectTampering, isGlassineError } from "glassine";
import { call, hook, plugin } from "../dispatch/support.ts";
import { amendSteps, editSteps, isSound } from "./realm-edits.ts";
import { hostSteps } from "./realm-hosts.ts";
import { patches } from "./realm-patches.ts";
import { type Patch, restore, takeCalled } from "./realm-patching.ts";
import { playConditions, playEdits, playHeaders } from "./realm-runs.ts";
import { outcomeOf, play, steps, wireSteps } from "./realm-scenes.ts";

/** The outcome of one patch. Each list is empty if all is well. */
export interface Played {
  readonly attack: string;
  readonly name: string;
  /** Steps whose outcome differs from that in an untouched realm. */
  readonly differs: readonly string[];
  /** Patched functions called during `admit`, `merge`, `filter` and edits. */
  readonly calledInMerge: readonly string[];
  /** Outcomes of a recipe run by Immer that are neither refused nor sound. */
  readonly unsound: readonly string[];
  /** What `detectTampering` reported while the patch was active, and afterwards. */
  readonly detected: readonly string[];
  readonly left: readonly string[];
  /** What a manager with `tampering: "deny"` reports on creation, and for a run and its handler. */
  readonly denied: string;
}

type Outcomes = { [step: string]: string };

/**
 * Runs all steps in a realm that is patched once for all of them. Patching thousands of names is
 * slow in V8: patching for each step took minutes.
 */
function outcomesOf(
  wanted: typeof steps,
  patch: Patch | undefined,
  calledInSteps: string[] = [],
): Outcomes {
  const names = Object.keys(wanted);
  const todo = Object.values(wanted);
  const outcomes: (() => string)[] = names.map(() => () => "never run");
  patch?.apply();
  for (let i = 0; i < todo.length; i++) outcomes[i] = outcomeOf(todo[i] as () => unknown);
  restore();
  calledInSteps.push(...takeCalled());
  return Object.fromEntries(names.map((name, i) => [name, outcomes[i]?.() ?? ""]));
}

const runs = {
  "a run": (apply?: () => void) => play(apply, restore, false),
  "a denied run": (apply?: () => void) => play(apply, restore, true),
  "a run of edits": (apply?: () => void) => playEdits(apply, restore),
  "a run of headers": (apply?: () => void) => playHeaders(apply, restore),
  "a run of guards for some calls": (apply?: () => void) => playConditions(apply, restore),
};

async function runsOf(patch: Patch | undefined): Promise<Outcomes> {
  const outcomes: Outcomes = {};
  for (const [name, run] of Object.entries(runs)) outcomes[name] = await runOf(patch, run);
  return outcomes;
}

async function runOf(
  patch: Patch | undefined,
  run: (apply?: () => void) => Promise<string>,
): Promise<string> {
  try {
    return await run(patch?.apply);
  } catch (thrown) {
    restore();
    return `threw ${String(thrown)}`;
  }
}

/** What Immer creates in a patched realm: an error, or what the library would create itself. */
function unsoundUnder(patch: Patch): readonly string[] {
  const unsound: string[] = [];
  for (const [step, run] of Object.entries(amendSteps)) {
    let value: unknown;
    let threw = false;
    patch.apply();
    try {
      value = run();
    } catch {
      threw = true;
    }
    restore();
    if (!threw && !isSound(value)) unsound.push(step);
  }
  takeCalled();
  return unsound;
}

const lines = (list: ReturnType<typeof detectTampering>) =>
  list.map(({ intrinsic, change }) => `${intrinsic} ${change}`);

function detectUnder(patch: Patch): readonly string[] {
  patch.apply();
  const changes = detectTampering();
  restore();
  return lines(changes);
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

/** The first position at which two strings differ. */
function difference(step: string, expected = "", got = ""): readonly string[] {
  if (expected === got) return [];
  let at = 0;
  while (expected[at] === got[at]) at += 1;
  const part = (text: string) => text.slice(Math.max(0, at - 120), at + 200);
  return [`${step}: expected …${part(expected)}… but got …${part(got)}…`];
}

const captured = { ...steps, ...editSteps, ...hostSteps };
const untouched = { ...outcomesOf(captured, undefined), ...outcomesOf(wireSteps, undefined) };
const untouchedRuns = await runsOf(undefined);

for (const [attack, named] of Object.entries(patches)) {
  for (const [name, patch] of Object.entries(named)) {
    const calledInMerge: string[] = [];
    takeCalled();
    const detected = detectUnder(patch);
    const outcomes: Outcomes = {
      ...outcomesOf(captured, patch, calledInMerge),
      ...outcomesOf(wireSteps, patch),
      ...(await runsOf(patch)),
    };
    const expected: Outcomes = { ...untouched, ...untouchedRuns };
    const differs = Object.keys(outcomes).flatMap((step) =>
      difference(step, expected[step], outcomes[step]),
    );
    const left = lines(detectTampering());
    const denied = await denialUnder(patch);
    const unsound = unsoundUnder(patch);
    const played: Played = {
      attack,
      name,
      differs,
      calledInMerge,
      unsound,
      detected,
      left,
      denied,
    };
    process.stdout.write(`${JSON.stringify(played)}\n`);
  }
}
