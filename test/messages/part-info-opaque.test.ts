/** What code can do with a part view. */
import { inspect } from "node:util";
import { createExtensions, createPluginManager, definePlugin } from "glassine";
import { defineHost } from "glassine/host";
import {
  freezePayload,
  type PartInfo,
  partsOf,
  serializePart,
  toPolicyInput,
} from "glassine/messages";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { everything } from "../spec/support.ts";
import { verifies } from "../support/verifies.ts";
import { callWith, messageOf, parts, properties, saidBy, viewOf } from "./part-support.ts";

const full = createExtensions(everything as never);
const secret = createExtensions({ http: { headers: { authorization: "s3cr3t" } } });

describe("reflection on a view", () => {
  const view = viewOf(parts.tool_call, { extensions: secret });
  const prototype = Reflect.getPrototypeOf(view) as object;

  it("finds nothing on it", () => {
    verifies("part:opaque");
    expect(Reflect.ownKeys(view)).toEqual([]);
    expect(JSON.stringify(view)).toBe("{}");
    expect({ ...view }).toEqual({});
    for (const showHidden of [true, false]) {
      const text = inspect(view, { showHidden, depth: 9 });
      expect(text).not.toContain("s3cr3t");
      expect(text).not.toContain("fs");
    }
    expect(structuredClone(view)).toEqual({});
  });

  it("finds getters and helpers behind it, and no way to create views", () => {
    expect(Reflect.getPrototypeOf(prototype)).toBeNull();
    expect("constructor" in view).toBe(false);
    expect("then" in view).toBe(false);
    expect("toJSON" in view).toBe(false);
  });

  it("changes neither it nor what is behind it", () => {
    const before = JSON.stringify(saidBy(view));
    for (const target of [view, prototype]) {
      expect(Object.isFrozen(target)).toBe(true);
      expect(Reflect.set(target, "kind", "text")).toBe(false);
      expect(Reflect.defineProperty(target, "uri", { value: "x" })).toBe(false);
      expect(Reflect.setPrototypeOf(target, {})).toBe(false);
    }
    expect(Reflect.deleteProperty(prototype, "uri")).toBe(false);
    expect(JSON.stringify(saidBy(view))).toBe(before);
  });

  it("cannot use its getters on other objects", () => {
    for (const name of properties) {
      const get = Reflect.getOwnPropertyDescriptor(prototype, name)?.get as () => unknown;
      expect(() => Reflect.apply(get, Object.create(view), [])).toThrow(TypeError);
      expect(() => Reflect.apply(get, new Proxy(view, {}), [])).toThrow(TypeError);
    }
  });

  it("finds only frozen values", () => {
    const whole = viewOf(parts.tool_call, { extensions: full });
    const visit = (value: unknown): void => {
      if (typeof value !== "object" || value === null) return;
      expect(Object.isFrozen(value)).toBe(true);
      for (const key of Reflect.ownKeys(value)) visit(Reflect.get(value, key));
    };
    for (const said of Object.values(saidBy(whole))) visit(said);
    visit(serializePart(whole));
    visit(toPolicyInput(whole));
  });

  it("is the view itself if awaited", async () => {
    expect(await view).toBe(view);
  });
});

describe("a plugin's views", () => {
  it("show it what its capabilities open", async () => {
    const seen: unknown[] = [];
    const plugin = definePlugin({
      name: "looks",
      version: "1.0.0",
      capabilities: ["read_labels"],
      hooks: {
        message_pre_invoke(message, context, extensions) {
          for (const view of partsOf(message, { extensions, hook: context.hook })) {
            seen.push(view.hook, view.labels, view.roles, view.headers, view.sessionId);
            seen.push(serializePart(view).extensions);
          }
        },
      },
    });
    const manager = await createPluginManager({ plugins: [plugin] });
    const security = { labels: ["PII"], subject: { id: "a", type: "user", roles: ["admin"] } };
    const extensions = createExtensions({
      security: security as never,
      http: { headers: { a: "b" } },
      agent: { session_id: "s" },
    });
    const result = await manager.invoke("cmf.tool_pre_invoke", messageOf([parts.tool_call]), {
      extensions,
    });
    expect(result.errors).toEqual([]);
    expect(seen).toEqual(["cmf.tool_pre_invoke", ["PII"], [], {}, undefined, { labels: ["PII"] }]);
  });

  it("can be used as metadata and as a payload", async () => {
    const plugin = definePlugin({
      name: "reports",
      version: "1.0.0",
      hooks: {
        evaluate: (message) => ({
          metadata: { views: partsOf(message).map((view) => serializePart(view)) as never },
        }),
      },
    });
    const manager = await createPluginManager({ plugins: [plugin] });
    const result = await manager.invoke("evaluate", messageOf([parts.text]));
    expect(result.errors).toEqual([]);
    expect(JSON.stringify(result.metadata)).toContain('"kind":"text"');
    const view = viewOf(parts.resource, { extensions: full });
    expect(freezePayload(serializePart(view))).toEqual(serializePart(view));
  });
});

describe("a host of its own", () => {
  const host = defineHost({
    slots: {
      billing: {
        tier: "immutable",
        read: "read_billing",
        description: "Who pays.",
        schema: z.object({ account: z.string() }),
      },
    },
  });

  it("has its extensions accepted everywhere", () => {
    const extensions = host.createExtensions({
      billing: { account: "acme" },
      security: { labels: ["PII"] },
    });
    expect(viewOf(parts.text, { extensions }).labels).toEqual(["PII"]);
    const cut = host.filterExtensions(extensions, ["read_billing"]);
    const view = viewOf(parts.text, { extensions: cut });
    expect([view.labels, serializePart(view).extensions]).toEqual([[], undefined]);
  });
});

describe("names that others chose", () => {
  const args = JSON.parse('{"__proto__":{"admin":true},"constructor":1,"toJSON":"x","then":null}');

  it("are arguments like any other", () => {
    const view = callWith(args);
    expect(view.getArg("__proto__")).toEqual({ admin: true });
    expect([view.getArg("constructor"), view.hasArg("then")]).toEqual([1, true]);
    expect([view.hasArg("toString"), view.getArg("admin")]).toEqual([false, undefined]);
    expect(JSON.parse(view.content ?? "")).toEqual(args);
    expect(JSON.stringify(serializePart(view).arguments)).toBe(JSON.stringify(args));
  });

  it("refer to no inherited property", () => {
    const named = (name: string, extensions = full) =>
      viewOf(
        { content_type: "tool_call", content: { tool_call_id: "1", name, arguments: {} } },
        { extensions },
      );
    for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty"]) {
      expect([named(name).object, named(name).dataPolicy]).toEqual([undefined, undefined]);
      const objects = JSON.parse(`{"${name}":{"data_scope":["own"]}}`);
      const own = createExtensions({ security: { objects } });
      expect(named(name, own).object?.data_scope).toEqual(["own"]);
    }
  });

  it("are headers like any other", () => {
    const headers = JSON.parse('{"__proto__":"p","constructor":"c"}');
    for (const http of [{ headers }, { headers: { a: "1" }, request_headers: headers }]) {
      const view = viewOf(parts.text, { extensions: createExtensions({ http }) });
      expect([view.getHeader("__PROTO__"), view.getHeader("Constructor")]).toEqual(["p", "c"]);
      expect(view.hasHeader("toString")).toBe(false);
      expect(Object.keys(serializePart(view).extensions?.headers ?? {})).toEqual(
        expect.arrayContaining(["__proto__", "constructor"]),
      );
    }
  });
});

describe("a message", () => {
  it("that the library did not create is read first", () => {
    const content = [{ content_type: "text", text: "a" }];
    const own = { role: "user", content };
    const [view] = partsOf(own as never);
    content[0]!.text = "changed";
    expect((view as PartInfo).content).toBe("a");
    expect(() => partsOf({ role: "pilot" } as never)).toThrow(/message is not readable/);
  });

  it("inside a prompt result has views of its own", () => {
    const message = messageOf([parts.prompt_result]);
    const [part] = message.content;
    if (part?.content_type !== "prompt_result") return expect.unreachable();
    const [inner] = part.content.messages.flatMap((nested) => partsOf(nested));
    expect([inner?.role, inner?.content]).toEqual(["user", "in"]);
  });

  it("that a manager accepted under wider limits is accepted as it is", async () => {
    let size: number | undefined;
    const plugin = definePlugin({
      name: "sizes",
      version: "1.0.0",
      hooks: {
        evaluate: (message) => {
          size = partsOf(message)[0]?.sizeBytes;
        },
      },
    });
    const payloadLimits = { units: 20_000_000 };
    const manager = await createPluginManager({ plugins: [plugin], payloadLimits });
    const text = "x".repeat(17_000_000);
    const message = { role: "user", content: [{ content_type: "text", text }] } as const;
    const result = await manager.invoke("evaluate", message);
    expect([result.errors, size]).toEqual([[], 17_000_000]);
  });
});
