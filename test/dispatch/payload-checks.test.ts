import type { GlassineError } from "glassine";
import { defineHook, defineHost } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { plain } from "../host/support.ts";
import { verifies } from "../support/verifies.ts";

const range = z.object({ from: z.number(), to: z.number() }).refine(({ from, to }) => from <= to);
const opts = z.object({ a: z.string(), b: z.string(), c: z.string().default("c") });
const asked = defineHook({
  semantic: "message",
  description: "Asked for a range.",
  payload: z
    .object({
      from: z.number().default(1),
      to: z.number().default(5),
      range: range.optional(),
      opts: opts.optional(),
      more: z.object({ range: range.optional().readonly() }).optional(),
    })
    .refine(({ from, to }) => from <= to),
  writable: ["from", "to", "range", "opts", "more"],
});
const limited = defineHook({ ...asked, writable: ["from"] });
const host = defineHost({ hooks: { asked, limited } });
type HookName = "asked" | "limited";

async function change(hook: HookName, payload: object, modifiedPayload: object, policy?: string[]) {
  const plugin = host.definePlugin({
    name: "changer",
    version: "1.0.0",
    hooks: { [hook]: (_payload: unknown) => ({ modifiedPayload }) } as never,
  });
  const manager = await host.createPluginManager({
    plugins: [plugin],
    ...(policy === undefined ? {} : { payloadPolicy: { [hook]: policy } }),
  });
  const result = await manager.invoke(hook, payload);
  return { manager, result };
}

describe("a changed payload is checked against its whole schema", () => {
  const refused: [string, HookName, object, object, string[]?][] = [
    ["when only a part of the change may be written", "limited", {}, { from: 100, to: 200 }],
    ["when a policy lets only a part of it through", "asked", {}, { from: 100, to: 200 }, ["from"]],
    ["when it is partial", "asked", {}, { from: 100 }],
    ["in a level that is new", "asked", {}, { range: { from: 9, to: 1 } }],
    [
      "in a level that it changes",
      "asked",
      { range: { from: 1, to: 5 } },
      { range: { from: 9, to: 1 } },
    ],
    [
      "in a level that it changes in part",
      "asked",
      { range: { from: 1, to: 5 } },
      { range: { from: 9 } },
    ],
    ["in a level inside a new one", "asked", {}, { more: { range: { from: 9, to: 1 } } }],
    [
      "in a level inside one that is there",
      "asked",
      { more: {} },
      { more: { range: { from: 9, to: 1 } } },
    ],
    ["in a new level with a field missing", "asked", {}, { opts: { a: "x" } }],
    ["in a new level that is empty", "asked", {}, { opts: {} }],
    ["in a new level inside a new one", "asked", {}, { more: { range: {} } }],
  ];

  it.each(refused)("%s", async (_name, hook, payload, modifiedPayload, policy) => {
    verifies("dispatch:payload-checked");
    const { result } = await change(hook, payload, modifiedPayload, policy);
    expect(result.continueProcessing).toBe(false);
    expect(result.violation?.code).toBe("payload_shape");
    expect(plain(result.payload)).toEqual({ from: 1, to: 5, ...payload });
  });

  const taken: [string, HookName, object, object, object][] = [
    [
      "a part that passes, beside one that may not be written",
      "limited",
      {},
      { from: 3, to: 2 },
      { from: 3 },
    ],
    [
      "a level changed in part",
      "asked",
      { range: { from: 1, to: 5 } },
      { range: { from: 2 } },
      { range: { from: 2, to: 5 } },
    ],
    [
      "a new level, with its defaults",
      "asked",
      {},
      { opts: { a: "x", b: "y" } },
      { opts: { a: "x", b: "y", c: "c" } },
    ],
  ];

  it.each(taken)("and accepts %s", async (_name, hook, payload, modifiedPayload, after) => {
    const { manager, result } = await change(hook, payload, modifiedPayload);
    expect(result.continueProcessing).toBe(true);
    expect(plain(result.payload)).toEqual({ from: 1, to: 5, ...after });
    // A payload that is passed by reference equals what its copy is read as.
    const again = await manager.invoke(hook, structuredClone(plain(result.payload)) as object);
    expect(plain(again.payload)).toEqual(plain(result.payload));
  });

  it("and so is the host's payload", async () => {
    const { manager } = await change("asked", {}, {});
    const misuse = manager.invoke("asked", { range: { from: 9, to: 1 } });
    await expect(misuse).rejects.toMatchObject({
      code: "payload_invalid",
    } satisfies Partial<GlassineError>);
  });
});
