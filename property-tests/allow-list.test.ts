/** Laws of the list in which a host names what it accepts although no plugin has seen it. */
import fc from "fast-check";
import { isGlassineError } from "glassine";
import { type Left, type LeftKind, notAllowed } from "glassine/openai";
import { expect, it } from "vitest";
import { pathOf } from "../src/providers/rewrite/index.ts";
import { verifies } from "../test/support/verifies.ts";

const kinds = fc.constantFrom<LeftKind>("content", "tools", "citation", "reference", "setting");
const names = fc.oneof(
  fc.constantFrom("a", "__proto__", "*", "[*]", "a.b", 'a"].b', "a\\", "", "0", "…", "(root)"),
  fc.string({ unit: "binary", maxLength: 70 }),
);
const keys = fc.array(fc.oneof(names, fc.nat(20)), { minLength: 1, maxLength: 5 });
const places = fc.record({ kind: kinds, keys });

const at = (kind: LeftKind, ...path: readonly (string | number)[]): Left => ({
  kind,
  path: pathOf(...path),
  reason: "It is hidden.",
});
const isAllowed = (left: Left, ...allow: readonly string[]) =>
  notAllowed([left], allow).length === 0;

/** `left` cuts these names, so nothing distinguishes them. */
const isCut = (key: string | number) => /…"\]$/.test(pathOf(key));

it("a path as left writes it covers exactly what is there and below", () => {
  verifies("adapters:allow");
  fc.assert(
    fc.property(places, keys, ({ kind, keys: path }, others) => {
      fc.pre(![...path, ...others].some(isCut));
      const entry = `${kind} ${pathOf(...path)}`;
      expect(isAllowed(at(kind, ...path), entry)).toBe(true);
      expect(isAllowed(at(kind, ...path, ...others), entry)).toBe(true);
      expect(isAllowed(at(kind, ...path.slice(0, -1)), entry)).toBe(false);
      const isBelow = path.every((key, i) => key === others[i]);
      expect(isAllowed(at(kind, ...others), entry)).toBe(isBelow);
    }),
  );
});

it("a name that left cuts is never named", () => {
  verifies("adapters:allow");
  fc.assert(
    fc.property(places, ({ kind, keys: path }) => {
      fc.pre(path.some(isCut));
      const entry = `${kind} ${pathOf(...path)}`;
      expect(() => isAllowed(at(kind, ...path), entry)).toThrow("left cuts names");
    }),
  );
});

it("* covers every name and no index, [*] every index and no name", () => {
  verifies("adapters:allow");
  fc.assert(
    fc.property(places, keys, ({ kind, keys: path }, others) => {
      const stars = path.map((key) => (typeof key === "number" ? "[*]" : ".*")).join("");
      const entry = `${kind} ${stars.replace(/^\./, "")}`;
      expect(isAllowed(at(kind, ...path), entry)).toBe(true);
      const isAlike = path.every((key, i) => typeof key === typeof others[i]);
      expect(isAllowed(at(kind, ...others), entry)).toBe(isAlike);
    }),
  );
});

it("an entry never covers another kind, and more entries never cover less", () => {
  verifies("adapters:allow");
  fc.assert(
    fc.property(places, places, kinds, (place, entry, other) => {
      fc.pre(![...place.keys, ...entry.keys].some(isCut));
      const left = at(place.kind, ...place.keys);
      const first = `${entry.kind} ${pathOf(...entry.keys)}`;
      if (place.kind !== entry.kind) expect(isAllowed(left, first)).toBe(false);
      if (isAllowed(left, first)) expect(isAllowed(left, first, other)).toBe(true);
      expect(isAllowed(left, first, place.kind)).toBe(true);
    }),
  );
});

it("a string that is not an entry is refused, and never read as another one", () => {
  verifies("adapters:allow");
  const odd = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.tuple(kinds, fc.string({ unit: "binary" })).map(([kind, path]) => `${kind} ${path}`),
    fc
      .tuple(kinds, fc.stringMatching(/^[a.*[\]"\\0 …]{0,12}$/))
      .map(([kind, path]) => `${kind} ${path}`),
  );
  fc.assert(
    fc.property(odd, places, (entry, { kind, keys: path }) => {
      let isCovered = false;
      try {
        isCovered = isAllowed(at(kind, ...path), entry);
      } catch (error) {
        expect(isGlassineError(error) && error.code).toBe("options_invalid");
      }
      if (isCovered) expect(entry.startsWith(kind)).toBe(true);
    }),
  );
});

it("takes time in proportion to an entry, whatever is in it", () => {
  for (const piece of ["a.", "[0]", '["', "\\u{0}", "[*", ".*", '["\\u{0}"]']) {
    const entry = `content ${piece.repeat(50_000)}`;
    const read = () => {
      try {
        return notAllowed([], [entry]);
      } catch (error) {
        return error;
      }
    };
    const before = process.cpuUsage();
    read();
    const { user, system } = process.cpuUsage(before);
    expect(user + system).toBeLessThan(2_000_000);
  }
});
