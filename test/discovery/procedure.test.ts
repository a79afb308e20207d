/** The contract of procedures, checked without creating an instance of the class. */
import { isGlassineError, ManifestError } from "glassine";
import { defineKind, defineProcedure, procedureKind } from "glassine/node";
import { describe, expect, it } from "vitest";
import * as z from "zod";

const id = "acme.clean_up";
const ran: string[] = [];

/** A valid class that records whether any of it runs. */
const good = () =>
  class CleanUp {
    static readonly id: unknown = id;
    static readonly name: unknown = "Clean up";
    static readonly version: unknown = "0.1.0";
    static readonly configModel: unknown = z.object({ days: z.number() });
    static readonly requiredCapabilities: unknown = ["facts.write", "facts.read", "facts.write"];
    constructor() {
      ran.push("constructor");
    }
    async preflight() {
      ran.push("preflight");
    }
    async run() {
      ran.push("run");
    }
  };

/** A valid class with one of its own statics replaced. */
const withStatic = (key: string, descriptor: PropertyDescriptor) =>
  Object.defineProperty(good(), key, { configurable: true, enumerable: true, ...descriptor });
const without = (key: string) => {
  const made = good();
  Reflect.deleteProperty(made, key);
  return made;
};
const withMethod = (key: string, descriptor: PropertyDescriptor | undefined) => {
  const made = good();
  if (descriptor === undefined) Reflect.deleteProperty(made.prototype, key);
  else Object.defineProperty(made.prototype, key, { configurable: true, ...descriptor });
  return made;
};
const check = (exported: unknown) => procedureKind.check(exported, { id });
const fault = (reason: string) => ({ ok: false, code: "contract_check_failed", reason });

describe("a procedure that keeps the contract", () => {
  it("is read without calling it", () => {
    const made = good();
    expect(check(made)).toEqual({
      ok: true,
      plugin: {
        id,
        name: "Clean up",
        requiredCapabilities: ["facts.read", "facts.write"],
        configModel: made.configModel,
        procedureClass: made,
      },
    });
    expect(ran).toEqual([]);
  });

  it("is read once and frozen", () => {
    let reads = 0;
    const made = withStatic("id", { get: () => (reads++ === 0 ? id : "acme.other") });
    const outcome = check(made);
    expect(outcome).toMatchObject({ ok: true, plugin: { id } });
    expect(Object.isFrozen(outcome.ok && outcome.plugin)).toBe(true);
    expect(Object.isFrozen(outcome.ok && outcome.plugin.requiredCapabilities)).toBe(true);
  });

  it("may inherit its members", () => {
    const made = class extends good() {};
    expect(check(made)).toMatchObject({ ok: true, plugin: { id, name: "Clean up" } });
  });

  it.each([
    ["parse", { parse: () => undefined }],
    ["safeParse", { safeParse: () => undefined }],
    ["a function", Object.assign(() => undefined, { parse: () => undefined })],
    [
      "a class of schemas",
      new (class Model {
        parse() {}
      })(),
    ],
  ])("may have a schema of another library: %s", (_what, value) => {
    expect(check(withStatic("configModel", { value }))).toMatchObject({ ok: true });
  });

  it("CLI-024: does not report the version of its class", () => {
    const outcome = check(good());
    expect(outcome.ok).toBe(true);
    expect(JSON.stringify(outcome)).not.toContain("0.1.0");
    expect(outcome.ok && Object.keys(outcome.plugin)).not.toContain("version");
  });
});

describe("CLI-016: the contract check of procedures", () => {
  it.each([
    [undefined, "undefined"],
    [null, "null"],
    [3, "number"],
    ["class A {}", "string"],
    [{}, "object"],
    [[], "array"],
    [() => undefined, "function"],
    [async () => undefined, "function"],
    [function Old() {}, "function"],
    [Object.create(good().prototype), "object"],
    [new Proxy(good(), {}), "function"],
    [good().bind(null), "function"],
    [Object.assign(() => undefined, { toString: () => "class A {}" }), "function"],
  ])("refuses %s, which is not a class", (exported, type) => {
    expect(check(exported)).toEqual(fault(`entry point did not load to a class (got ${type})`));
  });

  it.each(["id", "name", "version", "configModel", "requiredCapabilities"])(
    "refuses a class without %s",
    (key) => {
      expect(check(without(key))).toEqual(fault(`missing attribute '${key}'`));
      for (const value of [undefined, null])
        expect(check(withStatic(key, { value }))).toEqual(fault(`missing attribute '${key}'`));
    },
  );

  it("does not accept the built-in name of a class", () => {
    const made = without("name");
    expect(check(Object.defineProperty(made, "name", { value: "CleanUp" }))).toEqual(
      fault("missing attribute 'name'"),
    );
  });

  it("refuses a class with an attribute that throws, and says what it threw", () => {
    const get = () => {
      throw new Error("no\npassword=hunter2");
    };
    expect(check(withStatic("configModel", { get }))).toEqual(
      fault(String.raw`the check of "procedure" failed: no\u{a}password=[REDACTED]`),
    );
  });

  it.each([
    ["id", 3],
    ["name", ""],
    ["version", { toString: () => "1.0.0" }],
  ])("refuses %s as %j", (key, value) => {
    expect(check(withStatic(key, { value }))).toEqual(fault(`attribute '${key}' must be a string`));
  });

  it.each([
    ["an empty object", {}],
    ["a text", "schema"],
    ["parse as a text", { parse: "x" }],
  ])("refuses a configModel that is not a schema: %s", (_what, value) => {
    expect(check(withStatic("configModel", { value }))).toEqual(
      fault("configModel must be a schema"),
    );
  });

  it.each([
    ["a text", "facts.read"],
    ["numbers", [1]],
    ["holes", Array(2)],
    ["too many", Array.from({ length: 1001 }, () => "a")],
  ])("refuses requiredCapabilities that are not an array of names: %s", (_what, value) => {
    expect(check(withStatic("requiredCapabilities", { value }))).toEqual(
      fault("requiredCapabilities must be an array of names"),
    );
  });

  it.each(["preflight", "run"])("refuses a class without %s", (key) => {
    expect(check(withMethod(key, undefined))).toEqual(fault(`missing async ${key}()`));
    const onInstance = class extends withMethod(key, undefined) {
      [key] = async () => undefined;
    };
    expect(check(onInstance)).toEqual(fault(`missing async ${key}()`));
  });

  it.each([
    ["a function", { value() {} }],
    ["one that returns a promise", { value: () => Promise.resolve() }],
    ["a generator", { *value() {} }],
    ["an async generator", { async *value() {} }],
    ["a class", { value: class {} }],
    ["a text", { value: "async" }],
  ])("refuses a method that is %s", (_what, descriptor) => {
    for (const key of ["preflight", "run"])
      expect(check(withMethod(key, descriptor))).toEqual(fault(`${key} must be async`));
  });

  it("reports only the first fault", () => {
    expect(check(class {})).toEqual(fault("missing attribute 'id'"));
  });

  it("refuses another id than package.json has", () => {
    expect(procedureKind.check(good(), { id: "acme.other" })).toEqual({
      ok: false,
      code: "id_mismatch",
      reason: 'it declares the id "acme.clean_up"',
    });
  });
});

it("CLI-017: a class of another id is refused under the id that is trusted", () => {
  const evil = withStatic("id", { value: "evil.id" });
  expect(procedureKind.check(evil, { id: "good.id" })).toMatchObject({
    ok: false,
    code: "id_mismatch",
  });
  const forging = withStatic("id", { value: "good.id\n  x: loaded\u001b[2J" });
  expect(procedureKind.check(forging, { id: "good.id" })).toEqual({
    ok: false,
    code: "id_mismatch",
    reason: String.raw`it declares the id "good.id\u{a}  x: loaded\u{1b}[2J"`,
  });
});

describe("a procedure that is declared", () => {
  const promising = () =>
    class {
      static readonly id: string = id;
      static readonly name: string = "Clean up";
      static readonly version: string = "0.1.0";
      static readonly configModel = z.object({});
      static readonly requiredCapabilities: readonly string[] = [];
      preflight() {
        return Promise.resolve(true);
      }
      run() {
        return Promise.resolve("clean");
      }
    };

  it("may have functions that return promises", async () => {
    expect(check(promising())).toEqual(fault("preflight must be async"));
    const Declared = defineProcedure(promising());
    expect(check(Declared)).toMatchObject({ ok: true, plugin: { procedureClass: Declared } });
    expect(await new Declared().run()).toBe("clean");
    expect(Object.keys(Declared)).not.toContain("glassine.procedure");
  });

  it("is recognised by another copy of the library", () => {
    const elsewhere = Object.defineProperty(promising(), Symbol.for("glassine.procedure"), {
      value: true,
    });
    expect(check(elsewhere)).toMatchObject({ ok: true });
  });

  it("does not vouch for its subclasses", () => {
    const Declared = defineProcedure(promising());
    expect(check(class extends Declared {})).toEqual(fault("preflight must be async"));
  });

  it("still may not have generators or classes as methods", () => {
    const made = promising();
    Object.defineProperty(made.prototype, "run", { value: async function* () {} });
    expect(() => defineProcedure(made)).toThrow("run must be async");
    Object.defineProperty(made.prototype, "run", { value: class {} });
    expect(() => defineProcedure(made)).toThrow("run must be async");
  });

  it.each([
    ["a class without anything", class {}, "missing attribute 'id'"],
    ["no class", {}, "entry point did not load to a class (got object)"],
    ...[
      "Acme.clean",
      "acme",
      "acme..x",
      "acme.",
      ".acme",
      "acme.1",
      "acme.x y",
      `acme.${"x".repeat(200)}`,
    ].map((value) => [value, withStatic("id", { value }), "id must be lower-case words"] as const),
    ["a frozen class", Object.freeze(promising()), "the class must not be frozen yet"],
  ] as const)("is refused: %s", (_what, made, message) => {
    const declaring = () => defineProcedure(made as never);
    expect(declaring).toThrow(ManifestError);
    expect(declaring).toThrow(message);
  });
});

describe("kinds of plugins", () => {
  it("include procedures", () => {
    expect(procedureKind).toMatchObject({ name: "procedure", field: "procedures" });
    expect(procedureKind.check(good(), { id })).toMatchObject({ ok: true, plugin: { id } });
    expect(procedureKind.check({}, { id })).toEqual(check({}));
  });

  const theme = defineKind<{ readonly colour: string }>({
    name: "theme",
    field: "themes",
    check: (exported, expected) => {
      if (exported === expected.id) throw new Error("bad\npassword=hunter2");
      return typeof exported === "string"
        ? { ok: true, plugin: { colour: exported } }
        : ({ ok: false, code: "contract_check_failed", reason: "no text" } as const);
    },
  });

  it("may be defined by a host", () => {
    expect(theme.check("blue", { id })).toEqual({ ok: true, plugin: { colour: "blue" } });
    expect(theme.check(3, { id })).toEqual(fault("no text"));
    expect(Object.isFrozen(theme)).toBe(true);
  });

  it("treat a throwing check as failed, and report it on one line without secrets", () => {
    const outcome = theme.check(id, { id });
    expect(outcome).toEqual(
      fault(String.raw`the check of "theme" failed: bad\u{a}password=[REDACTED]`),
    );
  });

  it.each([
    ["nothing", () => {}, "nothing"],
    ["null", () => null, "null"],
    ["a promise", () => Promise.reject(new Error("late")), "a promise"],
    ["no plugin", () => ({ ok: true }), "an object"],
    ["no code", () => ({ ok: false, reason: "bad" }), "an object"],
    ["an unknown code", () => ({ ok: false, code: "bad", reason: "bad" }), "an object"],
    ["no reason", () => ({ ok: false, code: "contract_check_failed" }), "an object"],
  ])("name the check as the fault if it returns %s", (_, answer, what) => {
    const { check: checked } = defineKind({ name: "a", field: "as", check: answer as never });
    const shape = "{ ok: true, plugin } or { ok: false, code, reason }";
    expect(checked("blue", { id })).toEqual(
      fault(`the check of "a" must return ${shape}, got ${what}`),
    );
  });

  it.each([
    [{ name: "hooks" }],
    [{ field: "plugins" }],
    [{ field: "capabilities" }],
    [{ name: "" }],
    [{ name: "Theme" }],
    [{ field: "__proto__" }],
    [{ name: 3 }],
    [{ check: "yes" }],
  ])("refuses %j", (changes) => {
    const making = () =>
      defineKind({ name: "a", field: "as", check: () => ({}), ...changes } as never);
    try {
      making();
    } catch (error) {
      expect(isGlassineError(error) && error.code).toBe("options_invalid");
      return;
    }
    throw new Error("It was taken.");
  });

  it.each([
    [undefined, "undefined"],
    [null, "null"],
    [[], "array"],
    ["theme", "string"],
  ])("refuses %j in its place", (kind, type) => {
    const message = `defineKind expects { name, field, check }, got ${type}.`;
    const misuse = expect.objectContaining({ code: "options_invalid", message });
    expect(() => defineKind(kind as never)).toThrow(misuse);
  });
});

it("the compiler rejects a declared procedure without all statics", () => {
  const bare = class {
    async preflight() {}
    async run() {}
  };
  // @ts-expect-error A class without the statics of a procedure is none.
  expect(() => defineProcedure(bare)).toThrow("missing attribute 'id'");
});
