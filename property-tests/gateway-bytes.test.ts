/** What requests without an answer take is never more than allowed, and nothing of it is lost. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { identityOf } from "../src/gateway/identity/identity.ts";
import { HeldBytes } from "../src/gateway/run/held-bytes.ts";

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
