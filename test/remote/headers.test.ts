import { createPluginManager, definePlugin, deny, type PluginContext, setHeader } from "glassine";
import { defineHook, defineHost, headerMap } from "glassine/host";
import { decodeResult, decodeTask, encodeResult, encodeTask } from "glassine/remote";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { verifies } from "../support/verifies.ts";
import { contextOf, envelope, headers, hook, payload, turnOf } from "./support.ts";

const maps = ["headers", "request_headers", "response_headers"] as const;
const visible = { "X-A": "1" };
const names = ["authorization", "cookie", "set-cookie", "x-api-key", "proxy-authorization"];
const json = (text: string) => JSON.parse(text) as Record<string, never>;

describe("sensitive headers", () => {
  it("are absent from tasks, written and read", () => {
    verifies("remote:headers-stripped", "remote:headers-reported");
    const text = encodeTask(turnOf(["read_headers"]));
    expect(text).not.toContain("s3cr3t");
    expect(json(text)).toMatchObject({
      extensions: {
        http: { headers: visible, request_headers: visible, response_headers: visible },
      },
    });
    const http = { headers, request_headers: headers, response_headers: headers };
    const { extensions, dropped } = decodeTask({ ...json(text), extensions: { http } });
    for (const map of maps) expect(extensions?.http?.[map]).toEqual(visible);
    expect(dropped).toEqual(
      maps.flatMap((map) => names.map((name) => `extensions.http.${map}.${name}`)),
    );
  });

  it("are absent from results, written and read", () => {
    verifies("remote:headers-stripped");
    const returned = { modifiedExtensions: { http: { headers, response_headers: headers } } };
    const text = encodeResult(returned, { httpHeaders: headers });
    expect(text).not.toContain("s3cr3t");
    expect(json(text)).toMatchObject({ http_headers: visible });
    const stopped = encodeResult(deny("No"), { httpHeaders: headers });
    expect(stopped).not.toContain("s3cr3t");
    const violation = { code: "a", reason: "b", description: "", http_headers: headers };
    const denial = decodeResult({ continue_processing: false, violation });
    expect(denial.answer.httpHeaders).toEqual(visible);
    expect(denial.dropped).toEqual(names.map((name) => `violation.http_headers.${name}`));
    const going = decodeResult({ http_headers: headers });
    expect(going.answer.httpHeaders).toEqual(visible);
    expect(going.dropped).toEqual(names.map((name) => `http_headers.${name}`));
  });

  it("are restored in the proposal as they were shown, so that none is removed or set", () => {
    verifies("remote:headers-kept");
    const turn = turnOf(["write_headers"]);
    const reply = {
      modified_extensions: {
        http: {
          headers: { "X-B": "2", Authorization: "forged", cookie: "forged" },
          request_headers: {},
        },
      },
    };
    const { result, dropped } = decodeResult(reply, turn);
    const { "X-A": _, ...secrets } = headers;
    expect(result).toEqual({
      modifiedExtensions: {
        http: { headers: { "X-B": "2", ...secrets }, request_headers: secrets },
      },
    });
    expect(dropped).toEqual([
      "modified_extensions.http.headers.authorization",
      "modified_extensions.http.headers.cookie",
    ]);
  });

  it("are never restored for a plugin that sees no headers", () => {
    const reply = { modified_extensions: { http: { headers: { "X-B": "2" } } } };
    const { result } = decodeResult(reply, turnOf([]));
    expect(result).toEqual({ modifiedExtensions: { http: { headers: { "X-B": "2" } } } });
  });

  it("cause the map to be dropped if the view is not available", () => {
    verifies("remote:headers-unseen");
    const reply = {
      modified_extensions: { http: { headers: visible, method: "PUT" }, custom: { a: 1 } },
    };
    const { result, dropped } = decodeResult(reply);
    expect(result).toEqual({ modifiedExtensions: { http: { method: "PUT" }, custom: { a: 1 } } });
    expect(dropped).toEqual(["modified_extensions.http.headers"]);
  });

  it("leave an invalid map for the dispatch to refuse", () => {
    for (const bad of [null, 5, ["a"]]) {
      const reply = { modified_extensions: { http: { headers: bad } } };
      expect(decodeResult(reply, turnOf(["write_headers"])).result).toEqual({
        modifiedExtensions: { http: { headers: bad } },
      });
    }
  });

  it("stay in the host if a far plugin sets, removes or omits headers", async () => {
    const far = (task: string): string => {
      const { extensions } = decodeTask(task);
      if (extensions === undefined) throw new Error("no view");
      return encodeResult({ modifiedExtensions: setHeader(extensions, "X-A", "2") });
    };
    const plugin = definePlugin({
      name: "far-away",
      version: "1.0.0",
      capabilities: ["write_headers"],
      hooks: {
        [hook]: (message, context, extensions) => {
          const turn = { payload: message, context, extensions };
          return decodeResult(far(encodeTask(turn)), turn).result;
        },
      },
    });
    const manager = await createPluginManager({ plugins: [plugin] });
    const { extensions, rejections } = await manager.invoke(hook, payload, {
      extensions: envelope,
    });
    expect(rejections).toEqual([]);
    // `setHeader` writes the map that has the header, and its twin from the newer generation.
    expect(extensions.http?.headers).toEqual({ ...headers, "X-A": "2" });
    expect(extensions.http?.response_headers).toEqual(headers);
  });
});

describe("deprecated headers on a payload", () => {
  const older = { name: "add", args: {}, headers };
  const context = (): PluginContext => contextOf([], { hook: "tool_pre_invoke" });

  it("are stripped like those of a slot, and restored unchanged", () => {
    verifies("remote:headers-stripped", "remote:headers-kept");
    const turn = { payload: older, context: context() };
    const task = encodeTask(turn);
    expect(task).not.toContain("s3cr3t");
    const read = decodeTask({ ...json(task), payload: older });
    expect(read.payload).toEqual({ ...older, headers: visible });
    expect(read.dropped).toEqual(names.map((name) => `payload.headers.${name}`));

    const returned = { modifiedPayload: { ...older, args: { a: 1 } } };
    const text = encodeResult(returned, { hook: "tool_pre_invoke" });
    expect(text).not.toContain("s3cr3t");
    const { result } = decodeResult(text, turn);
    expect(result).toEqual({ modifiedPayload: { ...older, args: { a: 1 } } });
  });

  it("are dropped without the payload that was shown, since any may be missing", () => {
    verifies("remote:headers-unseen");
    const text = { continue_processing: true, modified_payload: { ...older, args: { a: 1 } } };
    const { result, dropped } = decodeResult(text, { context: context() });
    expect(result).toEqual({ modifiedPayload: { name: "add", args: { a: 1 } } });
    expect(dropped).toEqual(["modified_payload.headers"]);
  });

  it("are restored in any field of a host's hook", () => {
    verifies("remote:headers-kept");
    const schema = z.object({ meta_headers: headerMap() });
    const relay = defineHook({
      description: "A relay.",
      semantic: "message",
      payload: schema,
      headersField: "meta_headers",
    });
    const host = defineHost({ hooks: { relay } });
    const turn = { payload: { meta_headers: headers }, context: contextOf([], { hook: "relay" }) };
    const text = host.encodeResult({ modifiedPayload: turn.payload }, { hook: "relay" });
    expect(text).not.toContain("s3cr3t");
    expect(host.decodeResult(text, turn).result).toEqual({ modifiedPayload: turn.payload });
  });

  it("of a host that keeps them there cannot be changed across the boundary", async () => {
    const plugin = definePlugin({
      name: "far-away",
      version: "1.0.0",
      hooks: {
        tool_pre_invoke(call, context) {
          const turn = { payload: call, context };
          const task = decodeTask(encodeTask(turn));
          const modifiedPayload = { ...task.payload, args: { seen: true } };
          return decodeResult(encodeResult({ modifiedPayload }, task), turn).result;
        },
      },
    });
    const manager = await createPluginManager({ plugins: [plugin], payloadHeaders: "keep" });
    const { payload: after, rejections } = await manager.invoke("tool_pre_invoke", older);
    expect(rejections).toEqual([]);
    expect(after).toEqual({ ...older, args: { seen: true } });
  });

  it("are ordinary data on a hook without such a field", () => {
    const text = encodeResult({ modifiedPayload: { headers } }, { hook });
    expect(json(text)).toMatchObject({ modified_payload: { message: { headers } } });
  });
});
