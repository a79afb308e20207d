// A process of its own: it loads the sources twice.
/** Answers and errors from another copy of the library, such as one that a plugin brings. */
import { describe, expect, it, vi } from "vitest";
import * as z from "zod";

const key = Symbol.for("glassine.answers");
// What is not notes is not taken for some.
Object.defineProperty(globalThis, key, { value: null, configurable: true });

async function loadCopy() {
  vi.resetModules();
  const { defineHost } = await import("glassine/host");
  const host = defineHost({
    hooks: { vote: { semantic: "voting", description: "May it be?", payload: z.object({}) } },
  });
  return { ...(await import("glassine")), host };
}
type Copy = Awaited<ReturnType<typeof loadCopy>>;

const here = await loadCopy();
const other = await loadCopy();
const { [key]: notes } = globalThis as unknown as {
  readonly [key]: { get(value: unknown): unknown; set(value: object, note: unknown): void };
};
const noted = (value: object, note: unknown) => {
  notes.set(value, note);
  return value;
};
const bare = () => Object.create(null) as object;

/** The decision on a vote of one plugin, on a host with a copy of the library. */
async function decision({ host }: Copy, vote: () => unknown) {
  const hooks = { vote };
  const plugin = host.definePlugin({ name: "votes", version: "1.0.0", hooks } as never);
  const manager = await host.createPluginManager({ plugins: [plugin], logger: {} });
  return await manager.invoke("vote", {});
}

/** Says what a handler's vote counts for, and nothing if what it gave is no answer. */
async function counted(vote: () => unknown): Promise<unknown> {
  try {
    const decided = await decision(here, vote);
    if (decided.allow) return "allow";
    const { allow: _, plugin: __, ...violation } = decided;
    return violation;
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== "execution_failed") throw error;
    return undefined;
  }
}
const answered = (value: unknown) => counted(() => value);
const thrown = (error: unknown) =>
  counted(() => {
    throw error;
  });

describe("an answer of another copy", () => {
  it("allows", async () => {
    expect(other.allow()).not.toBe(here.allow());
    expect(await answered(other.allow())).toBe("allow");
    expect(await answered(await decision(other, other.allow))).toBe("allow");
  });

  it("denies, with its code, reason, description and details", async () => {
    const given = { code: "late", reason: "not now", description: "Later.", details: { until: 5 } };
    expect(await answered(other.deny(given))).toEqual(given);
    expect(await answered(await decision(other, () => other.deny(given)))).toEqual(given);
  });

  it("is none where it was cloned, spread or wrapped", async () => {
    for (const answer of [other.allow(), other.deny("no")]) {
      for (const copy of [{ ...answer }, Object.assign(bare(), answer), new Proxy(answer, {})])
        expect(await answered(copy)).toBeUndefined();
    }
  });

  it("is none of a value that is no object", async () => {
    for (const value of [undefined, null, true, "allow", 1, () => here.allow()])
      expect(await answered(value)).toBeUndefined();
  });

  it("cannot be changed, and neither can its violation, which all copies reach", () => {
    const denial = here.deny("r");
    notes.set(denial, true);
    expect(notes.get(denial)).toEqual({ code: "denied", reason: "r" });
    expect(Object.isFrozen(notes.get(denial))).toBe(true);
    expect(Object.isFrozen(notes)).toBe(true);
  });
});

describe("a note that a plugin makes itself", () => {
  it("does what deny does, and allows what allow does", async () => {
    expect(await answered(noted(bare(), true))).toBe("allow");
    const violation = { code: "own", reason: "because" };
    expect(await answered(noted(bare(), violation))).toEqual(violation);
  });

  it.each([
    ["false", false],
    ["null", null],
    ["a string", "because"],
    ["a number", 1],
    ["an object without a reason", { code: "own" }],
    ["a malformed code", { code: "not a code", reason: "because" }],
  ])("is no answer: %s", async (_what, note) => {
    expect(await answered(noted(bare(), note))).toBeUndefined();
  });

  it("is none about an object with a prototype, or about a proxy", async () => {
    expect(await answered(noted({}, true))).toBeUndefined();
    expect(await answered(noted(new Proxy(bare(), {}), true))).toBeUndefined();
  });
});

describe("a rejection that a handler threw", () => {
  const brand = Symbol.for("glassine.error");
  const forged = (fields: object) => Object.assign(new Error("x"), fields);

  it("is known in either copy", async () => {
    for (const { RejectError } of [here, other])
      expect(await thrown(new RejectError("not ever"))).toEqual({
        code: "denied",
        reason: "not ever",
      });
    expect(await thrown(new other.RejectError("\n"))).toMatchObject({ reason: "rejected" });
  });

  it("may be forged: deny does the same", async () => {
    const made = forged({ [brand]: true, code: "rejected", reason: "forged" });
    expect(await thrown(made)).toMatchObject({ reason: "forged" });
  });

  it.each([
    ["another error of the other copy", new other.GlassineError("aborted", "x")],
    ["an error without the brand", forged({ code: "rejected", reason: "r" })],
    ["one whose brand is not true", forged({ [brand]: 1, code: "rejected", reason: "r" })],
    ["one with another code", forged({ [brand]: true, code: "denied", reason: "r" })],
    ["one whose reason is no string", forged({ [brand]: true, code: "rejected", reason: 1 })],
    ["one without a reason", forged({ [brand]: true, code: "rejected" })],
    ["a proxy", new Proxy(new other.RejectError("r"), {})],
    ["null", null],
    ["undefined", undefined],
    ["a string", "rejected"],
  ])("is not %s", async (_what, error) => {
    expect(await thrown(error)).toBeUndefined();
  });

  it("is read without running its getters", async () => {
    const error = forged({ [brand]: true, code: "rejected" });
    let runs = 0;
    Object.defineProperty(error, "reason", {
      get: () => {
        runs += 1;
        return "r";
      },
    });
    expect([await thrown(error), runs]).toEqual([undefined, 0]);
  });
});
