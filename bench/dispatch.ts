/** D: dispatch against a bare loop over the same handlers, and against itself. */
import assert from "node:assert/strict";
import { addLabels, type Extensions, filterExtensions, type Manager } from "glassine";
import { type Comparison, newLane, type Side } from "./harness.ts";
import { type Handler, type Handler3, hook, type Lane } from "./lane.ts";
import {
  checkFreshEnvelope,
  freshEnvelope,
  managerOf,
  payload,
  realisticEnvelope,
  threeCapabilities,
} from "./workloads.ts";

/** Which handlers run. */
type Kind = "sync" | "async" | "mixed" | "sync3" | "async3";
/** With which envelope: none, always the same one, or a new one for each invocation. */
type Envelope = "none" | "same" | "fresh";

interface Ours {
  readonly kind: Kind;
  readonly n: number;
  readonly envelope?: Envelope;
  /** Default: live, 30 s, never reached. */
  readonly deadline?: "off";
}

interface Bare {
  readonly bare: "sync" | "async" | "mixed";
  readonly n: number;
}

export const dispatchComparisons: readonly Comparison[] = [
  compare(
    "D0",
    "no plugins, vs bare over no handlers",
    1.9,
    { kind: "sync", n: 0 },
    { bare: "sync", n: 0 },
  ),
  ...byCount("D1", "2-parameter sync", [1.1, 0.5, 0.4, 0.35], "sync", "sync"),
  ...byCount("D2", "2-parameter async, deadline live", [2.2, 1.95, 1.85, 1.8], "async", "async"),
  compare(
    "D3",
    "one async in five, deadline live, n = 20, vs bare",
    0.7,
    { kind: "mixed", n: 20 },
    { bare: "mixed", n: 20 },
  ),
  ...byCount("D4", "3-parameter sync, fresh envelope", [2.5, 1.2, 0.8, 0.6], "sync3", "sync"),
  compare(
    "D5",
    "3-parameter async, fresh envelope, deadline live, n = 20, vs bare",
    2.3,
    { kind: "async3", n: 20, envelope: "fresh" },
    { bare: "async", n: 20 },
  ),
  compare(
    "D6",
    "2-parameter sync, n = 20, with an envelope / with none",
    1.05,
    { kind: "sync", n: 20, envelope: "same" },
    { kind: "sync", n: 20 },
  ),
  compare(
    "D7",
    "deadline on / off, async, n = 20",
    1.4,
    { kind: "async", n: 20 },
    { kind: "async", n: 20, deadline: "off" },
  ),
  compare(
    "D8",
    "deadline on / off, sync, n = 20",
    1.05,
    { kind: "sync", n: 20 },
    { kind: "sync", n: 20, deadline: "off" },
  ),
];

/** One comparison for each of 1, 5, 20 and 100 handlers. */
function byCount(
  id: string,
  workload: string,
  goals: readonly [number, number, number, number],
  kind: Kind,
  bare: Bare["bare"],
): Comparison[] {
  const envelope = kind === "sync3" ? "fresh" : "none";
  return [1, 5, 20, 100].map((n, i) =>
    compare(
      id,
      `${workload}, n = ${n}, vs bare`,
      goals[i] as number,
      { kind, n, envelope },
      { bare, n },
    ),
  );
}

function compare(
  id: string,
  workload: string,
  goal: number,
  ours: Ours,
  baseline: Ours | Bare,
): Comparison {
  return {
    id,
    workload,
    goal,
    sides: async () => [
      await oursSide(ours),
      "bare" in baseline ? await bareSide(baseline) : await oursSide(baseline),
    ],
  };
}

function handlersOf(lane: Lane, kind: Kind, n: number): (Handler | Handler3)[] {
  return Array.from({ length: n }, (_, i) => {
    if (kind === "mixed") return i % 5 === 4 ? lane.async() : lane.sync();
    return lane[kind]();
  });
}

async function bareSide({ bare: kind, n }: Bare): Promise<Side> {
  const lane = await newLane();
  const { bare, awaitEach } = lane;
  const handlers = handlersOf(lane, kind, n) as Handler[];
  const context = Object.freeze({});
  const operation = () => bare(handlers, payload, context);
  return {
    run: (times) => awaitEach(times, operation),
    check: countsCalls(lane, n),
  };
}

async function oursSide({ kind, n, envelope = "none", deadline }: Ours): Promise<Side> {
  const lane = await newLane();
  const handlers = handlersOf(lane, kind, n);
  const manager = await managerOf(handlers, deadline === "off" ? { timeoutMs: null } : {});
  const everyHandlerRan = countsCalls(lane, n);
  const { awaitEach } = lane;
  const operation = operationOf(lane, manager, envelope);
  await checkManager(manager, n);
  everyHandlerRan(undefined, 2);
  return {
    run: (times) => awaitEach(times, operation),
    check: (last, times) => {
      checkResult(last, envelope, n);
      everyHandlerRan(last, times);
    },
  };
}

/** What is measured: one invocation. */
function operationOf(lane: Lane, manager: Manager, envelope: Envelope): () => Promise<unknown> {
  if (envelope === "none") return lane.invoke(manager, payload);
  if (envelope === "same") return lane.invokeWith(manager, payload, realisticEnvelope);
  return lane.invokeFresh(manager, payload, freshEnvelope);
}

/** Throws unless each of `n` handlers ran in each run since the last look. */
function countsCalls(lane: Lane, n: number): Side["check"] {
  let seen = lane.calls();
  return (_, times) => {
    assert.equal(lane.calls() - seen, times * n, "every handler runs, once an invocation");
    seen = lane.calls();
  };
}

interface Result {
  readonly continueProcessing: boolean;
  readonly payload: object;
  readonly extensions: Extensions;
  readonly executions: readonly { readonly status: string }[];
}

function checkResult(value: unknown, envelope: Envelope, n: number): void {
  const result = value as Result;
  assert.equal(result.continueProcessing, true);
  assert.deepEqual(result.payload, payload);
  assert.ok(Object.isFrozen(result) && Object.isFrozen(result.executions));
  assert.equal(Object.hasOwn(result, "then"), true, "no prototype can make it a promise");
  assert.equal(result.executions.length, n);
  for (const { status } of result.executions) assert.equal(status, "completed");
  if (envelope === "none") return;
  // The operation of a fresh envelope keeps no hold of it; its slots tell.
  assert.equal(result.extensions.security, realisticEnvelope.security);
  if (envelope === "same") assert.equal(result.extensions, realisticEnvelope);
}

/** Nothing changed is the same object; labels are there; a view shows what was granted, no more. */
async function checkManager(manager: Manager, n: number): Promise<void> {
  checkFreshEnvelope();
  const first = await manager.invoke(hook, payload, { extensions: realisticEnvelope });
  assert.equal(first.extensions, realisticEnvelope, "nothing changed is the same object");
  checkResult(first, "same", n);
  const labelled = addLabels(realisticEnvelope, "ADDED");
  const second = await manager.invoke(hook, payload, { extensions: labelled });
  assert.equal(second.payload, first.payload, "a frozen payload is passed by reference");
  assert.ok(second.extensions.security?.labels.includes("ADDED"));
  const view = filterExtensions(realisticEnvelope, threeCapabilities);
  assert.equal(view.security.labels.length, 4);
  for (const hidden of ["agent", "delegation"] as const) {
    assert.equal((view as Partial<Extensions>)[hidden], undefined, `${hidden} is hidden`);
  }
}
