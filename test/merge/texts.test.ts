/** The exact messages of refusals and rejections, which hosts show to people. */

import { createExtensions, mergeExtensions } from "glassine";
import { defineHost, stringSet } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { refusalOf } from "../data/support.ts";
import { plugin, runOnce } from "../dispatch/support.ts";

const hop = (subject_id: string) => ({ subject_id, subject_type: "user" });
const extensions = createExtensions({
  request: { request_id: "r" },
  security: { labels: ["PII"] },
  delegation: { chain: [hop("a")] as never },
  http: { headers: { "X-A": "1", Host: "here" } },
});
const all = ["append_labels", "append_delegation", "write_headers"] as const;
const refused = (returned: unknown) => {
  const { code, message, data } = refusalOf(() => mergeExtensions(extensions, returned, all));
  return { code, message, data };
};
const headers = (more: object) => ({ http: { headers: more } });

describe("a rejection says why the change was ignored", () => {
  it("an immutable slot", () => {
    expect(mergeExtensions(extensions, { request: { request_id: "x" } }, all).rejections).toEqual([
      { path: "request", code: "tier_immutable", reason: "It never changes." },
    ]);
  });

  it("a capability that is not granted", () => {
    const returned = { security: { labels: ["EU", "PII"] } };
    expect(mergeExtensions(extensions, returned, ["read_labels"]).rejections).toEqual([
      {
        path: "security.labels",
        code: "capability_missing",
        reason: "The capability that writes it is not granted.",
      },
    ]);
  });

  it("a mode in which only growing parts may change", async () => {
    const current = createExtensions({ custom: { a: 1 } });
    const modifiedExtensions = { custom: { a: 2 }, security: { labels: ["a"] } };
    const aside = plugin("aside", (_p, _c) => ({ modifiedExtensions }), {
      mode: "concurrent",
      capabilities: all,
    });
    const { extensions, rejections } = await runOnce([aside], { extensions: current });
    expect(rejections).toEqual([
      {
        plugin: "aside",
        path: "custom",
        code: "mode_denied",
        reason: "A plugin in this mode may not change it.",
      },
    ]);
    expect(extensions.custom).toBe(current.custom);
    expect(extensions.security).toMatchObject({ labels: ["a"] });
  });
});

describe("a refusal says where and why", () => {
  const refusal = (slot: string, reason: string) =>
    `The proposal was refused at ${slot}: ${reason} No part of it was applied.`;

  it("a label that was omitted", () => {
    expect(refused({ security: { labels: [] } })).toEqual({
      code: "tier_monotonic",
      message: refusal("security.labels", "Something that was shown is missing. It may only grow."),
      data: { slot: "security.labels", tier: "monotonic" },
    });
  });

  it("a hop that was omitted", () => {
    expect(refused({ delegation: { chain: [] } })).toEqual({
      code: "tier_monotonic",
      message: refusal(
        "delegation",
        "The returned list does not begin with what was shown. It may only grow.",
      ),
      data: { slot: "delegation", tier: "monotonic" },
    });
  });

  it("a header that may not be written", () => {
    expect(refused(headers({ "X-A": "\n", Host: "here" }))).toEqual({
      code: "header_invalid",
      message: refusal("http.headers", "A header name or value may not be written."),
      data: { slot: "http.headers" },
    });
  });

  it("a header beside the same one in another case", () => {
    expect(refused(headers({ "X-A": "1", Host: "here", "x-a": "2" }))).toEqual({
      code: "header_duplicate",
      message: refusal("http.headers", "A header was added whose name exists in another case."),
      data: { slot: "http.headers" },
    });
  });

  it("a header that may not be removed", () => {
    const reason = "A header that frames the message or has a malformed name may not be removed.";
    expect(refused(headers({ "X-A": "1" }))).toEqual({
      code: "header_invalid",
      message: refusal("http.headers", reason),
      data: { slot: "http.headers" },
    });
  });

  it("a part of the wrong shape, by names of the table", () => {
    expect(refused({ security: { subject: { id: 5 } } }).data).toEqual({
      slot: "security.subject.id",
    });
    expect(refused({ made: { up: 1 } }).data).toEqual({ slot: "(extensions)" });
    expect(refused(5).data).toEqual({ slot: "(extensions)" });
    expect(refused(5).message).toBe(refusal("(extensions)", "Expected an object, got number."));
  });
});

describe("the merged value is refused as a whole", () => {
  const description = "Of a test.";
  const pair = z
    .object({ a: z.number().default(0), b: z.number().default(0), owner: z.string() })
    .refine(({ a, b }) => a <= b);
  const host = defineHost({
    slots: {
      pair: { tier: "mutable", read: "everyone", write: "everyone", description, schema: pair },
      tags: {
        tier: "monotonic",
        read: "everyone",
        write: "everyone",
        description,
        grows: "names",
        schema: z.object({ names: stringSet().default([]), owner: z.string().default("o") }),
      },
    },
  });
  const message = (returned: unknown, current: object) =>
    refusalOf(() => host.mergeExtensions(host.createExtensions(current as never), returned, []))
      .message;

  it("for a missing field", () => {
    expect(message({ pair: { a: 1 } }, {})).toBe(
      "The proposal was refused at pair.owner: A required field is missing. No part of it was applied.",
    );
  });

  it("for a missing item of a growing set", () => {
    const current = host.createExtensions({ tags: { names: ["a"] } });
    const run = () => host.mergeExtensions(current, { tags: { names: ["b"] } }, []);
    expect(refusalOf(run)).toMatchObject({
      code: "tier_monotonic",
      message:
        "The proposal was refused at tags: Something that was shown is missing. It may only grow. No part of it was applied.",
    });
  });

  it("for a check of the schema", () => {
    const current = host.createExtensions({ pair: { a: 1, b: 5, owner: "o" } });
    const view = host.filterExtensions(current, []);
    const meanwhile = host.createExtensions({ pair: { a: 1, b: 2, owner: "o" } });
    const run = () =>
      host.mergeExtensions(meanwhile, { pair: { a: 4, b: 5, owner: "o" } }, [], { view });
    expect(refusalOf(run)).toMatchObject({
      code: "extensions_shape",
      message:
        "The proposal was refused at pair: The merged value does not pass its schema's own check. No part of it was applied.",
    });
  });
});
