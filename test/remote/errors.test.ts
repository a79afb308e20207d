import {
  addLabels,
  createPluginManager,
  definePlugin,
  GlassineError,
  isGlassineError,
  RejectError,
} from "glassine";
import { decodeError, encodeError } from "glassine/remote";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { refusalOf, turnOf } from "./support.ts";

const json = (text: string): unknown => JSON.parse(text);

it("a denial that was thrown is one on the other side", async () => {
  verifies("remote:error-denies");
  const text = encodeError(new RejectError("Not\ntoday."), { plugin: "p" });
  const plugin = definePlugin({
    name: "thrower",
    version: "1.0.0",
    hooks: {
      tool_pre_invoke() {
        throw decodeError(text);
      },
    },
  });
  const manager = await createPluginManager({ plugins: [plugin] });
  const { violation, errors } = await manager.invoke("tool_pre_invoke", { name: "add" });
  expect([violation?.reason, errors]).toEqual(["Not today.", []]);
});

it("a denial that was thrown has the reason that it has in process", () => {
  verifies("remote:error-denies");
  const changed = Object.assign(new RejectError("Not today."), { message: "Maybe." });
  const messageOf = (thrown: unknown) => decodeError(encodeError(thrown, { plugin: "p" })).message;
  expect([changed, new RejectError("\u200b")].map(messageOf)).toEqual(["Not today.", "rejected"]);
});

describe("encodeError", () => {
  it("writes a message, the plugin and a code, and no stack", () => {
    verifies("remote:error", "remote:error-code");
    const text = encodeError(new TypeError("No\nmodel is\u0000\u202eloaded."), {
      plugin: "scanner",
    });
    expect(json(text)).toEqual({
      message: "No model is loaded.",
      plugin_name: "scanner",
      code: "",
      mcp_error_code: -32603,
    });
    const refused = refusalOf(() => addLabels(turnOf([]).extensions as never, "EU"));
    const options = { plugin: "scanner", details: { part: 1 }, mcpErrorCode: -32001 };
    expect(json(encodeError(refused, options))).toMatchObject({
      code: "edit_denied",
      details: { part: 1 },
      mcp_error_code: -32001,
    });
    const long = json(encodeError(new Error("a".repeat(5_000)), { plugin: "p" }));
    expect((long as { message: string }).message).toBe(`${"a".repeat(500)}…`);
  });

  it("runs no code of what was thrown", () => {
    verifies("remote:error-inert");
    let ran = 0;
    const traps = () => {
      ran += 1;
      throw new Error("ran");
    };
    const getter = Object.defineProperty({}, "message", { get: traps });
    const proxy = new Proxy({}, { get: traps, getOwnPropertyDescriptor: traps, has: traps });
    const text = { message: { toString: traps, toJSON: traps } };
    for (const thrown of [getter, text, {}, new Error("")]) {
      expect(json(encodeError(thrown, { plugin: "p" }))).toMatchObject({
        message: "What was thrown has no readable message.",
        code: "",
      });
    }
    expect(json(encodeError(proxy, { plugin: "p" }))).toMatchObject({
      message: "A proxy was thrown.",
    });
    expect(ran).toBe(0);
  });

  it.each([
    ["a string", "No\nmodel.", "No model."],
    ["a number", 5, "5"],
    ["nothing", undefined, "undefined"],
    ["what `fetch` throws", new DOMException("This was aborted", "AbortError"), "This was aborted"],
    [
      "an error with the message of its class",
      Object.create(new Error("Inherited.")),
      "Inherited.",
    ],
  ])("writes the text of %s", (_, thrown, message) => {
    verifies("remote:error");
    expect(json(encodeError(thrown, { plugin: "p" }))).toMatchObject({ message, code: "" });
  });

  it("writes a readable document for any error of this library", () => {
    verifies("remote:error-inert");
    const { code, data } = decodeError(
      encodeError(new GlassineError("handler_error", "a", { remoteCode: "b\ud800" }), {
        plugin: "p",
      }),
    );
    expect([code, data.remoteCode]).toEqual(["handler_error", "b"]);
    let ran = 0;
    const lying = Object.defineProperty(new GlassineError("handler_error", "a"), "data", {
      get: () => {
        ran += 1;
      },
    });
    expect(json(encodeError(lying, { plugin: "p" }))).toMatchObject({ code: "handler_error" });
    expect(ran).toBe(0);
  });

  it("refuses invalid options", () => {
    for (const options of [undefined, null, 5]) {
      expect(refusalOf(() => encodeError(new Error("a"), options as never))).toMatchObject({
        code: "options_invalid",
      });
    }
    expect(refusalOf(() => decodeError("{}", null as never))).toMatchObject({
      code: "options_invalid",
    });
  });

  it.each([
    [{ plugin: 5 }, "plugin"],
    [{ plugin: "p", details: [] }, "details"],
    [{ plugin: "p", details: { f: () => 1 } }, "details"],
    [{ plugin: "p", mcpErrorCode: 1.5 }, "mcpErrorCode"],
    [{ plugin: "\ud800" }, "plugin"],
  ])("refuses the options %j", (options, option) => {
    expect(refusalOf(() => encodeError(new Error("a"), options as never))).toMatchObject({
      code: "options_invalid",
      data: { option },
    });
  });
});

describe("decodeError", () => {
  it("returns an error of this library with a known code", () => {
    verifies("remote:error-code");
    const text = encodeError(new GlassineError("label_invalid", "Expected a label."), {
      plugin: "p",
    });
    const error = decodeError(text);
    expect(isGlassineError(error)).toBe(true);
    expect(error).toMatchObject({
      code: "label_invalid",
      message: "Expected a label.",
      data: { plugin: "p", remoteCode: "label_invalid", mcpErrorCode: -32603 },
    });
  });

  it("keeps an unknown code beside `handler_error`, even over a second boundary", () => {
    const newer = {
      message: "Out of\nmemory",
      plugin_name: "p",
      code: "toString",
      details: { used: 1 },
      proto_error_code: -32002,
    };
    const error = decodeError(newer);
    expect(error).toMatchObject({
      code: "handler_error",
      message: "Out of memory",
      data: { remoteCode: "toString", details: { used: 1 }, mcpErrorCode: -32002 },
    });
    expect(json(encodeError(error, { plugin: "p" }))).toMatchObject({ code: "toString" });
    expect(decodeError({ message: "", plugin_name: "p", code: null, details: null })).toMatchObject(
      {
        message: "It threw something without a message.",
        data: { remoteCode: "" },
      },
    );
  });

  it("reads null as absent in every optional field, even under the newer name of the code", () => {
    verifies("envelope:null-is-absent");
    const lean = { message: "a", plugin_name: "p" };
    const nulls = { ...lean, code: null, details: null, proto_error_code: null };
    const errorOf = (document: object) => {
      const { code, message, data } = decodeError(document);
      return { code, message, data };
    };
    expect(errorOf(nulls)).toEqual(errorOf(lean));
    expect(errorOf(nulls).data.mcpErrorCode).toBe(-32603);
    const codes = { ...lean, mcp_error_code: -5, proto_error_code: null };
    expect(errorOf(codes).data.mcpErrorCode).toBe(-5);
    // Writers that spell out defaults write -32603 if there is no code.
    const both = { ...lean, mcp_error_code: -32603, proto_error_code: -5 };
    expect(errorOf(both).data.mcpErrorCode).toBe(-5);
  });

  it("refuses two codes that differ", () => {
    verifies("remote:both-generations");
    const codes = { message: "a", plugin_name: "p", mcp_error_code: -4, proto_error_code: -5 };
    expect(refusalOf(() => decodeError(codes))).toMatchObject({ code: "document_invalid" });
  });

  it.each([[{}], [{ message: "a" }], [{ message: 1, plugin_name: "p" }], [[]], [undefined]])(
    "refuses %j",
    (document) => {
      expect(refusalOf(() => decodeError(document))).toMatchObject({ code: "document_invalid" });
    },
  );

  it("refuses unknown options", () => {
    const unknown = { limit: 1 } as never;
    const refusal = refusalOf(() => decodeError({ message: "a", plugin_name: "p" }, unknown));
    expect(refusal).toMatchObject({ code: "options_invalid" });
  });

  it("refuses text that is not JSON", () => {
    expect(refusalOf(() => decodeError("Error: a"))).toMatchObject({ code: "syntax_invalid" });
  });
});
