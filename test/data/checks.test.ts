// Its process is only for files that patch the realm.
/** How a schema's checks run: each once, in order, on the value that was read, and as in zod. */

import { jsonObject, jsonValue, labelSet, stringSet } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { compile, problemsBy, problemsOf, readingOf } from "./reads.ts";
import { changesAfter, patch, remove } from "./realm-patches.ts";

const own = "f | extensions_shape | a value that passes its schema's own check | another";
const f = (schema: z.ZodType) => z.object({ f: schema });
const problemsIn = (schema: z.ZodType, value: unknown) => problemsOf(f(schema), { f: value });
const no = () => false;
const yes = () => true;
const always = { when: yes };
/** A problem that does not say whether to go on. */
const raw: z.core.CheckFn<string> = ({ issues, value: input }) => {
  issues.push({ code: "custom", input, message: "no" });
};

describe("the order of checks", () => {
  it.each<[string, z.ZodType, number]>([
    ["goes on after a problem", z.string().refine(no).refine(no), 2],
    ["ends at one that aborts", z.string().refine(no, { abort: true }).refine(no), 1],
    ["ends for one that says when", z.string().refine(no, { abort: true }).refine(no, always), 1],
    [
      "takes one that says when after what may not go on",
      z.string().check(raw).refine(no, always),
      2,
    ],
    ["leaves others after what may not go on", z.string().check(raw).refine(no), 1],
    ["leaves one that says not now", z.string().refine(no, { when: no }), 0],
    ["goes on after one that passes", z.string().refine(yes, { abort: true }).refine(no), 1],
    ["ends for all that follow", z.string().refine(no, { abort: true }).refine(no).refine(no), 1],
  ])("%s", (_, schema, count) => {
    expect(problemsIn(schema, "a")).toEqual(Array.from({ length: count }, () => own));
    expect(schema.safeParse("a").error?.issues.length ?? 0).toBe(count);
  });

  it("is that of the schema, and each is run once", () => {
    const seen: string[] = [];
    const noting = (name: string) => () => {
      seen.push(name);
      return true;
    };
    problemsIn(z.string().refine(noting("first")).refine(noting("second")), "a");
    expect(seen).toEqual(["first", "second"]);
  });
});

describe("the argument of a check", () => {
  const given = (schema: z.ZodType, value: unknown) => {
    let seen: unknown;
    problemsIn(
      schema.refine((part) => {
        seen = part;
        return true;
      }),
      value,
    );
    return seen;
  };

  it("is ordinary data, without what is absent", () => {
    const level = z.object({
      a: z.string(),
      b: z.string().optional(),
      c: z.object({ d: z.number().optional() }),
    });
    const seen = given(level, { a: "x", c: {} }) as { c: object };
    expect(seen).toStrictEqual({ a: "x", c: {} });
    expect("b" in seen || "d" in seen.c).toBe(false);
    expect(Object.getPrototypeOf(seen)).toBe(Object.prototype);
  });

  it("is deeply frozen", () => {
    const list = given(z.array(z.object({ a: z.array(z.number()) })), [{ a: [1] }]) as [
      { a: object },
    ];
    expect(list).toStrictEqual([{ a: [1] }]);
    expect([list, list[0], list[0].a].every(Object.isFrozen)).toBe(true);
  });

  it("is a record whose keys are data, whatever their names", () => {
    const value = JSON.parse('{"__proto__":1,"constructor":2}') as object;
    const seen = given(z.record(z.string(), z.number()), value) as object;
    expect(Object.entries(seen)).toEqual([
      ["__proto__", 1],
      ["constructor", 2],
    ]);
  });
});

describe("a check that changes its value", () => {
  it.each<[string, z.ZodType, unknown, unknown]>([
    ["a text", z.string().trim().toLowerCase(), " PII ", "pii"],
    ["a text, for the checks that follow", z.string().trim().max(3), "  PII  ", "PII"],
    ["a list", z.array(z.number()).overwrite((list) => [...list, 9]), [1], [1, 9]],
    [
      "a level",
      z.object({ a: z.number() }).overwrite(({ a }) => ({ a: a + 1 })),
      { a: 1 },
      { a: 2 },
    ],
  ])("may change %s", (_, schema, value, made) => {
    const read = readingOf(f(schema), { f: value }) as { f: unknown };
    expect(read.f).toEqual(made);
    expect(Object.isFrozen(read.f)).toBe(true);
  });

  it("has its result read by the same rules", () => {
    const spoilt = z.string().overwrite(() => "\ud800");
    expect(problemsIn(spoilt, "a")).toEqual([
      "f | snapshot_string | valid Unicode | a lone surrogate",
    ]);
    const foreign = z.object({ a: z.number() }).overwrite(() => new Proxy({ a: 1 }, {}));
    expect(problemsOf(f(foreign), { f: { a: 1 } }, "parsed")).toEqual([
      "f | snapshot_proxy | plain data | a proxy",
    ]);
  });

  it("may take away what was shown", () => {
    const level = z.object({ a: z.string(), b: z.string().optional() });
    const previous = readingOf(f(level), { f: { a: "x", b: "y" } });
    const without = f(level.overwrite(({ a }) => ({ a })));
    const read = readingOf(without, { f: { a: "z", b: "y" } }, "host", previous);
    expect(read).toEqual({ f: { a: "z" } });
  });

  it("sees the whole result", () => {
    const set = stringSet().overwrite((items) => [...items, "a"]);
    expect(readingOf(f(set), { f: ["b"] })).toEqual({ f: ["a", "b"] });
  });
});

describe("a check with access to the list of problems", () => {
  const listed = (run: z.core.CheckFn<string>) => problemsIn(z.string().refine(no).check(run), "a");

  it("may remove one, replace one, and read them", () => {
    expect(listed(({ issues }) => void issues.pop())).toEqual([]);
    const tooBig = { code: "too_big", origin: "string", maximum: 1, input: "a" } as const;
    expect(
      listed(({ issues }) => {
        issues[0] = tooBig as never;
      }),
    ).toEqual(["f | extensions_shape | at most 1 characters | more"]);
    let seen = -1;
    listed(({ issues }) => {
      seen = Object.keys(issues).length;
    });
    expect(seen).toBe(1);
  });

  it("and may leave holes in it", () => {
    expect(
      listed(({ issues }) => {
        issues.length = 2;
      }),
    ).toHaveLength(2);
  });
});

describe("an asynchronous check", () => {
  it("is refused, and its rejection is handled", async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", note);
    const rejects = async () => {
      throw new Error("later");
    };
    expect(problemsIn(z.string().refine(rejects), "a")).toHaveLength(1);
    expect(problemsIn(z.string().transform(rejects), "a")).toHaveLength(1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
  });
});

describe("in a patched realm", () => {
  const union = z.union([z.string(), z.number()]);
  const blind =
    "f | extensions_shape | an unpatched Array.prototype.push, which zod needs | another";
  const during = (run: () => void, schema: z.ZodType, value: unknown) => {
    let found: readonly string[] = [];
    const compiled = compile(f(schema));
    changesAfter(() => {
      run();
      found = problemsBy(compiled, { f: value });
    });
    return found;
  };

  it.each<[string, PropertyDescriptor]>([
    ["another function", { value: () => 0, writable: true }],
    ["a getter", { get: () => Array.prototype.concat }],
  ])("what only zod can read is refused if push is %s", (_, descriptor) => {
    const patched = () => patch(Array.prototype, "push", descriptor);
    expect(during(patched, union, true)).toEqual([blind]);
    expect(during(patched, union, "a")).toEqual([blind]);
    expect(during(() => undefined, union, "a")).toEqual([]);
  });

  it("what only zod can read is refused if push is missing, or a getter", () => {
    const { push } = Array.prototype;
    expect(during(() => remove(Array.prototype, "push"), union, "a")).toEqual([blind]);
    const hidden = () => {
      patch(Object.prototype, "value", { value: push, writable: true });
      patch(Array.prototype, "push", { get: () => push });
    };
    expect(during(hidden, union, "a")).toEqual([blind]);
  });

  it("a single check still reports its problems", () => {
    const patched = () => patch(Array.prototype, "push", { value: () => 0, writable: true });
    expect(during(patched, z.string().max(1), "ab")).toEqual([
      "f | extensions_shape | at most 1 characters | more",
    ]);
  });

  it("what a check lacks is not read from a prototype", () => {
    const patched = () => patch(Object.prototype, "when", { value: () => false });
    expect(during(patched, z.string().refine(no), "ab")).toEqual([own]);
  });

  it.each(["expected", "format", "minimum", "path", "continue"])(
    "nor is %j, which a problem lacks",
    (key) => {
      const seen: unknown[] = [];
      const get = function (this: unknown) {
        seen.push(this);
        return key;
      };
      const patched = () => patch(Object.prototype, key, { get });
      const tooLong = z.string().check(({ issues, value: input }) => {
        issues.push({ code: "too_big", origin: "string", maximum: 1, input });
      });
      expect(during(patched, tooLong, "ab")).toEqual([
        "f | extensions_shape | at most 1 characters | more",
      ]);
      expect(seen).toEqual([]);
    },
  );
});

it("the result of a check of a plugin's value is read as a plugin's", () => {
  const forged = jsonObject().overwrite(() => JSON.parse('{"__proto__":1}') as never);
  expect(problemsOf(f(forged), { f: {} }, "plugin")).toEqual([
    "f/__proto__ | snapshot_key | ordinary keys | __proto__",
  ]);
});

it("the limits apply to the result of a check", () => {
  const long = z.string().overwrite(() => "x".repeat(9));
  expect(problemsOf(f(long), { f: "a" }, "host", { units: 8 })).toEqual([
    "f | snapshot_limit | at most 8 UTF-16 units of text | more",
  ]);
});

describe("to zod itself", () => {
  it("a field type that is read alone has its rule", () => {
    const { error } = labelSet().safeParse([" PII"]);
    expect(error?.issues).toEqual([{ code: "custom", message: "Not of its kind.", path: [] }]);
    expect(stringSet().parse(["b", "a", "b"])).toEqual(["a", "b"]);
    let deep: unknown = 1;
    for (let depth = 0; depth < 1_001; depth++) deep = [deep];
    expect(jsonValue().safeParse(deep).success).toBe(false);
    expect(jsonValue().safeParse((deep as unknown[])[0]).success).toBe(true);
  });
});
