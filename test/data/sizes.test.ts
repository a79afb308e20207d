/** The size of a value, counted as when it is read; limits apply to what grows. */
import { createPluginManager, definePlugin } from "glassine";
import { jsonValue } from "glassine/host";
import { createMessage } from "glassine/messages";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { sizeOf } from "../support/sizes.ts";
import { problemsIn, slotOf } from "./one-slot.ts";

describe("the size of a value", () => {
  const text = z.string().optional();
  const any = z.object({ f: jsonValue().optional(), known: text, absent: text });

  it.each([
    [{}, 1, 0],
    [{ f: [null] }, 3, 0],
    [{ f: "text" }, 2, 4],
    [{ f: [] }, 2, 0],
    [{ f: ["a", ["bc"], 1] }, 6, 3],
    [{ known: "a", absent: undefined, f: [true] }, 4, 1],
    [{ f: { key: "a", k: {} } }, 4, 5],
  ])("%j", (value, nodes, units) => {
    const { create, decode } = slotOf(any);
    for (const make of [
      create,
      (_: object, limits: object) => decode(JSON.stringify(value), limits),
    ]) {
      // A limit is at least 1.
      expect(make(value, { nodes, units: Math.max(units, 1) })).toMatchObject(value);
      if (nodes > 1) expect(problemsIn(() => make(value, { nodes: nodes - 1 }))).toHaveLength(1);
      if (units > 1) expect(problemsIn(() => make(value, { units: units - 1 }))).toHaveLength(1);
    }
  });

  const schema = z.object({
    kind: z.enum(["one", "two"]),
    union: z.union([z.string(), z.array(z.number())]),
    trimmed: z.string().transform((given) => given.trim()),
    tagged: z.discriminatedUnion("is", [z.object({ is: z.literal("dot"), at: z.number() })]),
    loose: z.looseObject({ on: z.boolean(), more: z.array(z.string()).default(["d"]) }),
    list: z.array(z.string()).default(["a", "b"]),
    map: z.record(z.string(), jsonValue()).default({}),
    absent: text,
  });
  const input = {
    kind: "two",
    union: [1, 2, 3],
    trimmed: "text",
    tagged: { is: "dot", at: 1 },
    loose: { on: true, other: { key: null } },
    map: { long: ["x", "yz"], n: 1.5 },
  };

  it("is that of reading, even if the schema reads parts twice", () => {
    const { create, decode } = slotOf(schema);
    const whole = create(input);
    const { nodes, units } = sizeOf(whole);
    // The keys of a host's tagged value are counted before its tag is known.
    const given = { nodes, units: units + "isat".length };
    const again = JSON.stringify(whole);
    for (const [make, exact] of [
      [(limits: object) => create(JSON.parse(again), limits), given],
      [(limits: object) => decode(again, limits), { nodes, units }],
    ] as const) {
      expect(make(exact)).toEqual(whole);
      for (const less of [{ nodes: nodes - 1 }, { units: units - 1 }]) {
        expect(problemsIn(() => make(less))).toEqual([expect.stringContaining("snapshot_limit")]);
      }
    }
    // Values that the schema adds count like given ones.
    expect(problemsIn(() => create(input, { nodes: nodes - 1 }))).not.toEqual([]);
  });
});

describe("a limit on extensions", () => {
  const level = z.object({ list: z.array(z.number()).optional(), text: z.string().optional() });
  const { envelopeOf, host } = slotOf(level);
  const six = [1, 2, 3, 4, 5, 6];
  const merge = (before: object, after: object, limits: object) =>
    host.mergeExtensions(envelopeOf(before) as never, { shelf: after }, [], { limits }).extensions;
  const over = (what: string) =>
    expect.objectContaining({
      code: "snapshot_limit",
      message: expect.stringContaining(`at most ${what}`),
    });

  it.each<[string, object, object, string | undefined]>([
    ["more values than it allows", { list: [1, 2] }, { text: "" }, "5 values"],
    ["as many values", { list: [1] }, { list: [1, 2] }, undefined],
    ["values of which there were too many", { list: six }, { list: [1, 2] }, undefined],
    ["more text", { text: "12345" }, { text: "123456" }, "5 UTF-16 units of text"],
    ["as much text", { text: "1" }, { text: "12345" }, undefined],
    ["text of which there was too much", { text: "123456789" }, { text: "1234" }, undefined],
  ])("is checked for a proposal with %s", (_, before, after, expected) => {
    const limits = { nodes: 5, units: 5 };
    if (expected === undefined) expect(() => merge(before, after, limits)).not.toThrow();
    else expect(() => merge(before, after, limits)).toThrow(over(expected));
  });

  it("is exceeded by what is over it and grew", () => {
    const before = { list: six, text: "123456" };
    // Kept parts are over the limits, but did not grow.
    const changing = (change: object) => () => merge(before, change, { nodes: 6, units: 5 });
    expect(changing({ list: [1, 2] })).not.toThrow();
    expect(changing({ text: "1234" })).not.toThrow();
    expect(changing({ list: [1, 2], text: "1234" })).not.toThrow();
    const grown = () => merge({ list: six }, { text: "" }, { nodes: 6, units: 5 });
    expect(grown).toThrow(over("6 values"));
    const longer = () =>
      merge({ text: "123", list: six }, { list: [], text: "12345678" }, { units: 7 });
    expect(longer).toThrow(over("7 UTF-16 units of text"));
  });
});

it("a field that alone may change is replaced within the limits by another of its size", () => {
  const { envelopeOf, host } = slotOf(z.object({ text: z.string(), list: z.array(z.number()) }), {
    tier: "immutable",

    fields: { text: { tier: "mutable", write: "everyone" } },
  });
  const before = envelopeOf({ text: "1234", list: [1, 2, 3] });
  const merge = (text: string) => () =>
    host.mergeExtensions(before as never, { shelf: { text } }, [], {
      limits: { nodes: 4, units: 3 },
    });
  expect(merge("123")).not.toThrow();
  expect(merge("1")).not.toThrow();
  const longer = () =>
    host.mergeExtensions(before as never, { shelf: { text: "12345" } }, [], {
      limits: { units: 4 },
    });
  expect(longer).toThrow(expect.objectContaining({ code: "snapshot_limit" }));
});

describe("a limit on a payload", () => {
  const partOf = (text: string) => ({ content_type: "text", text }) as const;
  const message = createMessage({ role: "user", content: ["1234", "5"].map(partOf) });
  const { nodes, units } = sizeOf(message);

  async function changed(limits: object, ...texts: readonly string[]) {
    const plugin = definePlugin({
      name: "changes",
      version: "1.0.0",
      hooks: {
        message_pre_invoke: ({ content }) =>
          ({ modifiedPayload: { content: [...content, ...texts.map(partOf)] } }) as never,
      },
    });
    const options = { plugins: [plugin], payloadLimits: limits, logger: {} };
    const manager = await createPluginManager(options);
    return (await manager.invoke("cmf.llm_input", message)).violation?.code;
  }

  it("counts the parts that a plugin keeps, and those that it adds", async () => {
    // A part is one value, and so are its type and its text.
    expect(await changed({ nodes: nodes + 3 }, "")).toBe(undefined);
    expect(await changed({ nodes: nodes + 2 }, "")).toBe("snapshot_limit");
    expect(await changed({ units: units + "text6".length }, "6")).toBe(undefined);
    expect(await changed({ units: units + "text6".length - 1 }, "6")).toBe("snapshot_limit");
    expect(await changed({ nodes, units })).toBe(undefined);
  });
});
