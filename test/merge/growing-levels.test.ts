// Its process is only for files that patch the realm.
/** Growing sets and lists in a host's slots: what is accepted, kept and reported. */
import { defineHost, jsonObject, stringSet } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { codeOf } from "../data/support.ts";

const description = "Of a test.";
const host = defineHost({
  slots: {
    trail: {
      tier: "monotonic",
      read: "everyone",
      write: "everyone",
      grows: "steps",
      description,
      schema: z.object({
        since: z.string().default("today"),
        steps: stringSet().default([]),
        until: z.string().optional(),
      }),
    },
    log: {
      tier: "monotonic",
      read: "everyone",
      write: "everyone",
      grows: "lines",
      description,
      schema: z.object({
        about: z.string().default("nothing"),
        lines: z.array(z.string()).default([]),
        count: z.number().default(0),
        last: z.string().optional(),
      }),
      derive: ({ list }: { list: readonly unknown[] }) => ({ count: list.length }),
    },
    file: {
      tier: "immutable",
      read: "everyone",
      description,
      schema: z.object({
        title: z.string().default("untitled"),
        tags: stringSet().default([]),
        page: z
          .object({ number: z.number().default(1), marks: stringSet().default([]) })
          .optional(),
      }),
      fields: {
        tags: { tier: "monotonic", read: "read_tags", write: "append_tags" },
        page: { fields: { marks: { tier: "monotonic", write: "everyone" } } },
      },
    },
  },
});
type Input = Parameters<typeof host.createExtensions>[0];
const none = host.createExtensions({});
const grant = ["append_tags"] as const;
const merge = (current: Input, returned: object, view: Input = current) => {
  const shown = host.filterExtensions(host.createExtensions(view), grant);
  const { extensions, rejections } = host.mergeExtensions(
    host.createExtensions(current),
    returned,
    grant,
    { view: shown },
  );
  return { ...extensions, paths: rejections.map(({ path, code }) => `${path} ${code}`) };
};

describe("a set that grows in a level of its own", () => {
  const trail = (steps: readonly string[], more: object = {}) => ({ trail: { steps, ...more } });

  it("adds new elements to those added meanwhile", () => {
    const merged = merge(trail(["b", "x"]) as Input, trail(["a", "b"]), trail(["b"]) as Input);
    expect(merged.trail).toEqual({ since: "today", steps: ["a", "b", "x"] });
    expect(Object.isFrozen(merged.trail)).toBe(true);
    expect(merged.paths).toEqual([]);
  });

  it("is created with its defaults, and keeps existing fields", () => {
    expect(merge({}, trail(["a"])).trail).toEqual({ since: "today", steps: ["a"] });
    const old = trail(["a"], { since: "then", until: "now" }) as Input;
    expect(merge(old, trail(["a", "b"])).trail).toEqual({
      since: "then",
      steps: ["a", "b"],
      until: "now",
    });
  });

  it("never shrinks", () => {
    const current = host.createExtensions(trail(["a", "b"]) as Input);
    expect(codeOf(() => host.mergeExtensions(current, trail(["b", "c"]), []))).toBe(
      "tier_monotonic",
    );
    expect(host.mergeExtensions(current, trail(["a", "b"]), []).extensions).toBe(current);
  });
});

describe("a list that grows", () => {
  const log = (lines: readonly string[], more: object = {}) => ({ log: { lines, ...more } });

  it("is the same object if nothing was appended", () => {
    const current = host.createExtensions(log(["a"], { last: "a" }) as Input);
    const merged = host.mergeExtensions(current, log(["a"], { about: "all" }), []);
    expect(merged.extensions).toBe(current);
    expect(merged.rejections).toMatchObject([{ path: "log.about", code: "tier_immutable" }]);
  });

  it("keeps the fields beside it, and reports no derived fields", () => {
    const old = log(["a"], { about: "all", last: "a" }) as Input;
    const grown = merge(old, log(["a", "b"], { count: 2 }));
    expect(grown.log).toEqual({ about: "all", lines: ["a", "b"], count: 2, last: "a" });
    expect(grown.paths).toEqual([]);
    expect(merge(old, log(["a", "b"], { last: null })).paths).toEqual([]);
    expect(merge(old, log(["a", "b"], { count: 7, last: "b" })).paths).toEqual([
      "log.count tier_immutable",
      "log.last tier_immutable",
    ]);
  });

  it("does not treat a removed field as an attempt to change it", () => {
    const current = host.createExtensions(log(["a"], { about: "all", last: "a" }) as Input);
    const view = host.filterExtensions(current, []);
    const without = host.amend(view, (draft) => {
      const { log } = draft as unknown as { log: { last?: string; lines: string[] } };
      delete log.last;
      log.lines.push("b");
    });
    const { extensions, rejections } = host.mergeExtensions(current, without, [], { view });
    expect(rejections).toEqual([]);
    expect(extensions.log).toEqual({ about: "all", lines: ["a", "b"], count: 2, last: "a" });
  });

  it("starts with its defaults; spelling one out is not an attempt to change it", () => {
    const started = merge({}, log(["a"], { about: "nothing" }));
    expect(started.log).toEqual({ about: "nothing", lines: ["a"], count: 1 });
    expect(started.paths).toEqual([]);
    const odd = merge({}, log(["a"], { about: "all", last: "a" }));
    expect(odd.log).toEqual({ about: "nothing", lines: ["a"], count: 1 });
    expect(odd.paths).toEqual(["log.about tier_immutable", "log.last tier_immutable"]);
  });

  it("refuses a shortened list, even if nothing of the shown part is left", () => {
    const shown = host.createExtensions(log(["a", "b"]) as Input);
    const view = host.filterExtensions(shown, []);
    for (const current of [shown, none]) {
      for (const lines of [[], ["a"], ["b", "a"], ["x", "a", "b"]]) {
        expect(codeOf(() => host.mergeExtensions(current, log(lines), [], { view }))).toBe(
          "tier_monotonic",
        );
      }
    }
  });

  it("is compared with its own elements, even if an index was patched", () => {
    const current = host.createExtensions(log(["a", "b"]) as Input);
    const forged = { value: "b", configurable: true, writable: true };
    Object.defineProperty(Array.prototype, 1, forged);
    let code: string;
    try {
      code = codeOf(() => host.mergeExtensions(current, log(["a"]), []));
    } finally {
      Reflect.deleteProperty(Array.prototype, 1);
      Array.prototype.length = 0;
    }
    expect(code).toBe("tier_monotonic");
  });
});

describe("an immutable level with a growing set", () => {
  const file = (more: object) => ({ file: more });

  it("is created for the set, with its defaults", () => {
    const made = merge({}, file({ tags: ["a"] }));
    expect(made.file).toEqual({ title: "untitled", tags: ["a"] });
    const whole = host.createExtensions(file({ tags: ["a"] }) as Input).file;
    expect(Reflect.ownKeys(made.file ?? {})).toEqual(Reflect.ownKeys(whole ?? {}));
    expect(merge({}, file({ page: { marks: ["m"] } })).file).toEqual({
      title: "untitled",
      tags: [],
      page: { number: 1, marks: ["m"] },
    });
  });

  it("does not treat a hidden part's default as an attempt to change it", () => {
    const page = (more: object) => file({ page: { marks: ["m"], ...more } });
    expect(merge({}, page({ number: 1 })).paths).toEqual([]);
    expect(merge({}, page({ number: 2 })).paths).toEqual(["file.page.number tier_immutable"]);
    const shown = merge(file({ page: { number: 5 } }) as Input, page({ number: 1 }));
    expect(shown.paths).toEqual(["file.page.number tier_immutable"]);
    expect(shown.file).toEqual({ title: "untitled", tags: [], page: { number: 5, marks: ["m"] } });
  });

  it("is not created for nothing", () => {
    for (const returned of [{}, { tags: [] }, { title: "untitled" }, { page: {} }]) {
      expect(host.mergeExtensions(none, file(returned), grant).extensions).toBe(none);
    }
  });
});

it("an optional set by which a level grows is not created empty", () => {
  const path = defineHost({
    slots: {
      path: {
        tier: "monotonic",
        read: "everyone",
        write: "everyone",
        grows: "steps",
        description,
        schema: z.object({ since: z.string().optional(), steps: stringSet().optional() }),
      },
    },
  });
  const current = path.createExtensions({ path: { since: "then" } });
  const merged = path.mergeExtensions(current, { path: { steps: [] } }, []);
  expect(merged.extensions).toBe(current);
});

it("an optional set is not created empty, and neither is its level", () => {
  const box = defineHost({
    slots: {
      box: {
        tier: "immutable",
        read: "everyone",
        description,
        schema: z.object({ owner: z.string(), marks: stringSet().optional() }),
        fields: { marks: { tier: "monotonic", write: "everyone" } },
      },
    },
  });
  for (const current of [box.createExtensions({}), box.createExtensions({ box: { owner: "o" } })]) {
    const merged = box.mergeExtensions(current, { box: { marks: [] } }, []);
    expect(merged.extensions).toBe(current);
    expect(merged.rejections).toEqual([]);
  }
});

it("a required set may be created empty", () => {
  const crate = defineHost({
    slots: {
      crate: {
        tier: "mutable",
        read: "everyone",
        write: "everyone",
        description,
        schema: z.object({ marks: stringSet() }),
        fields: { marks: { tier: "monotonic" } },
      },
    },
  });
  const merged = crate.mergeExtensions(crate.createExtensions({}), { crate: { marks: [] } }, []);
  expect(merged.extensions.crate).toEqual({ marks: [] });
});

it("an optional set starts with what is added, and nothing else", () => {
  const shelf = defineHost({
    slots: {
      shelf: {
        tier: "mutable",
        read: "everyone",
        write: "everyone",
        description,
        schema: z.object({ marks: stringSet().optional() }),
        fields: { marks: { tier: "monotonic" } },
      },
    },
  });
  const current = shelf.createExtensions({ shelf: {} });
  const { extensions } = shelf.mergeExtensions(current, { shelf: { marks: ["m"] } }, []);
  expect(extensions.shelf).toEqual({ marks: ["m"] });
});

it("only a deeply empty value means no change; a map with any key is a change", () => {
  const odd = defineHost({
    slots: {
      odd: {
        tier: "immutable",
        read: "everyone",
        description,
        schema: z.object({ map: jsonObject().optional() }),
      },
    },
  });
  const current = odd.createExtensions({});
  const reported = (map: object) =>
    odd.mergeExtensions(current, { odd: { map } }, []).rejections.map(({ path }) => path);
  const maps = [{ undefined: "x" }, { a: [{}] }, { a: {}, b: { c: 0 } }, { a: null }, { a: [] }];
  for (const map of maps) expect(reported(map)).toEqual(["odd"]);
  expect(reported({})).toEqual([]);
});
