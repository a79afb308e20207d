/** The sides that run a hook in a comparison: our manager, and the bare loop. */
import assert from "node:assert/strict";
import { addLabels, type Extensions, filterExtensions, type Manager } from "glassine";
import { newLane, type Side } from "./harness.ts";
import { type Handler, type Handler3, hook, type Lane } from "./lane.ts";
import {
  checkFreshEnvelope,
  freshEnvelope,
  type ManagerSettings,
  managerOf,
  payload,
  realisticEnvelope,
  threeCapabilities,
} from "./workloads.ts";

/** The kind of handlers that run. */
export type Kind = "sync" | "async" | "sync3" | "async3" | "waiting";
/** The envelope: none, always the same one, or a new one for each invocation. */
type Envelope = "none" | "same" | "fresh";

export interface Ours extends ManagerSettings {
  readonly kind: Kind;
  readonly n: number;
  readonly envelope?: Envelope;
}

export interface Bare {
  readonly bare: "sync" | "async";
  readonly n: number;
}

export function handlersOf(lane: Lane, kind: Kind, n: number): (Handler | Handler3)[] {
  return Array.from({ length: n }, () => lane[kind]());
}

export async function bareSide({ bare: kind, n }: Bare): Promise<Side> {
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

export async function oursSide({ kind, n, envelope = "none", ...settings }: Ours): Promise<Side> {
  const lane = await newLane();
  const handlers = handlersOf(lane, kind, n);
  const manager = await managerOf(handlers, settings);
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

/** Returns the operation to measure: one invocation. */
function operationOf(lane: Lane, manager: Manager, envelope: Envelope): () => Promise<unknown> {
  if (envelope === "none") return lane.invoke(manager, payload);
  if (envelope === "same") return lane.invokeWith(manager, payload, realisticEnvelope);
  return lane.invokeFresh(manager, payload, freshEnvelope);
}

/** Checks that each of `n` handlers ran once per run since the last check. */
export function countsCalls(lane: Lane, n: number): Side["check"] {
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
  // The operation does not keep its fresh envelope; its slots identify it.
  assert.equal(result.extensions.security, realisticEnvelope.security);
  if (envelope === "same") assert.equal(result.extensions, realisticEnvelope);
}

/** Checks that unchanged envelopes stay the same object, and views show exactly what is granted. */
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
