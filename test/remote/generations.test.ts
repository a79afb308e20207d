/** Far sides in other implementations, each of which knows only its generation's fields. */
import {
  type Capability,
  createExtensions,
  createPluginManager,
  definePlugin,
  filterExtensions,
  getHeader,
  setHeader,
} from "glassine";
import { decodeResult, decodeTask, encodeResult, encodeTask } from "glassine/remote";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { contextOf, hook, payload } from "./support.ts";

type Document = Record<string, unknown>;
type Maps = Record<string, Record<string, string>>;

const json = (text: string) =>
  JSON.parse(text) as { readonly extensions: { readonly http?: Maps } };

const turnOver = (document: object, capabilities: readonly Capability[]) => ({
  payload,
  context: contextOf(capabilities),
  extensions: filterExtensions(createExtensions(document as never), capabilities),
});

/** Returns the envelope after a plugin whose far side answers with these extensions. */
async function answering(
  document: object,
  capabilities: readonly Capability[],
  answer: (shown: Document) => unknown,
  strict = true,
) {
  const dropped: string[] = [];
  const plugin = definePlugin({
    name: "far-away",
    version: "1.0.0",
    capabilities,
    hooks: {
      [hook]: (message, context, extensions) => {
        const turn = { payload: message, context, extensions };
        const task = JSON.parse(encodeTask(turn)) as { readonly extensions: Document };
        const reply = JSON.stringify({ modified_extensions: answer(task.extensions) });
        const read = decodeResult(reply, turn);
        dropped.push(...read.dropped);
        return read.result;
      },
    },
  });
  const manager = await createPluginManager({ plugins: [plugin], strict });
  const before = createExtensions(document as never);
  const result = await manager.invoke(hook, payload, { extensions: before });
  const { extensions, errors, rejections } = result;
  return { before, extensions, errors, rejections, dropped, http: extensions.http };
}

const writer = ["write_headers"] as const;

describe("a task", () => {
  it("has the headers of either generation under the names of the other", () => {
    verifies("remote:headers-both", "remote:headers-shown");
    const httpOf = (http: object) => {
      const task = json(encodeTask(turnOver({ http }, ["read_headers"])));
      const { shown_headers: shown } = task as { readonly shown_headers?: unknown };
      return [task.extensions.http, shown];
    };
    expect(httpOf({ request_headers: { A: "1" } })).toEqual([
      { headers: { A: "1" }, request_headers: { A: "1" } },
      { headers: [], request_headers: ["A"] },
    ]);
    expect(httpOf({ headers: { A: "1" }, method: "GET" })).toEqual([
      { headers: { A: "1" }, request_headers: { A: "1" }, method: "GET" },
      { headers: ["A"] },
    ]);
    expect(httpOf({ headers: { A: "1", B: "2" }, request_headers: { a: "3", C: "4" } })).toEqual([
      { headers: { A: "1", B: "2", C: "4" }, request_headers: { a: "3", C: "4", B: "2" } },
      { headers: ["A", "B"], request_headers: ["a", "C"] },
    ]);
    for (const http of [
      {},
      { method: "GET" },
      { response_headers: { A: "1" } },
      { headers: { A: "1" }, request_headers: { a: "1" } },
    ]) {
      expect(httpOf(http)).toEqual([{ headers: {}, ...http }, undefined]);
    }
  });

  it("decodes to the original view on this library's far side", () => {
    verifies("remote:headers-shown");
    for (const http of [
      { request_headers: { A: "1" } },
      { headers: { A: "1" }, request_headers: {} },
      { headers: { A: "1", "5": "2" }, request_headers: { a: "3", C: "4", "1": "6" } },
    ]) {
      const turn = turnOver({ http }, ["read_headers"]);
      const { extensions, dropped } = decodeTask(encodeTask(turn));
      expect(JSON.stringify(extensions)).toBe(JSON.stringify(turn.extensions));
      expect(dropped).toEqual([]);
    }
  });

  it("has no sensitive header in either map", () => {
    verifies("remote:headers-stripped");
    const http = {
      headers: { Authorization: "s3cr3t", A: "1" },
      request_headers: { cookie: "s3cr3t" },
    };
    const text = encodeTask(turnOver({ http }, ["read_headers"]));
    expect(text).not.toMatch(/s3cr3t|authorization|cookie/i);
  });
});

describe("a far side of the other generation", () => {
  it("changes a header in the map where the host has it, in any case", async () => {
    verifies("remote:headers-folded");
    const older = { headers: { "X-A": "1", "X-B": "2" } };
    const reply = { "x-a": "9", "X-B": "2" };
    const changed = await answering({ http: older }, writer, () => ({
      http: { request_headers: reply },
    }));
    expect(changed.http).toEqual({ headers: { "X-A": "9", "X-B": "2" } });
    expect(getHeader(changed.extensions, "X-A")).toBe("9");
    expect([changed.errors, changed.rejections, changed.dropped]).toEqual([[], [], []]);
    const newer = await answering({ http: { request_headers: older.headers } }, writer, () => ({
      http: { headers: reply },
    }));
    expect(newer.http).toEqual({ headers: {}, request_headers: { "X-A": "9", "X-B": "2" } });
  });

  it("adds and removes headers there, without touching those of the answer", async () => {
    verifies("remote:headers-folded");
    const { http } = await answering(
      { http: { headers: { A: "1", B: "2" }, response_headers: { A: "r" } } },
      writer,
      () => ({ http: { request_headers: { B: "2", "x-new": "3" }, response_headers: { A: "s" } } }),
    );
    expect(http).toEqual({ headers: { B: "2", "x-new": "3" }, response_headers: { A: "s" } });
    const none = await answering({}, writer, () => ({ http: { request_headers: { A: "1" } } }));
    expect(none.http).toEqual({ headers: { A: "1" } });
  });

  it("changes a header in both maps if the host has it in both", async () => {
    verifies("remote:headers-folded");
    const http = { headers: { A: "1", B: "2" }, request_headers: { a: "1", C: "3" } };
    const changed = await answering({ http }, writer, () => ({
      http: { headers: { A: "9", B: "2", C: "8" } },
    }));
    expect(changed.http).toEqual({
      headers: { A: "9", B: "2" },
      request_headers: { a: "9", C: "8" },
    });
    const removed = await answering({ http }, writer, () => ({
      http: { request_headers: { C: "3", B: "2" } },
    }));
    expect(removed.http).toEqual({ headers: { B: "2" }, request_headers: { C: "3" } });
  });

  it("that changes one header in two ways learns which change does not count", async () => {
    verifies("remote:headers-shadowed");
    const { http, dropped } = await answering({ http: { headers: { A: "1" } } }, writer, () => ({
      http: { headers: { A: "2" }, request_headers: { a: "3" } },
    }));
    expect(http).toEqual({ headers: { A: "2" } });
    expect(dropped).toEqual(["modified_extensions.http.request_headers.a"]);
    const alike = await answering({ http: { headers: { A: "1" } } }, writer, () => ({
      http: { headers: { A: "2" }, request_headers: { A: "2" } },
    }));
    expect([alike.http, alike.dropped]).toEqual([{ headers: { A: "2" } }, []]);
    // A map without a change does not contradict the other.
    const one = await answering({ http: { headers: { A: "1" } } }, writer, () => ({
      http: { headers: { A: "1" }, request_headers: { A: "3" } },
    }));
    expect([one.http, one.dropped]).toEqual([{ headers: { A: "3" } }, []]);
  });

  it("can neither set nor remove a sensitive header", async () => {
    verifies("remote:headers-kept");
    const http = { headers: { Authorization: "s3cr3t", A: "1" } };
    const { http: after, dropped } = await answering({ http }, writer, () => ({
      http: { request_headers: { A: "2", authorization: "forged", Cookie: "forged" } },
    }));
    expect(after).toEqual({ headers: { A: "2", Authorization: "s3cr3t" } });
    expect(dropped).toEqual([
      "modified_extensions.http.request_headers.authorization",
      "modified_extensions.http.request_headers.cookie",
    ]);
  });

  it.each([
    ["a header that frames the message", { A: "1", "Content-Length": "0" }, "header_invalid"],
    ["a line break", { A: "1\r\nB: 2" }, "header_invalid"],
    ["a name in two spellings", { A: "1", "x-b": "1", "X-B": "1" }, "header_duplicate"],
    ["a second spelling of what is there", { A: "1", a: "2" }, "header_duplicate"],
    ["a value that is not a string", { A: 5 }, "header_invalid"],
    ["an invalid map", ["A"], "extensions_shape"],
  ])("is refused like any other: %s", async (_name, request_headers, code) => {
    verifies("remote:judged-alike");
    const { before, extensions, errors } = await answering(
      { http: { headers: { A: "1" } } },
      writer,
      () => ({ http: { request_headers } }),
    );
    expect(extensions).toBe(before);
    expect(errors).toMatchObject([{ code }]);
  });

  it("needs the capability to change a header, under either name", async () => {
    const { before, extensions, rejections } = await answering(
      { http: { headers: { A: "1" } } },
      ["read_headers"],
      () => ({ http: { request_headers: { A: "2" } } }),
      false,
    );
    expect(extensions).toBe(before);
    expect(rejections).toMatchObject([{ path: "http", code: "capability_missing" }]);
  });
});

describe("a reply of this library", () => {
  it("equals what a plugin in the same process would return", () => {
    verifies("remote:as-returned");
    const turn = turnOver({ http: { headers: { A: "1" } } }, writer);
    const http = { request_headers: { A: "2" }, response_headers: {} };
    const text = encodeResult({ modifiedExtensions: { http } });
    expect(decodeResult(text, turn).result).toEqual({ modifiedExtensions: { http } });
    const document = JSON.parse(text) as object;
    const { result } = decodeResult({ ...document, as_returned: false }, turn);
    expect(result).toEqual({ modifiedExtensions: { http: { headers: { A: "2" } } } });
  });

  it("reads a task of the newer generation, and answers in it", () => {
    const turn = turnOver({ http: { request_headers: { A: "1" } } }, writer);
    const { shown_headers: _, ...task } = json(encodeTask(turn)) as unknown as Document;
    const { extensions } = decodeTask({
      ...task,
      extensions: { http: { request_headers: { A: "1" }, response_headers: {} } },
    });
    if (extensions === undefined) throw new Error("no view");
    expect(setHeader(extensions as never, "a", "2")).toMatchObject({
      http: { request_headers: { A: "2" } },
    });
  });
});

/** The defaults that Python writes for fields that it did not receive. */
const olderSubject = { roles: [], permissions: [], teams: [], claims: {} };

describe("an echo with all defaults spelled out", () => {
  it.each<readonly [string, object, readonly Capability[], (shown: Document) => unknown]>([
    [
      "headers of the newer generation, that may be read",
      { http: { request_headers: { A: "1" } } },
      ["read_headers"],
      () => ({ http: { request_headers: { A: "1" }, response_headers: {} } }),
    ],
    [
      "headers of the newer generation, that may be written",
      { http: { headers: { A: "1" } } },
      writer,
      () => ({ http: { request_headers: { A: "1" }, response_headers: {} } }),
    ],
    [
      "headers in another case",
      { http: { headers: { "X-A": "1" } } },
      writer,
      () => ({ http: { request_headers: { "x-a": "1" }, response_headers: {} } }),
    ],
    [
      "headers of the older generation",
      { http: { request_headers: { A: "1" } } },
      ["read_headers"],
      () => ({ http: { headers: { A: "1" } } }),
    ],
    [
      "headers in both maps",
      { http: { headers: { A: "1" }, request_headers: { B: "2" } } },
      ["read_headers"],
      ({ http }) => ({ http }),
    ],
    [
      "no headers if there are none",
      { http: { method: "GET" } },
      ["read_headers"],
      () => ({ http: { headers: {}, request_headers: {}, response_headers: {}, method: "GET" } }),
    ],
    [
      "headers of a slot that is not there",
      {},
      writer,
      () => ({ http: { headers: {}, request_headers: {}, response_headers: {} } }),
    ],
    ["a chain that is not there", {}, ["append_delegation"], () => ({ delegation: { chain: [] } })],
    [
      "a subject of which only the id is shown",
      { security: { labels: ["PII"], subject: { id: "ada", type: "user", roles: ["admin"] } } },
      ["append_labels", "read_subject"],
      ({ security }) => ({
        security: {
          ...(security as Document),
          subject: { ...((security as Document).subject as Document), ...olderSubject },
        },
      }),
    ],
    [
      "null for what is not there, as Go writes a list or map that was not made",
      { security: { labels: ["PII"], subject: { id: "ada", type: "user", roles: ["admin"] } } },
      ["append_labels", "write_headers", "read_subject"],
      ({ security }) => ({
        http: { headers: null, request_headers: null, response_headers: null },
        security: {
          ...(security as Document),
          subject: { ...((security as Document).subject as Document), roles: null, claims: null },
        },
      }),
    ],
    [
      "a security slot that is not there",
      {},
      ["append_labels"],
      () => ({
        security: { labels: [], classification: null, subject: null, objects: {}, data: {} },
      }),
    ],
  ])(
    "changes nothing, and is accepted in strict mode: %s",
    async (_name, document, capabilities, answer) => {
      verifies("remote:empty-left-out");
      const { before, extensions, errors, rejections, dropped } = await answering(
        document,
        capabilities,
        answer,
      );
      expect(extensions).toBe(before);
      expect([errors, rejections, dropped]).toEqual([[], [], []]);
    },
  );

  it("does not prevent adding a label", async () => {
    const subject = { id: "ada", type: "user", roles: ["admin"], claims: { a: "b" } };
    const { extensions, rejections } = await answering(
      { security: { labels: ["PII"], subject } },
      ["append_labels", "read_subject"],
      () => ({
        security: { labels: ["EU", "PII"], subject: { id: "ada", type: "user", ...olderSubject } },
      }),
    );
    expect(extensions.security).toMatchObject({ labels: ["EU", "PII"], subject });
    expect(rejections).toEqual([]);
  });

  it("refuses null for what the view shows", async () => {
    const { before, extensions, errors } = await answering(
      { http: { headers: { A: "1" } } },
      writer,
      () => ({ http: { headers: null } }),
    );
    expect(extensions).toBe(before);
    expect(errors).toMatchObject([{ code: "extensions_shape" }]);
  });

  it("does not remove headers by empty maps, and reports it if headers had been shown", async () => {
    verifies("remote:headers-empty");
    const { before, extensions, dropped } = await answering(
      { http: { headers: { A: "1" } } },
      writer,
      () => ({ http: { request_headers: {}, response_headers: {} } }),
    );
    expect(extensions).toBe(before);
    expect(dropped).toEqual(["modified_extensions.http.request_headers"]);
  });

  it("empties what the view shows, unless its default is not empty", async () => {
    const { http } = await answering({ http: { headers: { A: "1" } } }, writer, () => ({
      http: { headers: {} },
    }));
    expect(http).toEqual({ headers: {} });
    const { extensions } = await answering({}, [], () => ({ custom: {} }));
    expect(extensions.custom).toEqual({});
    const { rejections } = await answering(
      { security: { subject: { id: "ada", type: "user", roles: ["admin"] } } },
      ["read_roles"],
      () => ({ security: { subject: { id: "ada", type: "user", roles: [] } } }),
      false,
    );
    expect(rejections).toMatchObject([{ path: "security.subject", code: "tier_immutable" }]);
  });
});
