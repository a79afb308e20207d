/** The result of a slot's `derive` is treated like other data: checked, copied and frozen. */
import { defineHost } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { verifies } from "../support/verifies.ts";

const schema = z
  .object({
    items: z.array(z.string()).default([]),
    last: z.object({ name: z.string(), tags: z.array(z.string()) }).optional(),
    count: z.number().optional(),
  })
  .refine(({ count }) => count !== 13);

type Parts = { readonly list: readonly unknown[] };

const hostWith = (derive: (parts: Parts) => unknown) =>
  defineHost({
    slots: {
      trail: {
        tier: "monotonic",
        read: "read_trail",
        write: "append_trail",
        description: "A trail.",
        schema,
        grows: "items",
        derive: derive as (parts: Parts) => Record<string, unknown>,
      },
    },
  });

/** Returns a plugin that adds to the list. */
const adderOf = (host: ReturnType<typeof hostWith>) =>
  host.definePlugin({
    name: "adds",
    version: "1.0.0",
    capabilities: ["append_trail"],
    hooks: {
      evaluate: (_message, _context, _extensions) => ({
        modifiedExtensions: { trail: { items: ["a"] } },
      }),
    },
  });

const thrown = new Error("the list was a, b");
const throws = () => {
  throw thrown;
};
const unfit: readonly [what: string, derive: (parts: Parts) => unknown, message: string][] = [
  ["throws", throws, 'The `derive` of the slot "trail" threw.'],
  [
    "returns a promise",
    async () => ({ count: 1 }),
    'The `derive` of the slot "trail" returned a promise.',
  ],
  [
    "returns no object",
    () => "two",
    'The `derive` of the slot "trail" returned what the schema does not accept: (root): expected an object, got string.',
  ],
  [
    "returns a field of the wrong type",
    () => ({ count: "two" }),
    'The `derive` of the slot "trail" returned what the schema does not accept: count: expected a number, got string.',
  ],
  [
    "returns a field that the slot does not have",
    () => ({ total: 2 }),
    'The `derive` of the slot "trail" returned what the schema does not accept: total: expected only the fields items, last, count, got an unknown field.',
  ],
  [
    "returns what is not plain data",
    () => ({ last: new Map() }),
    'The `derive` of the slot "trail" returned what the schema does not accept: last: expected plain data, got an object of a class.',
  ],
];

/** Returns something that the check of the whole slot refuses. */
const refused = () => ({ count: 13 });

describe("what derive returns", () => {
  it("is frozen in depth: the plugin that sees it first changes nothing for the next", async () => {
    verifies("envelope:derive-read");
    const host = hostWith(({ list }) => ({ last: { name: list.at(-1), tags: ["x"] } }));
    const seen: unknown[] = [];
    const tried: unknown[] = [];
    const tampering = (name: string) =>
      host.definePlugin({
        name,
        version: "1.0.0",
        capabilities: ["read_trail"],
        hooks: {
          evaluate(_message, _context, { trail }) {
            seen.push(structuredClone(trail?.last));
            const last = trail?.last as { name: string; tags: string[] };
            const forge = () => Object.assign(last, { name: "forged" });
            for (const change of [() => last.tags.push("forged"), forge]) {
              try {
                tried.push(change());
              } catch (error) {
                tried.push((error as Error).name);
              }
            }
          },
        },
      });
    const plugins = [tampering("first"), tampering("next")];
    const manager = await host.createPluginManager({ plugins });
    const extensions = host.createExtensions({ trail: { items: ["a"] } });
    await manager.invoke("evaluate", { role: "user" }, { extensions });
    expect(tried).toEqual(["TypeError", "TypeError", "TypeError", "TypeError"]);
    expect(seen).toEqual([
      { name: "a", tags: ["x"] },
      { name: "a", tags: ["x"] },
    ]);
  });

  it("is copied: what the function keeps of it has no effect", () => {
    verifies("envelope:derive-read");
    const last = { name: "a", tags: ["x"] };
    const host = hostWith(() => ({ last }));
    const { trail } = host.createExtensions({ trail: { items: ["a"] } });
    last.tags.push("later");
    expect(trail?.last).toEqual({ name: "a", tags: ["x"] });
  });

  it("takes a field away by undefined, and leaves one as it is that it leaves out", () => {
    const host = hostWith(({ list }) => (list.length > 1 ? { last: undefined } : { count: 1 }));
    const merged = (...items: string[]) => {
      const current = host.createExtensions({
        trail: { items: ["a"], last: { name: "a", tags: [] } },
      });
      return host.mergeExtensions(current, { trail: { items } }, ["append_trail"]).extensions.trail;
    };
    expect(merged("a")).toEqual({ items: ["a"], last: { name: "a", tags: [] }, count: 1 });
    expect(merged("a", "b")).toEqual({ items: ["a", "b"], count: 1 });
  });

  it("is refused if it leaves a field without a value that is never absent", () => {
    verifies("envelope:derive-read");
    const slots = {
      trail: {
        tier: "monotonic",
        read: "read_trail",
        write: "append_trail",
        description: "A trail.",
        schema: z.object({ items: z.array(z.string()).default([]), sum: z.number().default(0) }),
        grows: "items",
        derive: () => ({ sum: undefined }),
      },
    } as const;
    const host = defineHost({ slots });
    const message =
      'The `derive` of the slot "trail" returned what the schema does not accept: sum: expected a value, because it is never absent.';
    const error = expect.objectContaining({ code: "slot_invalid", message });
    expect(() => host.createExtensions({ trail: { items: ["a"] } })).toThrow(error);
    const current = host.createExtensions({});
    expect(() =>
      host.mergeExtensions(current, { trail: { items: ["a"] } }, ["append_trail"]),
    ).toThrow(expect.objectContaining({ code: "slot_invalid" }));
  });

  it.each([undefined, null])("changes nothing where it is %s", (answer) => {
    const host = hostWith(() => answer);
    const items = ["a", "b"];
    const current = host.createExtensions({ trail: { items: ["a"], count: 1 } });
    const { extensions } = host.mergeExtensions(current, { trail: { items } }, ["append_trail"]);
    expect(extensions.trail).toEqual({ items, count: 1 });
  });

  it.each([undefined, ["x"]])("has no say in the list: %j", (items) => {
    const host = hostWith(({ list }) => ({ items, count: list.length }));
    const current = host.createExtensions({ trail: { items: ["a"] } });
    expect(current.trail).toEqual({ items: ["a"], count: 1 });
    const proposed = { trail: { items: ["a", "b"] } };
    const { extensions } = host.mergeExtensions(current, proposed, ["append_trail"]);
    expect(extensions.trail).toEqual({ items: ["a", "b"], count: 2 });
  });

  it.each(unfit)(
    "is refused where the host makes an envelope, if it %s",
    (_what, derive, message) => {
      verifies("envelope:derive-read");
      const make = () => hostWith(derive).createExtensions({ trail: { items: ["a"] } });
      const data = { slot: "trail" };
      expect(make).toThrow(expect.objectContaining({ code: "slot_invalid", message, data }));
    },
  );

  it.each(unfit)(
    "is refused where a plugin lets the list grow, if it %s",
    async (_what, derive, message) => {
      verifies("envelope:derive-read");
      const host = hostWith(derive);
      const adds = adderOf(host);
      const causes: unknown[] = [];
      const lines: string[] = [];
      const manager = await host.createPluginManager({
        plugins: [adds],
        onHandlerError: (error) => void causes.push(error),
        logger: { error: (line) => lines.push(line) },
      });
      const result = await manager.invoke("evaluate", { role: "user" });
      expect(result.violation).toMatchObject({ plugin: "adds", code: "slot_invalid" });
      expect(result.errors).toMatchObject([{ plugin: "adds", code: "slot_invalid" }]);
      expect(result.errors[0]?.message).toContain(message);
      expect(result.executions).toMatchObject([{ status: "error", errorCode: "slot_invalid" }]);
      expect(result.extensions.trail).toBeUndefined();
      // A thrown value goes to `onHandlerError`; a wrong shape is reported in the log.
      const threw = message.endsWith("threw.");
      expect(causes).toEqual(threw ? [thrown] : []);
      expect(lines.filter((line) => line.includes(message))).toHaveLength(threw ? 0 : 1);

      const merge = () =>
        host.mergeExtensions(host.createExtensions({}), { trail: { items: ["a"] } }, [
          "append_trail",
        ]);
      expect(merge).toThrow(expect.objectContaining({ code: "slot_invalid" }));
    },
  );

  it("is in the log with what it threw, where a host has no place for that", async () => {
    const host = hostWith(throws);
    const lines: string[] = [];
    const adds = adderOf(host);
    const logger = { error: (line: string) => void lines.push(line) };
    const manager = await host.createPluginManager({ plugins: [adds], logger });
    await manager.invoke("evaluate", { role: "user" });
    expect(lines.join()).toContain(
      'The `derive` of the slot "trail" threw. Error: the list was a, b',
    );
  });

  it("is held to the check of the whole slot", () => {
    const host = hostWith(refused);
    expect(() => host.createExtensions({ trail: { items: ["a"] } })).toThrow(
      "returned what the schema does not accept: the slot's own check",
    );
    const none = host.createExtensions({});
    expect(() => host.mergeExtensions(none, { trail: { items: ["a"] } }, ["append_trail"])).toThrow(
      expect.objectContaining({ code: "extensions_shape" }),
    );
  });

  it("may be nothing: then all other fields stay", () => {
    const made = (derive: (parts: Parts) => unknown) => {
      const host = hostWith(derive);
      const before = host.createExtensions({ trail: { items: ["a"] } });
      const { extensions } = host.mergeExtensions(before, { trail: { items: ["a", "b"] } }, [
        "append_trail",
      ]);
      return extensions.trail;
    };
    expect(made(() => undefined)).toEqual({ items: ["a", "b"] });
    expect(made(() => null)).toEqual({ items: ["a", "b"] });
  });
});
