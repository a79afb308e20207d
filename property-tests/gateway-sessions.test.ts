/** Sessions of a gateway: none notices the others, and each request gets one answer. */
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  type Behaviour,
  behaviours,
  type Client,
  gatewayWithSessions,
  turns,
} from "./support/gateway.ts";
import { expectSome, share } from "./support/runs.ts";

/** What a client or its server does next; `at` is one of the calls before. */
type Step =
  | { readonly kind: "call"; readonly name: Behaviour }
  | { readonly kind: "cancel"; readonly at: number }
  | { readonly kind: "release" | "die" | "leave" };

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("call" as const),
      name: fc.constantFrom(...behaviours),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("cancel" as const), at: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.constant({ kind: "release" as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("die" as const, "leave" as const) }) },
);
const count = 3;
const schedules = fc.array(fc.tuple(fc.nat(count - 1), steps, fc.nat(3)), { maxLength: 16 });

/** The ids of a session count from 1, as in every other. */
function player(client: Client, name: string) {
  const cancelled = new Set<number>();
  let last = 0;
  const play = (step: Step) => {
    if (step.kind === "call") {
      last += 1;
      client.call(last, step.name, `${name} ${last}`);
    } else if (step.kind === "cancel") {
      const id = last - step.at;
      if (id < 1) return;
      cancelled.add(id);
      client.cancel(id);
    } else client[step.kind]();
  };
  return { client, name, cancelled, play, asked: () => last };
}

async function end(gateway: ReturnType<typeof gatewayWithSessions>, clients: readonly Client[]) {
  await turns(20);
  for (const client of clients) client.die();
  await turns(20);
  await gateway.close();
  await Promise.all(clients.map((client) => client.settled()));
}

/** Each session's trace in one gateway. All of a step has happened before the next. */
async function tracesOf(schedule: readonly (readonly [number, Step])[], names: readonly number[]) {
  const gateway = gatewayWithSessions();
  const players = new Map<number, ReturnType<typeof player>>();
  // Two sessions of one subject, and one of another.
  for (const at of names)
    players.set(at, player(await gateway.begin(`subject ${at % 2}`), `session ${at}`));
  for (const [at, step] of schedule) {
    players.get(at)?.play(step);
    await turns(20);
  }
  await end(
    gateway,
    [...players.values()].map(({ client }) => client),
  );
  return names.map((at) => {
    const { ended = [], statuses = [] } = players.get(at)?.client ?? {};
    return { ended, statuses };
  });
}

it("L47: a session among others has the trace that it would have alone", async () => {
  const law = fc.asyncProperty(schedules, async (schedule) => {
    const plain = schedule.map(([at, step]) => [at, step] as const);
    const together = await tracesOf(plain, [0, 1, 2]);
    for (const at of [0, 1, 2]) {
      const own = plain.filter(([of]) => of === at);
      expect(together[at]).toEqual((await tracesOf(own, [at]))[0]);
    }
  });
  await fc.assert(law, share(0.25));
});

it("L48: each request gets exactly one answer, in its own session, whatever fails and when", async () => {
  let answered = 0;
  const law = fc.asyncProperty(schedules, async (schedule) => {
    const gateway = gatewayWithSessions();
    const players: ReturnType<typeof player>[] = [];
    for (let at = 0; at < count; at += 1)
      players.push(player(await gateway.begin(`subject ${at % 2}`), `session ${at}`));
    for (const [at, step, pause] of schedule) {
      players[at]?.play(step);
      await turns(pause);
    }
    await end(
      gateway,
      players.map(({ client }) => client),
    );
    for (const { client, name, cancelled, asked } of players) {
      const isOver = schedule.some(
        ([at, { kind }]) => players[at]?.client === client && kind === "leave",
      );
      for (let id = 1; id <= asked(); id += 1) {
        const answers = client.ended.filter((each) => each.id === id);
        // Nobody waits for a cancelled one, nor after the client left.
        if (cancelled.has(id) || isOver) expect(answers.length).toBeLessThanOrEqual(1);
        else expect(answers).toHaveLength(1);
        answered += answers.length;
      }
      for (const { id, text } of client.ended) {
        expect(id).toBeGreaterThanOrEqual(1);
        expect(id).toBeLessThanOrEqual(asked());
        if (text.startsWith("session ")) expect(text).toBe(`${name} ${id}`);
      }
    }
    const { started, allowed, denied, errored, aborted, open } = gateway.guard.counts();
    expect([started, open]).toEqual([allowed + denied + errored + aborted, 0]);
  });
  await fc.assert(law, share(0.5));
  expectSome(answered, 100);
});
