import { GlassineError, isGlassineError } from "glassine";
import {
  defineHook,
  defineHooks,
  defineHost,
  defineServices,
  defineSlots,
  stringSet,
  withRule,
} from "glassine/host";
import { messageSchema } from "glassine/messages";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { verifies } from "../support/verifies.ts";

/** Returns the error with which a definition is refused. */
function refusalOf(definition: object): GlassineError {
  try {
    defineHost(definition as never);
  } catch (error) {
    if (isGlassineError(error)) return error;
    throw error;
  }
  throw new Error("The host was made.");
}

const codeOf = (definition: object) => refusalOf(definition).code;
const schema = z.object({ text: z.string().optional() });
const sound = { tier: "immutable", read: "everyone", description: "A slot.", schema } as const;
const slot = (fields: object) => ({ slots: { billing: { ...sound, ...fields } } });

it.each([
  [{ slot: {} }, 'defineHost has no option "slot". Did you mean "slots"?'],
  [{ standardHook: false }, 'defineHost has no option "standardHook"'],
  [{ standardHooks: "no" }, 'The option "standardHooks" expects a boolean, got string.'],
  [{ profile: null }, "The option profile expects its options in an object, got null."],
  [
    { profile: { hostNme: "x" } },
    'The option profile has no option "hostNme". Did you mean "hostName"?',
  ],
  [null as never, "defineHost expects its options in an object, got null."],
])("refuses the definition %j", (definition, text) => {
  const refusal = refusalOf(definition);
  expect(refusal.code).toBe("options_invalid");
  expect(refusal.message).toContain(text);
});

describe("the name of a slot", () => {
  it.each(["http", "security", "custom", "Security", "HTTP", "secu_rity", "l_l_m", "fr_amework"])(
    "%j is taken, or too similar to an existing one",
    (name) => {
      expect(codeOf({ slots: { [name]: sound } })).toBe("slot_invalid");
    },
  );

  it.each([
    "Billing",
    "billing-data",
    "billing data",
    "_billing",
    "billing_",
    "bill__ing",
    "1billing",
    "",
    "bílling",
    "billing\n",
    "b".repeat(65),
    "constructor",
    "prototype",
    "then",
    "extensions",
  ])("%j is invalid", (name) => {
    expect(codeOf({ slots: { [name]: sound } })).toBe("slot_invalid");
  });

  it("__proto__ is invalid too, and changes nothing", () => {
    const slots = JSON.parse('{"__proto__": {}}') as object;
    expect(codeOf({ slots })).toBe("slot_invalid");
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });

  it("may resemble another of the host's own", () => {
    verifies("envelope:host-slot-names");
    expect(codeOf({ slots: { bill_ing: sound, billing: sound } })).toBe("slot_invalid");
    expect(refusalOf({ slots: { bill_ing: sound, billing: sound } }).message).toContain(
      'The slot "billing" is too close to "bill_ing"',
    );
  });

  it("may have words and digits", () => {
    const host = defineHost({ slots: { billing2_data: sound, b: sound } });
    expect(host.slotNames.billing2_data).toBe("billing2_data");
  });
});

describe("a bad table", () => {
  it.each([
    ["is immutable and has a writer", { write: "write_billing" }],
    ["is monotonic and does not say what grows", { tier: "monotonic" }],
    ["grows a field that is not there", { tier: "monotonic", grows: "stops" }],
    ["grows null", { tier: "monotonic", grows: null }],
    ["grows a field that is not a list", { tier: "monotonic", grows: "text" }],
    ["is mutable and read-gated without a writer", { tier: "mutable", read: "read_billing" }],
    ["misspells its gate", { reed: "read_billing" }],
    ["has a gate that is not a name", { read: "Read Billing" }],
    ["has a gate that is not a string", { read: true }],
    ["gates a field that is not there", { fields: { other: { read: "read_billing" } } }],
    ["misspells the gate of a field", { fields: { text: { reads: "read_billing" } } }],
    [
      "has a monotonic field that is not a set",
      { fields: { text: { tier: "monotonic", read: "read_text", write: "append_text" } } },
    ],
    [
      "is monotonic and gates a field",
      {
        tier: "monotonic",
        grows: "stops",
        schema: z.object({ stops: z.array(z.string()).default([]), text: z.string().optional() }),
        fields: { text: { read: "read_text" } },
      },
    ],
    ["holds a string", { schema: z.string() }],
    ["holds a list", { schema: z.array(z.string()) }],
    ["holds a set", { schema: stringSet() }],
    ["holds a union", { schema: z.union([schema, z.object({ other: z.string() })]) }],
    [
      "refines the whole where parts are gated",
      {
        schema: z
          .object({ text: z.string().optional(), marks: stringSet().default([]) })
          .refine(() => true),
        fields: { marks: { tier: "monotonic", read: "read_marks", write: "append_marks" } },
      },
    ],
    [
      "requires a field beside a gated one that changes",
      {
        schema: z.object({ text: z.string(), marks: stringSet().default([]) }),
        fields: { marks: { tier: "monotonic", read: "read_marks", write: "append_marks" } },
      },
    ],
    ["has no such tier", { tier: "mutabel" }],
    ["has no tier", { tier: undefined }],
    ["has a field of no such tier", { fields: { text: { tier: "grown" } } }],
    ["has no schema", { schema: undefined }],
    ["has an invalid schema", { schema: { type: "object" } }],
  ])("that %s is refused", (_, fields) => {
    expect(codeOf(slot(fields))).toBe("slot_invalid");
  });

  it("that misspells a setting is refused with a suggestion, also as a table alone", () => {
    const misspelt = slot({ discription: "x" });
    expect(refusalOf(misspelt).message).toContain('Did you mean "description"?');
    expect(() => defineSlots(misspelt.slots as never)).toThrow(GlassineError);
  });

  it("has at most 31 capabilities, including the standard ones", () => {
    verifies("envelope:host-slot-tiers");
    const standard = Object.keys(defineHost({}).capabilities).length;
    const gates = (count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, at) => [
          `slot${at}`,
          { ...sound, read: `read_slot${at}` },
        ]),
      );
    const room = 31 - standard;
    const full = defineHost({ slots: gates(room) as Record<string, never> });
    expect(Object.keys(full.capabilities)).toHaveLength(31);
    expect(codeOf({ slots: gates(room + 1) })).toBe("slot_invalid");
  });

  it("with the most capabilities keeps them distinct", () => {
    const standard = Object.keys(defineHost({}).capabilities).length;
    const names = Array.from({ length: 31 - standard }, (_, at) => `slot${at}`);
    const slots = Object.fromEntries(
      names.map((name) => [name, { ...sound, read: `read_${name}` }]),
    );
    const host = defineHost({ slots: slots as Record<string, never> });
    const input = Object.fromEntries(names.map((name) => [name, { text: name }]));
    const extensions = host.createExtensions(input as never);
    const filter = host.filterExtensions as (all: object, granted: readonly string[]) => object;
    for (const name of names) {
      const view = filter(extensions, [`read_${name}`]);
      const shown = Object.entries(view).filter(([, value]) => value !== undefined);
      expect(shown.map(([key]) => key)).toEqual([name]);
    }
  });
});

describe("a hook of a host's own", () => {
  const payload = z.object({ invoice: z.string() });
  const spec = { semantic: "message", description: "A hook.", payload } as const;

  it.each(["tool_pre_invoke", "toolpreinvoke", "cmf_tool_pre_invoke", "evalu_ate"])(
    "%j is taken, or too similar to an existing one",
    (name) => {
      expect(codeOf({ hooks: { [name]: spec } })).toBe("hook_invalid");
    },
  );

  it.each(["Invoice", "invoice-paid", "invoice..paid", ".invoice", "1nvoice", "", "i".repeat(65)])(
    "%j is not a name",
    (name) => {
      expect(codeOf({ hooks: { [name]: spec } })).toBe("hook_invalid");
    },
  );

  it("may resemble another of the host's own", () => {
    expect(codeOf({ hooks: { invoice_paid: spec, "invoice.paid": spec } })).toBe("hook_invalid");
    expect(refusalOf({ hooks: { invoice_paid: spec, "invoice.paid": spec } }).message).toBe(
      'The hook "invoice.paid" is too close to "invoice_paid".',
    );
  });

  it("cannot replace an existing hook, and the error says so", () => {
    expect(refusalOf({ hooks: { evaluate: spec } }).message).toBe(
      'The hook "evaluate" already exists.',
    );
    expect(refusalOf({ slots: { http: sound } }).message).toBe('The slot "http" already exists.');
  });

  it.each([
    ["a payload that is not an object", { payload: z.string() }],
    ["no payload", { payload: undefined }],
    ["an invalid semantic", { semantic: "vote" }],
    ["a writable field that the payload does not have", { writable: ["amount"] }],
  ])("with %s is refused, through defineHook and without it", (_, fields) => {
    expect(codeOf({ hooks: { invoice_paid: { ...spec, ...fields } } })).toBe("hook_invalid");
    expect(() => defineHook({ ...spec, ...fields } as never)).toThrow(GlassineError);
  });

  it.each([
    ["config_validate", "voting", ["message", "fire_and_forget"]],
    ["audit_emit", "fire_and_forget", ["message", "voting"]],
  ])("%j, which the manager invokes, must be %s", (name, own, others) => {
    verifies("plugins:managed-hooks");
    const table = (semantic: string) => ({ [name]: { ...spec, semantic } }) as never;
    expect(() => defineHooks(table(own))).not.toThrow();
    for (const other of others) {
      const refusal = refusalOf({ hooks: table(other) });
      expect(refusal).toMatchObject({ code: "hook_invalid", data: { name } });
      expect(refusal.message).toBe(
        `The semantic of the hook "${name}" must be "${own}", because the manager invokes it; got "${other}".`,
      );
    }
  });

  const voting = { semantic: "voting", description: "A hook.", payload };
  it.each([
    [{}, "The semantic of the hook"],
    [{ ...spec, description: 3 }, "The description of the hook"],
    [{ ...spec, payload: undefined }, "The payload of the hook"],
    [{ ...spec, payload: z.string() }, "The payload of the hook"],
    [{ ...voting, semantic: "score_delta" }, "The payload of the hook"],
    [{ ...spec, writeable: [] }, 'Unknown setting "writeable" of the hook "pay.lines".'],
    [{ ...spec, strict: true }, "the semantic of the hook"],
    [{ ...spec, side: "pre" }, "With side or covers, the hook"],
    [{ ...spec, writable: ["amount"] }, 'The writable field "amount" of the hook'],
    [{ ...spec, writable: "text" }, "writable of the hook"],
    [{ ...spec, headersField: "header" }, 'The headersField "header" of the hook'],
    [{ ...spec, headersField: 5 }, 'The headersField "5" of the hook'],
    [{ ...spec, headersField: Symbol("s") }, 'The headersField "Symbol(s)" of the hook'],
    [{ ...spec, writable: [Symbol("s")] }, 'The writable field "Symbol(s)" of the hook'],
    [{ ...spec, payload: messageSchema, side: "before" }, "The side of the hook"],
    [{ ...spec, payload: messageSchema, covers: true }, "The covers of the hook"],
    [{ ...voting, ordering: "first" }, "The ordering of the hook"],
    [{ ...voting, band: "AUTH" }, "The band of the hook"],
    [{ ...voting, required: 1 }, "required of the hook"],
    [{ ...voting, operation: z.string() }, "The operation of the hook"],
    [{ ...voting, semantic: "filter_chain", keeps: 1 }, "keeps of the hook"],
  ])("is named in the error about its definition (%#)", (hook, text) => {
    const own = { "pay.all": voting, "pay.lines": hook };
    const make = () => defineHooks(own as never);
    expect(make).toThrow(text);
    expect(make).toThrow('the hook "pay.lines"');
    expect(make).toThrow(expect.objectContaining({ data: { name: "pay.lines" } }));
    expect(refusalOf({ hooks: own }).data).toEqual({ name: "pay.lines" });
    // Outside a table, a hook has no name yet.
    expect(() => defineHook(hook as never)).toThrow(text.replace(/the hook.*|"pay.lines".*/, ""));
  });
});

describe("a definition that is not an object", () => {
  it.each<[string, string, (table: never) => unknown]>([
    ["defineSlots", "slot_invalid", defineSlots],
    ["defineHooks", "hook_invalid", defineHooks],
    ["defineServices", "service_invalid", defineServices],
  ])("is refused by %s, which says what it got", (name, code, define) => {
    for (const [given, type] of [
      [undefined, "undefined"],
      [null, "null"],
      [[], "array"],
      ["x", "string"],
      [new Map(), "an instance of a class"],
      [Promise.resolve({}), "a promise"],
    ]) {
      const text = `${name} expects an object with a definition for each name, got ${type}.`;
      const refusal = expect.objectContaining({ code, message: text });
      expect(() => define(given as never)).toThrow(refusal);
    }
  });

  it.each([
    [undefined, "undefined"],
    [null, "null"],
    [[], "array"],
    ["tool_pre_invoke", "string"],
  ])("is refused by defineHook: %o", (given, type) => {
    const text = `The definition of this hook must be an object such as { semantic, description, payload }, got ${type}.`;
    const refusal = expect.objectContaining({ code: "hook_invalid", message: text });
    expect(() => defineHook(given as never)).toThrow(refusal);
  });

  it.each([
    [null, "null"],
    [5, "number"],
    [[], "array"],
    ["message", "string"],
  ])("is refused in a table of hooks, with its name: %o", (given, type) => {
    const text = `The definition of the hook "tool.called" must be an object such as { semantic, description, payload }, got ${type}.`;
    const data = { name: "tool.called" };
    const refusal = expect.objectContaining({ code: "hook_invalid", message: text, data });
    const hooks = { "tool.called": given } as never;
    expect(() => defineHooks(hooks)).toThrow(refusal);
    expect(() => defineHost({ hooks })).toThrow(refusal);
  });

  it.each([
    ["slots", "slot_invalid"],
    ["hooks", "hook_invalid"],
    ["services", "service_invalid"],
  ])("is refused by defineHost as %s", (name, code) => {
    for (const [given, type] of [
      [[], "array"],
      [5, "number"],
      ["x", "string"],
      [() => ({}), "function"],
      [new Map(), "an instance of a class"],
      [Promise.resolve({}), "a promise"],
    ]) {
      const text = `defineHost: ${name} expects an object with a definition for each name, got ${type}.`;
      const refusal = expect.objectContaining({ code, message: text });
      expect(() => defineHost({ [name]: given } as never)).toThrow(refusal);
    }
  });

  it("counts as absent in defineHost, if it is null", () => {
    const { hookNames } = defineHost({ slots: null, hooks: null, services: null } as never);
    expect(hookNames).toEqual(defineHost({}).hookNames);
  });
});

it.each([
  [undefined, "even", Boolean],
  [null, "even", Boolean],
  [{}, "even", Boolean],
  [z.string(), "even", undefined],
  [z.string(), undefined, Boolean],
])("a rule without a schema, its text or its function is refused (%#)", (ruled, text, holds) => {
  const misuse = expect.objectContaining({
    code: "options_invalid",
    message: expect.stringMatching(/^withRule expects a schema made with zod 4, a string /),
  });
  expect(() => withRule(ruled as never, text as never, holds as never)).toThrow(misuse);
});

it("a host's definition is not changed", () => {
  const slots = { billing: { ...sound } };
  const hooks = {
    invoice_paid: { semantic: "message", description: "A hook.", payload: schema } as const,
  };
  const host = defineHost({ slots, hooks });
  expect(Object.isFrozen(slots) || Object.isFrozen(slots.billing)).toBe(false);
  expect(Object.isFrozen(hooks) || Object.isFrozen(hooks.invoice_paid)).toBe(false);
  Object.assign(slots.billing, { read: "read_billing" });
  expect(host.filterExtensions(host.createExtensions({ billing: {} }), []).billing).toBeDefined();
});
