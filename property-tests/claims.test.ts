/** Laws of claims: what any payload turns into, and what it never turns into. */
import fc from "fast-check";
import { createExtensions } from "glassine";
import { type ClaimPath, subjectFromClaims } from "glassine/http";
import { expect, it } from "vitest";
import { isWellFormed as isWhole } from "../src/core/data/intrinsics.ts";
import { verifies } from "../test/support/verifies.ts";
import { outcomeOf } from "./support/outcome.ts";
import { expectSome } from "./support/runs.ts";

const names = ["sub", "roles", "scope", "scp", "groups", "permissions", "realm_access"];
const odd = ["Sub", "ROLES", "__proto__", "constructor", "toString", "valueOf", "a.b", "jti", ""];
const name = fc.constantFrom(...names, ...odd, "cognito:groups", "tier");

const text = fc.oneof(fc.string({ unit: "grapheme" }), fc.string({ unit: "binary" }));
const leaf = fc.oneof(text, fc.double(), fc.boolean(), fc.constant(null));
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc.array(text, { maxLength: 4 }),
    fc.array(tie("tree"), { maxLength: 3 }),
    fc.dictionary(name, tie("tree"), { maxKeys: 4 }),
  ),
}));
const strings = fc.array(fc.string({ unit: "grapheme" }), { maxLength: 4 });
/** Mostly valid claims, among claims that can be anything. */
const payloads = fc
  .tuple(
    fc.dictionary(name, tree, { maxKeys: 5 }),
    fc.record(
      {
        sub: fc.string({ minLength: 1, unit: "grapheme" }),
        roles: strings,
        groups: strings,
        scope: fc.string(),
        realm_access: fc.record({ roles: strings }),
      },
      { requiredKeys: ["sub"] },
    ),
    fc.boolean(),
  )
  .map(([any, good, isGoodLast]) =>
    Object.fromEntries((isGoodLast ? [any, good] : [good, any]).flatMap(Object.entries)),
  );

const path: fc.Arbitrary<ClaimPath> = fc.oneof(
  name.filter((own) => own !== "" && own !== "jti"),
  fc.constantFrom<ClaimPath>(["realm_access", "roles"], ["tier", "a.b"], ["a.b", "tier", "roles"]),
);
const paths = fc.uniqueArray(path, { maxLength: 4, selector: (each) => [each].flat().join(".") });
const mappings = fc.record(
  { roles: paths, permissions: paths, teams: paths, claims: paths, requireId: fc.boolean() },
  { requiredKeys: [] },
);

it("what is accepted is accepted by an envelope, as it is, and the same each time", () => {
  verifies("identity:fits", "identity:subject");
  let accepted = 0;
  fc.assert(
    fc.property(payloads, mappings, (payload, mapping) => {
      const before = structuredClone(payload);
      const made = outcomeOf(() => subjectFromClaims(payload, mapping));
      expect(outcomeOf(() => subjectFromClaims(payload, mapping))).toEqual(made);
      expect(payload).toEqual(before);
      if ("code" in made) {
        expect(made.code).toBe("claims_invalid");
        return;
      }
      accepted += 1;
      const subject = subjectFromClaims(payload, mapping);
      expect(createExtensions({ security: { subject } }).security?.subject).toEqual(subject);
    }),
  );
  expectSome(accepted, 10);
});

const mark = "§planted§";
/** The same tree, with every string and number replaced by a string that begins with the mark. */
const marked = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_key, inner) =>
      typeof inner === "string" || typeof inner === "number" ? `${mark}${inner}` : inner,
    ),
  );

it("claims that the mapping does not name change nothing, and no error has a value", () => {
  verifies("identity:subject", "identity:types");
  let refused = 0;
  fc.assert(
    fc.property(payloads, fc.dictionary(fc.string(), tree, { maxKeys: 4 }), (payload, others) => {
      const mapping = { id: "sub", roles: ["roles"], permissions: ["scope"], teams: ["groups"] };
      const named = Object.entries(payload).filter(([key]) => names.slice(0, 5).includes(key));
      const beside = Object.entries(others).map(([key, value]) => [`other-${key}`, marked(value)]);
      const alone = outcomeOf(() => subjectFromClaims(Object.fromEntries(named), mapping));
      const whole = Object.fromEntries([...named, ...beside]);
      if (!isPlain(whole)) return;
      const among = outcomeOf(() => subjectFromClaims(whole, mapping));
      expect(among).toEqual(alone);
      expect(JSON.stringify(among)).not.toContain(mark);
      const wrong = {
        ...whole,
        ...Object.fromEntries(named.map(([key, v]) => [key, [marked(v)]])),
      };
      try {
        subjectFromClaims(wrong, mapping);
      } catch (error) {
        refused += 1;
        const { message, data } = error as { message: string; data: object };
        expect(message + JSON.stringify(data)).not.toContain(mark);
      }
    }),
  );
  expectSome(refused, 10);
});

/** Whether a payload has no lone surrogate, and no number that JSON cannot express. */
function isPlain(value: unknown): boolean {
  if (typeof value === "string") return isWhole(value);
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([key, inner]) => isWhole(key) && isPlain(inner));
}
