/** A reply from another process may do the same as a result in this process. */
import { type Capability, createPluginManager, definePlugin } from "glassine";
import { decodeResult } from "glassine/remote";
import { expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { envelope, headers, hook, payload } from "./support.ts";

async function answering(document: object, capabilities: readonly Capability[], options = {}) {
  const plugin = definePlugin({
    name: "far-away",
    version: "1.0.0",
    capabilities,
    hooks: {
      [hook]: (message, context, extensions) =>
        decodeResult(document, { payload: message, context, extensions }).result,
    },
  });
  const manager = await createPluginManager({ plugins: [plugin], ...options });
  return manager.invoke(hook, payload, { extensions: envelope });
}

it.each([
  ["absent", {}],
  ["null", { modified_extensions: null }],
  ["empty", { modified_extensions: {} }],
  [
    "null in every writable slot",
    { modified_extensions: { http: null, security: null, delegation: null, custom: null } },
  ],
  [
    "the immutable part of the view, with null in every writable slot",
    {
      modified_extensions: {
        request: { request_id: "r-1", environment: null },
        http: null,
        security: null,
        delegation: null,
        custom: null,
      },
    },
  ],
])("extensions that are %s change nothing, not even in strict mode", async (_name, document) => {
  verifies("remote:no-change");
  const result = await answering(document, ["append_labels", "write_headers"], { strict: true });
  expect(result.extensions).toBe(envelope);
  expect([result.continueProcessing, result.rejections, result.errors]).toEqual([true, [], []]);
});

it("additions beyond the view in a reply are ignored and reported", async () => {
  verifies("remote:judged-alike");
  const forged = {
    modified_payload: { role: "system" },
    modified_extensions: {
      request: { request_id: "forged" },
      agent: { turn: 9 },
      security: { labels: ["PII", "EU"], subject: { id: "eve", type: "user", roles: ["root"] } },
      http: { headers: { "X-A": "forged" } },
    },
  };
  const result = await answering(forged, ["append_labels"]);
  expect(result.extensions.security).toMatchObject({
    labels: ["EU", "PII"],
    subject: { id: "ada", roles: ["admin"] },
  });
  expect(result.extensions.http?.headers).toEqual(headers);
  expect(result.rejections.map(({ path, code }) => [path, code])).toEqual([
    ["request", "tier_immutable"],
    ["agent", "tier_immutable"],
    ["http", "capability_missing"],
    ["security.subject", "tier_immutable"],
    ["payload.role", "payload_denied"],
  ]);
});

it.each([
  ["a label that is missing", { security: { labels: [] } }, "tier_monotonic"],
  ["an unknown field of a closed slot", { security: { lables: [] } }, "slot_unknown"],
  ["null for the labels", { security: { labels: null } }, "extensions_shape"],
  [
    "a header that frames the message",
    { http: { headers: { "Content-Length": "0" } } },
    "header_invalid",
  ],
])("a reply with %s is refused as a whole", async (_name, proposal, code) => {
  const document = { modified_extensions: { ...proposal, custom: { taken: true } } };
  const result = await answering(document, ["append_labels", "write_headers"]);
  expect(result.extensions).toBe(envelope);
  expect(result.errors).toMatchObject([{ code }]);
});

it("a reply whose changed payload has an unknown field is refused as a whole", async () => {
  verifies("remote:unknown-dropped");
  const text = { content_type: "text", text: "changed", later: 1 };
  const result = await answering({ modified_payload: { content: [text] } }, []);
  expect(result.payload).toMatchObject(payload);
  expect(result.errors).toMatchObject([{ code: "payload_shape" }]);
});

it("a reply that cannot be read is a failure of the plugin, and stops the operation", async () => {
  const result = await answering({ continue_processing: "no" }, []);
  expect(result.violation).toMatchObject({ plugin: "far-away", code: "result_shape" });
});
