/** Law of label stores: what was appended is stored, whoever appended it and whenever. */
import fc, { type Scheduler } from "fast-check";
import { type LabelStore, memoryLabelStore } from "glassine/labels";
import { redisLabelStore } from "glassine/redis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rememberingStore } from "../src/gateway/run/remembering-store.ts";
import { FakeClient } from "../test/redis/support/fake-client.ts";
import { connect, freshPrefix, hasServer } from "../test/redis/support/server.ts";
import { verifies } from "../test/support/verifies.ts";
import { expectSome, share } from "./support/runs.ts";

const sessions = fc.constantFrom("s", "__proto__", "S", "s ");
const labels = fc.array(
  fc.oneof(
    fc.constantFrom("PII", "pii", "constructor", "__proto__", "ä", "\u{1f512}", "full"),
    fc.nat(20).map((at) => `L${at}`),
  ),
  { maxLength: 4 },
);
const step = fc.record({
  process: fc.nat(1),
  session: sessions,
  /** Absent: a load. */
  append: fc.option(labels, { freq: 3 }),
  /** Whether the process waits for the answer before its next step. */
  waits: fc.boolean(),
});
const plans = fc.array(step, { maxLength: 14, size: "max" });
type Plan = readonly (typeof step extends fc.Arbitrary<infer Step> ? Step : never)[];

interface Op {
  readonly process: number;
  readonly session: string;
  readonly labels: readonly string[];
  begun: number;
  ended: number;
  answer: readonly string[];
}

/** Runs both processes at once, and notes when each step began and was answered. */
async function play(plan: Plan, stores: readonly LabelStore[]): Promise<readonly Op[]> {
  let clock = 0;
  const ops: Op[] = [];
  const processes = stores.map(async (store, index) => {
    const open: Promise<void>[] = [];
    for (const { process, session, append, waits } of plan) {
      if (process !== index) continue;
      const asks = { process, session, labels: append ?? [] };
      const op: Op = { ...asks, begun: clock++, ended: -1, answer: [] };
      ops.push(op);
      const asked = append === null ? store.load(session) : store.append(session, append);
      const noted = asked.then((answer) => {
        op.answer = answer;
        op.ended = clock++;
      });
      open.push(noted);
      if (waits) await noted;
    }
    await Promise.all(open);
  });
  await Promise.all(processes);
  return ops;
}

const unionOf = (ops: readonly Op[]) => new Set(ops.flatMap((op) => op.labels));

/** Each answer has all that was acknowledged before it, and nothing that was never appended. */
function expectUnions(ops: readonly Op[]): number {
  let overlaps = 0;
  for (const op of ops) {
    const ofSession = ops.filter(({ session }) => session === op.session);
    const before = ofSession.filter((other) => other === op || other.ended < op.begun);
    const possible = ofSession.filter((other) => other.begun < op.ended);
    if (possible.length > before.length) overlaps += 1;
    const answer = new Set(op.answer);
    expect(answer.size).toBe(op.answer.length);
    for (const label of unionOf(before)) expect(answer).toContain(label);
    for (const label of answer) expect(unionOf(possible)).toContain(label);
  }
  return overlaps;
}

async function expectEnd(ops: readonly Op[], store: LabelStore): Promise<void> {
  for (const session of new Set(ops.map((op) => op.session))) {
    const all = unionOf(ops.filter((op) => op.session === session));
    expect(new Set(await store.load(session))).toEqual(all);
  }
}

/** The connection to a server: a command may be delayed, and so may its answer. */
class SlowClient extends FakeClient {
  readonly #scheduler: Scheduler;
  constructor(scheduler: Scheduler, sets: FakeClient["sets"]) {
    super(sets);
    this.#scheduler = scheduler;
  }
  override async eval(...asked: Parameters<FakeClient["eval"]>): Promise<unknown> {
    await this.#scheduler.schedule(Promise.resolve());
    const answer = await super.eval(...asked);
    await this.#scheduler.schedule(Promise.resolve());
    return answer;
  }
}

/** A server that loses everything, or one label of each session, before some commands. */
class LosingClient extends SlowClient {
  readonly #losses: ("all" | "one" | "none")[];
  constructor(scheduler: Scheduler, sets: FakeClient["sets"], losses: ("all" | "one" | "none")[]) {
    super(scheduler, sets);
    this.#losses = losses;
  }
  override eval(...asked: Parameters<FakeClient["eval"]>): Promise<unknown> {
    const loss = this.#losses.shift();
    if (loss === "all") this.sets.clear();
    if (loss === "one")
      for (const set of this.sets.values())
        for (const label of [...set].slice(0, 1)) set.delete(label);
    return super.eval(...asked);
  }
}

/** Each answer has all that the same process was answered before it. */
function expectShownAgain(ops: readonly Op[]): void {
  for (const op of ops) {
    const ofSession = ops.filter(({ session }) => session === op.session);
    const before = ofSession.filter(
      ({ process, ended }) => process === op.process && ended < op.begun,
    );
    for (const label of before.flatMap(({ answer }) => answer)) expect(op.answer).toContain(label);
    const possible = unionOf(ofSession.filter((other) => other.begun < op.ended));
    for (const label of op.answer) expect(possible).toContain(label);
  }
}

it("labels that a gateway has had are there again, whatever the server lost meanwhile", async () => {
  verifies("labels:gateway-restores");
  const losses = fc.array(fc.constantFrom("all", "one", "none"), { maxLength: 20, size: "max" });
  let lost = 0;
  await fc.assert(
    fc.asyncProperty(plans, losses, fc.scheduler(), async (plan, given, scheduler) => {
      const server: FakeClient["sets"] = new Map();
      const left = [...given];
      const plain = () =>
        redisLabelStore(new LosingClient(scheduler, server, left), {
          ttlMs: 1000,
          timeoutMs: 60_000,
        });
      const gateway = () =>
        rememberingStore(plain(), 60_000, () => {
          lost += 1;
        });
      const gateways = [gateway(), gateway()];
      const ops = await scheduler.waitFor(play(plan, gateways));
      expectShownAgain(ops);
      left.length = 0;
      for (const { process, session } of ops) {
        const labels = await scheduler.waitFor((gateways[process] as LabelStore).load(session));
        const kept = await scheduler.waitFor(plain().load(session));
        for (const label of labels) expect(kept).toContain(label);
      }
    }),
    share(0.5),
  );
  expectSome(lost);
});

describe("labels after a session are the union of all that were appended", () => {
  it("under any interleaving of two processes, on a simulated server", async () => {
    let overlaps = 0;
    await fc.assert(
      fc.asyncProperty(plans, fc.scheduler(), async (plan, scheduler) => {
        const server: FakeClient["sets"] = new Map();
        const store = () =>
          redisLabelStore(new SlowClient(scheduler, server), { ttlMs: 1000, timeoutMs: 60_000 });
        const ops = await scheduler.waitFor(play(plan, [store(), store()]));
        overlaps += expectUnions(ops);
        await scheduler.waitFor(expectEnd(ops, store()));
      }),
      share(0.5),
    );
    expectSome(overlaps);
  });

  it("in memory", async () => {
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const store = memoryLabelStore();
        const ops = await play(plan, [store, store]);
        expectUnions(ops);
        await expectEnd(ops, store);
      }),
    );
  });

  describe.skipIf(!hasServer)("on a real server", () => {
    let clients: Awaited<ReturnType<typeof connect>>[];
    const prefix = freshPrefix();
    beforeAll(async () => {
      clients = [await connect(), await connect()];
    });
    afterAll(async () => {
      const [client] = clients;
      const keys = (await client?.keys(`${prefix}*`)) ?? [];
      if (keys.length > 0) await client?.del(keys);
      await Promise.all(clients.map((each) => each.close()));
    });

    it("under the interleavings of two connections", async () => {
      let runs = 0;
      await fc.assert(
        fc.asyncProperty(plans, async (plan) => {
          const own = `${prefix}${runs++}:`;
          const stores = clients.map((client) =>
            redisLabelStore(client, { ttlMs: 60_000, prefix: own, timeoutMs: 20_000 }),
          );
          const ops = await play(plan, stores);
          expectUnions(ops);
          await expectEnd(ops, stores[0] as LabelStore);
        }),
        share(0.5),
      );
    });
  });
});
