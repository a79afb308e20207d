/** Processes of their own that change what is trusted. */
import { type ChildProcess, execFile, fork } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { bundle } from "../support/bundle.ts";
import type { Fault } from "./trust-fs-faults.ts";
import type { Order, Outcome } from "./trust-orders.ts";

/** The programs, compiled from the current sources. */
export interface Programs {
  readonly worker: string;
  readonly preload: string;
}

/** @param name of a folder of build/ that no other test compiles to */
export async function bundlePrograms(name: string): Promise<Programs> {
  return bundle(name, {
    worker: "test/faults/trust-worker.ts",
    preload: "test/faults/trust-preload-worker.ts",
  });
}

export interface Ended {
  readonly signal: string | null;
  /** What it reported, if it lived long enough. */
  readonly outcome: Outcome | undefined;
}

/** Carries out one order in a process with a fault, which may act as another user. */
export function runFaulty(
  { worker, preload }: Programs,
  order: Order,
  fault?: Fault,
  user?: number,
): Promise<Ended> {
  const { GLASSINE_FAULT: _none, ...environment } = process.env;
  const env = fault ? { ...environment, GLASSINE_FAULT: JSON.stringify(fault) } : environment;
  const args = ["--import", preload, worker, JSON.stringify(order), `${user ?? ""}`];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { env }, (error, output, complaints) => {
      const signal = error?.signal ?? null;
      if (error !== null && signal === null) reject(new Error(complaints));
      else resolve({ signal, outcome: output === "" ? undefined : JSON.parse(output) });
    });
  });
}

/** Processes that wait for orders. */
export interface Crew {
  /** Sends each of the first ones its order at once, and resolves to all outcomes. */
  carryOut(orders: readonly Order[]): Promise<readonly Outcome[]>;
  /** Kills one in the middle of whatever it does. Its order is never answered. */
  kill(at: number): Promise<void>;
  dismiss(): Promise<void>;
}

export async function crewOf(count: number, { worker }: Programs): Promise<Crew> {
  const members = await Promise.all(Array.from({ length: count }, () => hire(worker)));
  return {
    carryOut: (orders) =>
      Promise.all(
        orders.map(async (order, at) => {
          const member = members[at] as ChildProcess;
          const answer = once(member, "message");
          member.send(order);
          const [outcome] = (await answer) as [Outcome];
          return outcome;
        }),
      ),
    kill: (at) => end(members[at] as ChildProcess),
    dismiss: async () => {
      await Promise.all(members.map(end));
    },
  };
}

async function hire(worker: string): Promise<ChildProcess> {
  const member = fork(worker, { stdio: "inherit" });
  await once(member, "message");
  return member;
}

async function end(member: ChildProcess): Promise<void> {
  if (member.exitCode !== null || member.signalCode !== null) return;
  const gone = once(member, "exit");
  member.kill("SIGKILL");
  await gone;
}
