import process from "node:process";
import {
  amend,
  createExtensions,
  createPluginManager,
  definePlugin,
  getHeader,
  type Plugin,
  setHeader,
} from "glassine";
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import { verifies } from "../support/verifies.ts";

const createManager = (plugins: readonly Plugin[] = [], payloadHeaders?: "move" | "keep") =>
  createPluginManager({ plugins, ...(payloadHeaders === undefined ? {} : { payloadHeaders }) });

let emitWarning: MockInstance<typeof process.emitWarning>;
beforeEach(() => {
  emitWarning = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
});

const headers = { Authorization: "Bearer t", "X-Trace": "1" };
const tool = { name: "add", args: { a: 1 } };
const agent = { agent_id: "a-1", messages: [{ role: "user", content: "Ahoy" }] };

describe("headers on an older payload", () => {
  it("move to the http slot and leave the payload", async () => {
    verifies("dispatch:headers-moved");
    const manager = await createManager();
    const called = await manager.invoke("tool_pre_invoke", { ...tool, headers });
    expect(called.payload).toEqual({ ...tool, headers: undefined });
    expect(called.extensions.http?.headers).toEqual(headers);
    expect(Object.isFrozen(called.extensions.http?.headers)).toBe(true);
    const ran = await manager.invoke("agent_pre_invoke", { ...agent, headers });
    expect(ran.payload.headers).toBeUndefined();
    expect(ran.payload).toMatchObject({ agent_id: "a-1", parameters: {} });
    expect(ran.extensions.http?.headers).toEqual(headers);
  });

  it("do not change the host's own object", async () => {
    const manager = await createManager();
    const payload = { ...tool, headers };
    const before = structuredClone(payload);
    await manager.invoke("tool_pre_invoke", payload);
    expect(payload).toEqual(before);
  });

  it("keep the rest of the slot and of the envelope", async () => {
    const manager = await createManager();
    const extensions = createExtensions({
      http: { headers: { "X-A": "a" }, request_headers: { "x-b": "b" }, method: "POST" },
      security: { labels: ["PII"] },
      custom: { note: 1 },
    });
    const payload = { ...tool, headers: { "X-C": "c" } };
    const result = await manager.invoke("tool_pre_invoke", payload, { extensions });
    expect(result.extensions.http).toMatchObject({
      headers: { "X-A": "a", "X-C": "c" },
      request_headers: { "x-b": "b" },
      method: "POST",
    });
    expect(result.extensions.security).toBe(extensions.security);
    expect(result.extensions.custom).toBe(extensions.custom);
    expect(extensions.http?.headers).toEqual({ "X-A": "a" });
  });

  it("do not override an existing header, in any case and in either map", async () => {
    const manager = await createManager();
    const extensions = createExtensions({
      http: { headers: { authorization: "kept" }, request_headers: { "x-TRACE": "kept" } },
    });
    const result = await manager.invoke("tool_pre_invoke", { ...tool, headers }, { extensions });
    expect(result.extensions.http).toMatchObject({
      headers: { authorization: "kept" },
      request_headers: { "x-TRACE": "kept" },
    });
    expect(Object.keys(result.extensions.http?.headers ?? {})).toEqual(["authorization"]);
  });

  it("treat a name such as __proto__ as data", async () => {
    const manager = await createManager();
    const odd = JSON.parse('{"__proto__": "1", "constructor": "2", "toString": "3"}');
    const result = await manager.invoke("tool_pre_invoke", { ...tool, headers: odd });
    expect(Object.entries(result.extensions.http?.headers ?? {})).toEqual([
      ["__proto__", "1"],
      ["constructor", "2"],
      ["toString", "3"],
    ]);
  });

  it("are absent if the payload has none, or null", async () => {
    const manager = await createManager();
    for (const given of [undefined, null]) {
      const payload = { ...tool, headers: given as never };
      const result = await manager.invoke("tool_pre_invoke", payload);
      expect(result.extensions.http).toBeUndefined();
    }
    expect(emitWarning).not.toHaveBeenCalled();
  });

  it("are refused if they are not strings", async () => {
    const manager = await createManager();
    const payload = { ...tool, headers: { "X-A": 1 } as never };
    await expect(manager.invoke("tool_pre_invoke", payload)).rejects.toMatchObject({
      code: "payload_invalid",
    });
    expect(emitWarning).not.toHaveBeenCalled();
  });
});

describe("capabilities apply to the moved headers", () => {
  const seen: (string | undefined)[] = [];
  const reader = definePlugin({
    name: "reader",
    version: "1.0.0",
    capabilities: ["read_headers"],
    hooks: {
      tool_pre_invoke: (payload, _context, extensions) =>
        void seen.push(getHeader(extensions, "authorization"), payload.headers?.Authorization),
    },
  });
  const blind = definePlugin({
    name: "blind",
    version: "1.0.0",
    hooks: {
      tool_pre_invoke: (payload, _context, extensions) =>
        void seen.push(getHeader(extensions, "authorization"), payload.headers?.Authorization),
    },
  });

  it("only plugins that may read headers see them", async () => {
    const manager = await createManager([reader, blind]);
    seen.length = 0;
    await manager.invoke("tool_pre_invoke", { ...tool, headers });
    expect(seen).toEqual(["Bearer t", undefined, undefined, undefined]);
  });

  it("only plugins that may write headers change them", async () => {
    const writer = (name: string, capability: "read_headers" | "write_headers") =>
      definePlugin({
        name,
        version: "1.0.0",
        capabilities: [capability],
        hooks: {
          tool_pre_invoke: (_payload, _context, extensions) => ({
            modifiedExtensions: { http: { ...extensions.http, headers: { "X-By": name } } },
          }),
        },
      });
    const manager = await createManager([
      writer("reader", "read_headers"),
      writer("writer", "write_headers"),
    ]);
    const result = await manager.invoke("tool_pre_invoke", { ...tool, headers });
    expect(result.extensions.http?.headers).toEqual({ "X-By": "writer" });
    expect(result.rejections.map(({ plugin, path, code }) => [plugin, path, code])).toEqual([
      ["reader", "http", "capability_missing"],
    ]);
  });

  it("a plugin cannot put them back on the payload", async () => {
    const old = definePlugin({
      name: "old",
      version: "1.0.0",
      hooks: {
        tool_pre_invoke: (payload) => ({ modifiedPayload: { ...payload, name: "sub", headers } }),
      },
    });
    const manager = await createManager([old]);
    const { payload, extensions, rejections } = await manager.invoke("tool_pre_invoke", tool);
    expect(payload).toEqual({ ...tool, name: "sub", headers: undefined });
    expect(extensions.http).toBeUndefined();
    expect(rejections).toMatchObject([
      { plugin: "old", path: "payload.headers", code: "payload_denied" },
    ]);
    expect(emitWarning).not.toHaveBeenCalled();
  });

  it("helpers work on them", async () => {
    const editor = definePlugin({
      name: "editor",
      version: "1.0.0",
      capabilities: ["write_headers"],
      hooks: {
        tool_pre_invoke: (_payload, _context, extensions) => ({
          modifiedExtensions: amend(setHeader(extensions, "x-trace", "2"), (draft) => {
            draft.http.headers["X-New"] = "n";
          }),
        }),
      },
    });
    const manager = await createManager([editor]);
    const result = await manager.invoke("tool_pre_invoke", { ...tool, headers });
    expect(result.extensions.http?.headers).toEqual({
      Authorization: "Bearer t",
      "X-Trace": "2",
      "X-New": "n",
    });
  });
});

describe('payloadHeaders: "keep"', () => {
  it("leaves them where older plugins look, without a warning", async () => {
    verifies("dispatch:headers-keep");
    const seen: unknown[] = [];
    const old = definePlugin({
      name: "old",
      version: "1.0.0",
      hooks: {
        tool_pre_invoke: (payload) => void seen.push(payload.headers),
        agent_pre_invoke: (payload) => void seen.push(payload.headers),
      },
    });
    const manager = await createManager([old], "keep");
    const called = await manager.invoke("tool_pre_invoke", { ...tool, headers });
    await manager.invoke("agent_pre_invoke", { ...agent, headers });
    expect(seen).toEqual([headers, headers]);
    expect(called.payload.headers).toEqual(headers);
    expect(called.extensions.http).toBeUndefined();
    expect(emitWarning).not.toHaveBeenCalled();
  });

  it("does not let plugins write them there", async () => {
    const old = definePlugin({
      name: "old",
      version: "1.0.0",
      hooks: {
        tool_pre_invoke: (payload) => ({ modifiedPayload: { ...payload, headers: { x: "y" } } }),
      },
    });
    const manager = await createManager([old], "keep");
    const result = await manager.invoke("tool_pre_invoke", { ...tool, headers });
    expect(result.payload.headers).toEqual(headers);
    expect(result.rejections).toMatchObject([{ path: "payload.headers", code: "payload_denied" }]);
  });
});
