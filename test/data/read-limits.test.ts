// Its process is only for files that patch the realm.
import { createExtensions, createPluginManager, decodeExtensions, mergeExtensions } from "glassine";
import { decodeMessage } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { codeOf, refusalOf } from "./support.ts";

const message = '{"role":"user"}';
/** Every function that takes limits. */
const takers: Readonly<Record<string, (limits: never) => unknown>> = {
  createExtensions: (limits) => createExtensions({}, { limits }),
  decodeExtensions: (limits) => decodeExtensions("{}", { limits }),
  decodeMessage: (limits) => decodeMessage(message, { limits }),
};

describe.each(Object.entries(takers))("limits given to %s", (_name, take) => {
  it.each([
    [{ dept: 1 }, 'limits has no "dept"; it has depth, nodes, '],
    [{ __proto__: null, constructor: 1 }, 'limits has no "constructor"'],
    [{ nodes: Number.NaN }, "limits.nodes must be a whole number above 0."],
    [{ nodes: "900" }, "limits.nodes must be a whole number above 0."],
    [{ nodes: 0 }, "limits.nodes must be a whole number above 0."],
    [{ units: Number.POSITIVE_INFINITY }, "limits.units must be a whole number above 0."],
    [{ labels: 1.5 }, "limits.labels must be a whole number above 0."],
    [{ depth: 1_001 }, "limits.depth must be a whole number from 1 to 1000."],
    [null, "limits must be an object with some of the limits."],
    [[], "limits must be an object with some of the limits."],
    [900, "limits must be an object with some of the limits."],
  ])("are refused as %j", (limits, text) => {
    const { code, message } = refusalOf(() => take(limits as never));
    expect(code).toBe("options_invalid");
    expect(message).toContain(text);
  });

  it("that are undefined stay as they are", () => {
    expect(() => take(undefined as never)).not.toThrow();
    expect(() => take({ depth: undefined, nodes: 5 } as never)).not.toThrow();
  });
});

describe("limits", () => {
  it("apply if one was given as undefined: endless depth would overflow the stack", () => {
    const nested = `{"role":"user","content":[{"content_type":"tool_result","content":{"tool_call_id":"","tool_name":"","content":${"[".repeat(3000)}${"]".repeat(3000)}}}]}`;
    for (const limits of [{ depth: undefined }, { depth: 1_000 }]) {
      expect(refusalOf(() => decodeMessage(nested, { limits } as never)).code).toBe(
        "message_invalid",
      );
    }
  });

  it("of a manager are read in the same way", async () => {
    for (const option of ["limits", "payloadLimits"]) {
      await expect(
        createPluginManager({ plugins: [], [option]: { depth: 5_000 } } as never),
      ).rejects.toThrow(`${option}.depth must be a whole number from 1 to 1000.`);
    }
  });
});

describe("an unknown option", () => {
  it.each([
    ["createExtensions", () => createExtensions({}, { limit: {} } as never)],
    ["decodeExtensions", () => decodeExtensions("{}", { limit: {} } as never)],
    ["decodeMessage", () => decodeMessage(message, { limit: {} } as never)],
  ])("is refused by %s", (name, call) => {
    const { code, message } = refusalOf(call);
    expect(code).toBe("options_invalid");
    expect(message).toBe(`${name} has no option "limit". Did you mean "limits"?`);
  });

  it.each([
    () => decodeExtensions("{}", { strict: 1 } as never),
    () => decodeMessage(message, { strict: "yes" } as never),
  ])("is refused with a value of another type", (call) => {
    expect(refusalOf(call).message).toContain('The option "strict" expects a boolean');
  });
});

it("enforces a limit despite a setter on Object.prototype", () => {
  Object.defineProperty(Object.prototype, "units", {
    configurable: true,
    get: () => undefined,
    set: () => {},
  });
  try {
    const make = (units: number) =>
      createExtensions({ custom: { a: "five" } }, { limits: { units } });
    expect(() => make(4)).toThrow("at most 4 UTF-16 units of text");
    expect(() => make(5)).not.toThrow();
  } finally {
    Reflect.deleteProperty(Object.prototype, "units");
  }
});

it("a limit takes precedence over earlier shape errors", () => {
  const returned = { http: { headers: 5 }, custom: { list: [1, 2, 3] } };
  const merge = (limits: object) =>
    mergeExtensions(createExtensions({}), returned as never, ["write_headers"], { limits });
  expect(codeOf(() => merge({}))).toBe("extensions_shape");
  expect(codeOf(() => merge({ nodes: 5 }))).toBe("snapshot_limit");
});
