import { defineHost, defineSlots } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { verifies } from "../support/verifies.ts";
import { codeOf, envelope, everything, host, plain, refusal, slotNames, view } from "./support.ts";

describe("unknown and repeated things", () => {
  const text =
    '{"secruity":{},"request":{"x":1},"security":{"objects":{"t":{"y":2}}},"delegation":{"chain":[{"subject_id":"a","subject_type":"b","z":3}]}}';

  it("are dropped and listed, from the wire", () => {
    verifies("envelope:unknown-dropped");
    const { extensions, dropped } = host.decodeExtensions(text);
    expect(dropped).toEqual([
      "secruity",
      "request.x",
      "security.objects.t.y",
      "delegation.chain[0].z",
    ]);
    expect(Object.keys(extensions)).toEqual(slotNames);
  });

  it("are refused when read strictly", () => {
    verifies("envelope:unknown-strict");
    const strict = { strict: true };
    expect(refusal(() => host.decodeExtensions(text, strict)).problems).toEqual(
      Array(4).fill("slot_unknown"),
    );
    expect(codeOf(() => host.decodeExtensions('{"secruity":{}}', strict))).toBe("slot_unknown");
  });

  it("may be keys of free-form data", () => {
    verifies("envelope:keys-are-data");
    const json = '{"custom":{"__proto__":{"a":1},"constructor":2,"toString":3}}';
    const { extensions } = host.decodeExtensions(json);
    expect(Object.keys(extensions.custom ?? {})).toEqual(["__proto__", "constructor", "toString"]);
    expect(host.encodeExtensions(extensions)).toBe(json);
    expect(({} as Record<string, unknown>).a).toBeUndefined();
  });

  it("count by their last value", () => {
    verifies("envelope:repeated-keys");
    const { extensions } = host.decodeExtensions(
      '{"custom":{"a":1,"\\u0061":2},"custom":{"b":1,"b":3}}',
    );
    expect(plain(extensions)).toEqual({ custom: { b: 3 } });
  });
});

describe("making", () => {
  it("copies, and refuses unknown names", () => {
    verifies("envelope:create");
    const labels = ["b", "a"];
    const input = { security: { labels }, custom: { list: [1] } };
    const made = envelope(input);
    labels.push("c");
    input.custom.list.push(2);
    expect(plain(made)).toMatchObject({ security: { labels: ["a", "b"] }, custom: { list: [1] } });
    expect(labels).toEqual(["b", "a", "c"]);
    expect(codeOf(() => envelope({ secruity: {} }))).toBe("slot_unknown");
    expect(refusal(() => envelope({ request: { id: "x" } })).problems).toEqual(["slot_unknown"]);
  });

  it("returns an envelope unchanged", () => {
    verifies("envelope:create-same");
    const made = envelope(everything);
    expect(envelope(made)).toBe(made);
  });

  it("reads text and parsed values", () => {
    verifies("envelope:decode");
    const text = JSON.stringify(everything);
    const { extensions } = host.decodeExtensions(text);
    expect(host.decodeExtensions(JSON.parse(text)).extensions).toEqual(extensions);
    for (const broken of ["", "{", "{} {}", "{'a':1}", '{"a":01}', "undefined"]) {
      expect(
        codeOf(() => host.decodeExtensions(broken)),
        broken,
      ).toBe("syntax_invalid");
    }
    expect(codeOf(() => host.decodeExtensions("[]"))).toBe("extensions_invalid");
  });

  it("reports every problem, and no value", () => {
    verifies("envelope:problems");
    const { problems } = refusal(() =>
      envelope({ agent: { turn: "x" }, meta: { tags: ["ok", 1] }, llm: 3 }),
    );
    expect(problems).toHaveLength(3);
    const many = { custom: {}, meta: { tags: Array(150).fill(1) } };
    expect(refusal(() => envelope(many)).problems).toHaveLength(100);
    try {
      envelope({ request: { request_id: ["canary"] }, meta: { entity_type: "canary" } });
      expect.unreachable();
    } catch (error) {
      const { message, data } = error as { message: string; data: unknown };
      expect(message + JSON.stringify(data)).not.toContain("canary");
      expect(message).toContain("request.request_id");
    }
  });

  it("freezes everything, as plain data", () => {
    verifies("envelope:frozen");
    const visit = (value: unknown): void => {
      if (typeof value !== "object" || value === null) return;
      expect(Object.isFrozen(value)).toBe(true);
      expect([null, Object.prototype, Array.prototype]).toContain(Object.getPrototypeOf(value));
      for (const key of Reflect.ownKeys(value)) {
        expect(typeof key).toBe("string");
        const own = Object.getOwnPropertyDescriptor(value, key);
        expect(own).toHaveProperty("value");
        visit(own?.value);
      }
    };
    visit(envelope(everything));
    visit(host.decodeExtensions(JSON.stringify(everything)).extensions);
  });

  it("creates every level with the same shape", () => {
    verifies("envelope:one-shape");
    expect(Object.keys(envelope({}))).toEqual(Object.keys(envelope(everything)));
    const bare = envelope({ request: {}, custom: {}, http: {} });
    expect(Object.keys(bare.request ?? {})).toEqual([
      "environment",
      "request_id",
      "timestamp",
      "trace_id",
      "span_id",
    ]);
    expect(Object.getPrototypeOf(bare.custom)).toBeNull();
    expect(Object.getPrototypeOf(bare.http?.headers)).toBeNull();
  });
});

describe("writing", () => {
  it("returns text that decodes again", () => {
    verifies("envelope:encode");
    const made = envelope(everything);
    const text = host.encodeExtensions(made);
    expect(host.decodeExtensions(text).extensions).toEqual(made);
    expect(host.encodeExtensions(host.decodeExtensions(text).extensions)).toBe(text);
    const swapped = envelope({
      meta: { scope: "s", tags: [] },
      request: { span_id: "1", trace_id: "2" },
    });
    expect(host.encodeExtensions(swapped)).toBe(
      '{"request":{"trace_id":"2","span_id":"1"},"meta":{"tags":[],"scope":"s","properties":{}}}',
    );
    const secret = envelope({ http: { headers: { Authorization: "Bearer x" } } });
    expect(host.encodeExtensions(secret)).toContain("Bearer x");
  });

  it("accepts only what the library created", () => {
    verifies("envelope:encode-own");
    expect(codeOf(() => host.encodeExtensions({ custom: {} } as never))).toBe("extensions_invalid");
    expect(host.encodeExtensions(view(envelope({ agent: {} })))).toBe("{}");
  });
});

describe("the host", () => {
  it("replaces slots and shares the others", () => {
    verifies("envelope:host-replaces");
    const made = envelope(everything);
    const next = host.withSlots(made, { llm: { model_id: "other" } });
    expect(next.llm?.model_id).toBe("other");
    for (const name of slotNames) {
      if (name !== "llm") expect(next[name as "agent"]).toBe(made[name as "agent"]);
    }
    expect(codeOf(() => host.withSlots(view(made) as never, {}))).toBe("edit_denied");
  });

  it("only adds to labels and chains", () => {
    verifies("envelope:host-grows");
    const made = envelope(everything);
    expect(codeOf(() => host.withSlots(made, { security: { labels: [] } }))).toBe("tier_monotonic");
    expect(codeOf(() => host.withSlots(made, { delegation: { chain: [] } }))).toBe(
      "tier_monotonic",
    );
    const emptied = () =>
      host.amend(made, (draft) => {
        (draft.security as { labels: string[] }).labels = [];
      });
    expect(codeOf(emptied)).toBe("tier_monotonic");
  });
});

describe("slots of a host", () => {
  const one = (name: string, spec: object = {}) =>
    defineHost({
      slots: {
        [name]: {
          tier: "immutable",
          read: "everyone",
          description: "d",
          schema: z.object({ a: z.string() }),
          ...spec,
        },
      } as never,
    });
  const compile = (spec: object) => codeOf(() => one("billing", spec));

  it("follow the rules of the table", () => {
    verifies("envelope:host-slots");
    const own = one("billing", { read: "read_billing" }) as unknown as typeof host;
    const made = own.createExtensions({ billing: { a: "x" }, agent: { turn: 1 } } as never);
    expect(plain(own.filterExtensions(made, ["read_billing"] as never))).toEqual({
      billing: { a: "x" },
    });
    expect(plain(own.filterExtensions(made, []))).toEqual({});
    const { extensions, rejections } = own.mergeExtensions(made, { billing: { a: "y" } }, []);
    expect([extensions === made, rejections[0]?.path]).toEqual([true, "billing"]);
  });

  it("have distinct names", () => {
    verifies("envelope:host-slot-names");
    for (const name of [
      "security",
      "secu_rity",
      "Billing",
      "bill__ing",
      "_billing",
      "1st",
      "then",
      "__proto__",
    ]) {
      expect(
        codeOf(() => defineAndJoin(name)),
        name,
      ).toBe("slot_invalid");
    }
  });
  const defineAndJoin = (name: string) => {
    const table = Object.defineProperty({}, name, { value: { tier: "mutable" }, enumerable: true });
    return defineHost({ slots: defineSlots(table as never) });
  };

  it("have possible tiers", () => {
    verifies("envelope:host-slot-tiers");
    expect(compile({ write: "write_billing" })).toBe("slot_invalid");
    expect(compile({ tier: "monotonic" })).toBe("slot_invalid");
    expect(compile({ tier: "monotonic", grows: "a" })).toBe("slot_invalid");
    expect(compile({ grows: "a" })).toBe("slot_invalid");
    expect(compile({ fields: { a: { tier: "monotonic" } } })).toBe("slot_invalid");
  });
});
