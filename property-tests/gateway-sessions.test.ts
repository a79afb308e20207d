/**
 * Sessions and exchanges of a gateway in front of one or two servers: they do not affect each
 * other, and each request gets one answer.
 */
import fc from "fast-check";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import {
  type Behaviour,
  behaviours,
  type CallBehaviour,
  type Client,
  callBehaviours,
  gatewayOf,
  type State,
  settled,
  states,
  timeoutMs,
  turns,
} from "./support/gateway.ts";
import { expectSome, share } from "./support/runs.ts";

/** What a client or its servers do next; `at` chooses an earlier request. */
type Step =
  | { readonly kind: "call"; readonly server: number; readonly name: CallBehaviour }
  | { readonly kind: "list" | "read"; readonly how: readonly [Behaviour, Behaviour] }
  | { readonly kind: "cancel"; readonly at: number }
  | { readonly kind: "die"; readonly server: number }
  | { readonly kind: "release" | "leave" }
  | Common;
/** What affects all clients: time passes, or the state of a server changes. */
type Common =
  | { readonly kind: "time"; readonly ms: number }
  | { readonly kind: "state"; readonly server: number; readonly state: State };

const server = fc.nat(1);

function callsOf(names: readonly CallBehaviour[]): fc.Arbitrary<Step> {
  const kind = fc.constant("call" as const);
  return fc.record({ kind, server, name: fc.constantFrom(...names) });
}

function mergedOf(how: readonly Behaviour[]): fc.Arbitrary<Step> {
  const one = fc.constantFrom(...how);
  return fc.record({
    kind: fc.constantFrom("list" as const, "read" as const),
    how: fc.tuple(one, one),
  });
}

const cancel = fc.record({ kind: fc.constant("cancel" as const), at: fc.nat(5) });
const die = fc.record({ kind: fc.constant("die" as const), server });
const release = fc.constant({ kind: "release" as const });
const leave = fc.constant({ kind: "leave" as const });
const time = fc.record({
  kind: fc.constant("time" as const),
  ms: fc.constantFrom(1_000, 10_000, timeoutMs),
});
const state = fc.record({
  kind: fc.constant("state" as const),
  server,
  state: fc.constantFrom(...states),
});

type Weighted = readonly (readonly [weight: number, step: fc.Arbitrary<Step>])[];
/** Mixes of steps: all kinds, and some with more of those that rarely coincide. */
const focuses: readonly Weighted[] = [
  [
    ...([
      [8, callsOf(callBehaviours)],
      [3, mergedOf(behaviours)],
      [2, cancel],
      [2, release],
    ] as const),
    ...([time, state, leave, die] as const).map((step) => [1, step] as const),
  ],
  [
    [4, callsOf(["asks"])],
    [1, release],
  ],
  [
    [3, callsOf(["answer"])],
    [1, mergedOf(["answer", "dies"])],
    [2, die],
    [2, state],
    [1, time],
  ],
  [
    [4, mergedOf(behaviours)],
    [1, time],
    [1, release],
  ],
];

/** All clients are one subject, the hardest case: two sessions, and a client of exchanges. */
const eras = ["session", "session", "exchanges"] as const;
const everyone = [0, 1, 2];
type Schedule = readonly (readonly [at: number, step: Step, pause: number])[];

function schedulesOf(steps: Weighted): fc.Arbitrary<Schedule> {
  const step = fc.oneof(...steps.map(([weight, arbitrary]) => ({ weight, arbitrary })));
  return fc.array(fc.tuple(fc.nat(eras.length - 1), step, fc.nat(3)), { maxLength: 16 });
}

const schedules = fc.oneof(...focuses.map(schedulesOf));
const counts = fc.constantFrom(1 as const, 2 as const);

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

/** Each client's ids count from 1, so they coincide with the others'. */
function player(client: Client) {
  const cancelled = new Set<number>();
  let last = 0;
  let hasLeft = false;
  const said = () => `${client.name} ${last}`;
  const play = (step: Exclude<Step, Common>) => {
    if (step.kind === "call") {
      last += 1;
      client.call(last, step.server, step.name, said());
    } else if (step.kind === "list" || step.kind === "read") {
      last += 1;
      client[step.kind](last, step.how, said());
    } else if (step.kind === "cancel") {
      const id = last - step.at;
      if (id < 1) return;
      cancelled.add(id);
      client.cancel(id);
    } else if (step.kind === "die") client.die(step.server);
    else {
      hasLeft ||= step.kind === "leave";
      client[step.kind]();
    }
  };
  return { client, cancelled, play, asked: () => last, hasLeft: () => hasLeft };
}

async function playersIn(gateway: ReturnType<typeof gatewayOf>, names: readonly number[]) {
  const players = new Map<number, ReturnType<typeof player>>();
  for (const at of names)
    players.set(at, player(await gateway.begin(`client ${at}`, eras[at] ?? "session")));
  return players;
}

const isCommon = (kind: Step["kind"]) => kind === "time" || kind === "state";

/** Plays a schedule to its end, then lets requests that still wait time out. */
async function played(
  count: 1 | 2,
  schedule: Schedule,
  names: readonly number[],
  afterStep: (pause: number) => Promise<void>,
) {
  const gateway = gatewayOf(count);
  const players = await playersIn(gateway, names);
  for (const [at, step, pause] of schedule) {
    if (step.kind === "time") vi.advanceTimersByTime(step.ms);
    else if (step.kind === "state") gateway.become(step.server, step.state);
    else players.get(at)?.play(step);
    await afterStep(pause);
  }
  const clients = [...players.values()].map(({ client }) => client);
  await settled();
  for (const client of clients) client.release();
  await settled();
  // A request that one server did not answer may wait for the next.
  for (const _ of [1, 2, 3]) {
    vi.advanceTimersByTime(timeoutMs);
    await settled();
  }
  for (const client of clients) client.dieAll();
  await settled();
  await gateway.close();
  await Promise.all(clients.map((client) => client.settled()));
  return { gateway, players };
}

const byId = (one: { readonly id: number }, other: { readonly id: number }) => one.id - other.id;

/** Each client's trace in one gateway. */
async function tracesOf(
  count: 1 | 2,
  schedule: Schedule,
  names: readonly number[],
  afterStep: (pause: number) => Promise<void>,
) {
  const { players } = await played(count, schedule, names, afterStep);
  return names.map((at) => {
    const { ended = [], statuses = [] } = players.get(at)?.client ?? {};
    return { ended, statuses };
  });
}

it("L47: a client among others has the trace that it would have alone", async () => {
  const law = fc.asyncProperty(counts, schedules, async (count, schedule) => {
    const together = await tracesOf(count, schedule, everyone, settled);
    for (const at of everyone) {
      const own = schedule.filter(([of, { kind }]) => of === at || isCommon(kind));
      expect(together[at]).toEqual((await tracesOf(count, own, [at], settled))[0]);
    }
  });
  await fc.assert(law, share(0.25));
});

/** Behaviours whose outcome does not depend on how far other clients have come. */
const steady = behaviours.filter((each) => each !== "dies" && each !== "late");
const steadySchedules = schedulesOf([
  [2, callsOf(steady)],
  [1, mergedOf(steady)],
]);

it("L47: where requests overlap, a client has the answers that it would have alone", async () => {
  const law = fc.asyncProperty(counts, steadySchedules, async (count, schedule) => {
    const together = await tracesOf(count, schedule, everyone, turns);
    for (const at of everyone) {
      const own = schedule.filter(([of]) => of === at);
      const [alone] = await tracesOf(count, own, [at], turns);
      expect(together[at]?.ended.toSorted(byId)).toEqual(alone?.ended.toSorted(byId));
      expect(together[at]?.statuses.toSorted()).toEqual(alone?.statuses.toSorted());
    }
  });
  await fc.assert(law, share(0.25));
});

/** Plays a schedule, and checks that it was answered as L48 says. Returns the number of answers. */
async function checkAnswers(count: 1 | 2, schedule: Schedule): Promise<number> {
  const { gateway, players } = await played(count, schedule, everyone, turns);
  let answered = 0;
  for (const { client, cancelled, asked, hasLeft } of players.values()) {
    for (let id = 1; id <= asked(); id += 1) {
      const answers = client.ended.filter((each) => each.id === id);
      // Nobody waits for a cancelled request, or after the client left.
      if (cancelled.has(id) || hasLeft()) expect(answers.length).toBeLessThanOrEqual(1);
      else expect(answers).toHaveLength(1);
      answered += answers.length;
      for (const { text } of answers)
        for (const said of text.match(/client \d+ \d+/g) ?? [])
          expect(said).toBe(`${client.name} ${id}`);
    }
    for (const { id } of client.ended) expect([id >= 1, id <= asked()]).toEqual([true, true]);
  }
  for (const { started, allowed, denied, errored, aborted, open } of gateway.counts())
    expect([started, open]).toEqual([allowed + denied + errored + aborted, 0]);
  return answered;
}

it("answers a request that was about to use a connection which closes", async () => {
  const calls = ["dies", "answer"] as const;
  await checkAnswers(
    1,
    calls.map((name) => [2, { kind: "call", server: 0, name }, 0] as const),
  );
});

it("answers a request that comes in while its session ends", async () => {
  const dies: Step = { kind: "list", how: ["dies", "answer"] };
  await checkAnswers(1, [
    [1, dies, 0],
    [1, { kind: "read", how: ["answer", "answer"] }, 0],
  ]);
});

it("answers a request to a server that was connected again, and then said nothing", async () => {
  await checkAnswers(2, [
    [0, { kind: "state", server: 1, state: "mute" }, 0],
    [0, { kind: "die", server: 1 }, 3],
    [0, { kind: "call", server: 1, name: "answer" }, 3],
  ]);
});

it("L48: each request gets exactly one answer, its own, whatever fails and when", async () => {
  let answered = 0;
  const law = fc.asyncProperty(counts, schedules, async (count, schedule) => {
    answered += await checkAnswers(count, schedule);
  });
  await fc.assert(law, share(0.5));
  expectSome(answered, 100);
});
