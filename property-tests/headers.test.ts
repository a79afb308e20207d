/** Laws of headers: names in any case, values that cannot split a message. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { outcomeOf } from "./support/outcome.ts";
import { headers, texts } from "./support/schema-values.ts";
import { standard } from "./support/tables.ts";

const { createExtensions, filterExtensions, getHeader, mergeExtensions, removeHeader, setHeader } =
  standard;
const writer = ["write_headers"] as const;
const values = fc.oneof(
  texts,
  fc.string({ unit: "binary-ascii" }),
  fc.constantFrom("a\tb", "caf\u00e9"),
);
// `__proto__` as a key is refused; in another case it is an ordinary name.
const names = fc
  .oneof(fc.constantFrom("X-A", "x-new", "Accept", "Host", "TE", "X Y", "\u212a"), values)
  .filter((name) => name !== "__proto__");

/** The same name with random case for each letter. ASCII only, like header names. */
const recased = (name: string, mask: number) =>
  [...name].map((c, i) => (/[A-Za-z]/.test(c) && (mask >> i) & 1 ? flip(c) : c)).join("");
const flip = (c: string) => (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase());

const https = fc.record({ headers, request_headers: headers, method: texts }, { requiredKeys: [] });
const viewOf = (http: object) => filterExtensions(createExtensions({ http }), writer);

it("L34: a header is found under its name in any case", () => {
  fc.assert(
    fc.property(https, names, fc.nat(), (http, name, mask) => {
      const view = viewOf(http);
      expect(getHeader(view, recased(name, mask))).toBe(getHeader(view, name));
    }),
  );
});

it("L34: setting a header is idempotent, insensitive to case, and keeps the spelling that is there", () => {
  fc.assert(
    fc.property(https, names, values, fc.nat(), (http, name, value, mask) => {
      const view = viewOf(http);
      const once = outcomeOf(() => setHeader(view, name, value));
      const again = outcomeOf(() => setHeader(view, recased(name, mask), value));
      expect(again.ok).toBe(once.ok);
      if (!once.ok || !again.ok) return;
      expect(setHeader(once.value, recased(name, mask), value)).toBe(once.value);
      expect(getHeader(again.value, name)).toBe(value);
      const spelt = (v: typeof view) => JSON.stringify(v.http).toLowerCase();
      expect(spelt(again.value)).toBe(spelt(once.value));
      expect(getHeader(removeHeader(once.value, recased(name, mask)), name)).toBeUndefined();
    }),
    { examples: [[{ headers: { "X-A": "1" } }, "x-a", "2", 1]] },
  );
});

it("L34: setting a header removes its other values, in every map and spelling", () => {
  const spellings = fc.constantFrom("x-a", "X-A", "X-a", "b");
  const maps = fc.option(fc.dictionary(spellings, fc.constantFrom("1", "2")), { nil: undefined });
  const valuesIn = (map: object | undefined) =>
    Object.entries(map ?? {}).flatMap(([key, value]) => (/^x-a$/i.test(key) ? [value] : []));
  fc.assert(
    fc.property(maps, maps, spellings, (one, two, name) => {
      const view = viewOf({ headers: one, request_headers: two });
      const set = setHeader(view, name === "b" ? "x-a" : name, "2");
      const { extensions } = mergeExtensions(
        createExtensions({ http: { headers: one, request_headers: two } as never }),
        set,
        writer,
        { view },
      );
      for (const written of [set, extensions]) {
        const { http } = written;
        const found = [valuesIn(http?.headers), valuesIn(http?.request_headers)];
        expect(getHeader(written, "X-A")).toBe("2");
        expect(found.flat()).toEqual(found.flatMap((map) => (map.length === 0 ? [] : ["2"])));
        expect(http?.headers?.b).toBe(one?.b);
        expect(http?.request_headers?.b).toBe(two?.b);
      }
    }),
  );
});

it("L34: no header that a plugin wrote has a control character except tab, a character beyond Latin-1, or a framing name", () => {
  fc.assert(
    fc.property(https, names, values, (http, name, value) => {
      const envelope = createExtensions({ http });
      const before = envelope.http?.headers ?? {};
      const returned = {
        http: { headers: Object.fromEntries([...Object.entries(before), [name, value]]) },
      };
      const outcome = outcomeOf(() => mergeExtensions(envelope, returned, writer));
      if (!outcome.ok) return;
      for (const [key, text] of Object.entries(outcome.value.extensions.http?.headers ?? {})) {
        if (Object.hasOwn(before, key) && before[key] === text) continue;
        expect(text).toMatch(/^[\t\x20-\x7e\x80-\xff]*$/);
        expect(key).toMatch(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/);
        expect(["host", "te", "connection", "content-length", "transfer-encoding"]).not.toContain(
          key.toLowerCase(),
        );
      }
    }),
  );
});

it("L34: headers that were hidden, or changed since, stay when a plugin returns those it saw", () => {
  fc.assert(
    fc.property(headers, headers, values, (shown, added, value) => {
      const view = viewOf({ headers: shown });
      const now = createExtensions({ http: { headers: { ...shown, ...added } } });
      const returned = { http: { headers: { ...shown, "x-mine": value } } };
      const outcome = outcomeOf(() => mergeExtensions(now, returned, writer, { view }));
      if (!outcome.ok) return;
      expect(outcome.value.extensions.http?.headers).toEqual({
        ...shown,
        ...added,
        "x-mine": value,
      });
    }),
  );
});

it("L34: a header added since the view was taken is not overwritten, in any case", () => {
  fc.assert(
    fc.property(headers, names, values, values, fc.nat(), (shown, name, theirs, mine, mask) => {
      const known = Object.keys(shown).map((key) => key.toLowerCase());
      fc.pre(!known.includes(name.toLowerCase()));
      const now = createExtensions({ http: { headers: { ...shown, [name]: theirs } } });
      const returned = { http: { headers: { ...shown, [recased(name, mask)]: mine } } };
      const view = viewOf({ headers: shown });
      const outcome = outcomeOf(() => mergeExtensions(now, returned, writer, { view }));
      if (!outcome.ok) return;
      expect(outcome.value.extensions).toBe(now);
      expect(outcome.value.rejections).toMatchObject([
        { path: "http.headers", code: "capability_missing" },
      ]);
    }),
  );
});
