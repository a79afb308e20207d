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
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
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
);

/** Lets everything that has been admitted go on. */
const admitted = () => new Promise((resolve) => setImmediate(resolve));

it("reservations are made in the order in which they were asked for, while there is room", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(budgetStep, { maxLength: 40 }), async (steps) => {
      const budget = new ByteBudget(most);
      const asked: { bytes: number; made?: Reservation }[] = [];
      const check = async () => {
        await admitted();
        const made = asked.filter((each) => each.made !== undefined);
        const inUse = made.reduce((sum, { bytes }) => sum + bytes, 0);
        expect(asked.slice(0, made.length)).toEqual(made);
        expect(inUse).toBeLessThanOrEqual(most);
        const next = asked[made.length];
        if (next !== undefined) expect(inUse + next.bytes).toBeGreaterThan(most);
      };
      for (const step of steps) {
        if (step.kind === "reserve") {
          const one: (typeof asked)[number] = { bytes: Math.min(step.bytes, most) };
          asked.push(one);
          void budget.reserve(step.bytes).then((made) => {
            one.made = made;
          });
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
      for (const one of asked) {
        one.made?.release();
        one.bytes = 0;
        await check();
      }
      const last = budget.reserve(most);
      await check();
      (await last).release();
    }),
  );
});
