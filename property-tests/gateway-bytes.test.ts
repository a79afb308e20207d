/** What open messages take is never more than allowed, and nothing of it is lost. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { identityOf } from "../src/gateway/identity/identity.ts";
import { HeldBytes } from "../src/gateway/run/held-bytes.ts";
import { ByteBudget, type Reservation } from "../src/gateway/transports/byte-budget.ts";

const most = 100;
const subjects = ["ada", "eve", "mia"].map((id) => identityOf("proxy", [id]));

const step = fc.oneof(
  fc.record({ kind: fc.constant("begin" as const), subject: fc.nat(2) }),
  fc.record({ kind: fc.constant("take" as const), at: fc.nat(9), bytes: fc.nat(60) }),
  fc.record({ kind: fc.constant("hold" as const), at: fc.nat(9) }),
  fc.record({ kind: fc.constant("release" as const), at: fc.nat(9) }),
);

it("bytes count while they are in use: at most all that is allowed, and half of it for a subject", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 30, maxLength: 60 }), (steps) => {
      const held = new HeldBytes(() => most);
      const requests: { subject: number; bytes: number; own: ReturnType<HeldBytes["of"]> }[] = [];
      const uses: { request: number; release: () => void; isOver: boolean }[] = [];
      const isInUse = (request: number) =>
        uses.some((each) => each.request === request && !each.isOver);
      const inUse = (subject?: number) =>
        requests
          .filter((each, at) => isInUse(at) && (subject ?? each.subject) === each.subject)
          .reduce((sum, { bytes }) => sum + bytes, 0);
      const hold = (request: number) => {
        const release = requests[request]?.own.hold();
        if (release !== undefined) uses.push({ request, release, isOver: false });
      };
      for (const each of steps) {
        if (each.kind === "begin") {
          const own = held.of(subjects[each.subject] as (typeof subjects)[number]);
          hold(requests.push({ subject: each.subject, bytes: 0, own }) - 1);
        } else if (each.kind === "take") {
          const request = requests[each.at];
          // A host takes bytes while the request is open.
          if (request === undefined || !isInUse(each.at)) continue;
          const fits =
            inUse() + each.bytes <= most && inUse(request.subject) + each.bytes <= most / 2;
          expect(request.own.take(each.bytes)).toBe(fits);
          if (fits) request.bytes += each.bytes;
        } else if (each.kind === "hold") {
          if (isInUse(each.at)) hold(each.at);
        } else {
          const use = uses[each.at];
          use?.release();
          if (use !== undefined) use.isOver = true;
        }
      }
      for (const { release } of uses) release();
      for (const subject of subjects.slice(0, 2)) {
        const own = held.of(subject);
        own.hold();
        expect(own.take(most / 2)).toBe(true);
      }
    }),
  );
});

const budgetStep = fc.oneof(
  fc.record({ kind: fc.constant("reserve" as const), bytes: fc.integer({ min: 1, max: 150 }) }),
  fc.record({ kind: fc.constant("shrink" as const), at: fc.nat(9), bytes: fc.nat(150) }),
  fc.record({ kind: fc.constant("release" as const), at: fc.nat(9) }),
  fc.record({ kind: fc.constant("hurry" as const), at: fc.nat(9) }),
);

interface Asked {
  bytes: number;
  made?: Reservation;
  /** Made before its turn, because it could wait no longer. */
  isEarly: boolean;
  hurry(): void;
}

const bytesOf = (all: readonly Asked[]) => all.reduce((sum, { bytes }) => sum + bytes, 0);

/** Lets everything that has been admitted go on. */
const admitted = () => new Promise((resolve) => setImmediate(resolve));

it("reservations are made in the order in which they were asked for, while there is room", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(budgetStep, { minLength: 20, maxLength: 40 }), async (steps) => {
      const budget = new ByteBudget(most);
      const asked: Asked[] = [];
      const check = async () => {
        await admitted();
        const inTurn = asked.filter((each) => !each.isEarly);
        const [next, ...later] = inTurn.filter(({ made }) => made === undefined);
        const inUse = bytesOf(asked.filter(({ made }) => made !== undefined));
        for (const { made, isEarly } of asked) if (isEarly) expect(made).toBeDefined();
        expect(inUse - bytesOf(asked.filter(({ isEarly }) => isEarly))).toBeLessThanOrEqual(most);
        if (next === undefined) return;
        expect(inTurn.slice(inTurn.indexOf(next) + 1)).toEqual(later);
        expect(inUse + next.bytes).toBeGreaterThan(most);
      };
      for (const step of steps) {
        if (step.kind === "reserve") {
          const late = new AbortController();
          const hurry = () => late.abort();
          const one: Asked = { bytes: Math.min(step.bytes, most), isEarly: false, hurry };
          asked.push(one);
          void budget.reserve(step.bytes, late.signal).then((made) => {
            one.made = made;
          });
        } else if (step.kind === "hurry") {
          const one = asked[step.at];
          if (one === undefined) continue;
          one.isEarly ||= one.made === undefined;
          one.hurry();
        } else {
          const one = asked[step.at];
          if (one?.made === undefined) continue;
          const bytes = step.kind === "shrink" ? step.bytes : 0;
          if (step.kind === "shrink") one.made.shrinkTo(bytes);
          else one.made.release();
          one.bytes = Math.min(one.bytes, bytes);
        }
        await check();
      }
      // Each release makes room for others, so in the end all have been made.
      for (let left: readonly Asked[] = asked; left.length > 0; ) {
        const made = left.filter((each) => each.made !== undefined);
        expect(made).not.toEqual([]);
        for (const one of made) {
          one.made?.release();
          one.bytes = 0;
        }
        left = left.filter((each) => !made.includes(each));
        await check();
      }
      const last = budget.reserve(most);
      await check();
      (await last).release();
    }),
  );
});
