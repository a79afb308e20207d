import { createPluginManager, definePlugin } from "glassine";
import { createMessage, freezePayload } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";

const text = (value: string) => ({ content_type: "text", text: value }) as const;

describe("freezePayload", () => {
  it("copies once, freezes, and returns its own result unchanged", () => {
    const payload = { name: "add", args: { list: [1] } };
    const frozen = freezePayload(payload);
    expect(frozen).toEqual(payload);
    expect(frozen).not.toBe(payload);
    expect(Object.isFrozen(frozen.args.list)).toBe(true);
    expect(Object.isFrozen(payload)).toBe(false);
    expect(freezePayload(frozen)).toBe(frozen);
    expect(freezePayload(createMessage({ role: "user" }))).toEqual({
      schema_version: "2.0",
      role: "user",
      content: [],
    });
  });

  it("makes every invoke pass the payload by reference, to handlers and in the result", async () => {
    const seen: unknown[] = [];
    const plugin = definePlugin({
      name: "reader",
      version: "1.0.0",
      hooks: {
        tool_pre_invoke: (payload) => void seen.push(payload),
        evaluate: (message) => void seen.push(message),
      },
    });
    const manager = await createPluginManager({ plugins: [plugin] });
    const whole = freezePayload({ name: "add", args: { a: 1 } });
    const bare = freezePayload({ name: "add" });
    for (let i = 0; i < 2; i++) {
      expect((await manager.invoke("tool_pre_invoke", whole)).payload).toBe(whole);
      const { payload } = await manager.invoke("tool_pre_invoke", bare);
      expect(payload).toEqual({ name: "add", args: {}, headers: undefined });
    }
    expect(seen[0]).toBe(whole);
    expect(seen[2]).toBe(whole);
    expect(seen[1]).toBe(seen[3]);
    const message = createMessage({ role: "user", content: [text("Ahoy")] });
    expect((await manager.invoke("evaluate", message)).payload).toBe(message);
    expect(seen[4]).toBe(message);
    const parsed = freezePayload({ role: "user", content: [text("Ahoy")] } as const);
    expect((await manager.invoke("evaluate", parsed)).payload).toEqual(message);
  });

  it("does not bypass the check", async () => {
    const manager = await createPluginManager({ plugins: [] });
    for (const payload of [
      { name: 3 },
      { name: "a", extra: 1 },
      [],
      { ...createMessage({ role: "user" }) },
    ]) {
      const frozen = freezePayload(payload);
      await expect(manager.invoke("tool_pre_invoke", frozen as never)).rejects.toMatchObject({
        code: "payload_invalid",
      });
    }
    const message = createMessage({ role: "user" });
    await expect(manager.invoke("tool_pre_invoke", message as never)).rejects.toMatchObject({
      code: "payload_invalid",
    });
  });

  it("does not bypass limits that are narrower than those it was read under", async () => {
    verifies("dispatch:payload-limits");
    const of = (payloadLimits: object) => createPluginManager({ plugins: [], payloadLimits });
    const [narrow, wide, wider] = await Promise.all([
      of({ nodes: 10, units: 100 }),
      of({ units: 20_000_000 }),
      of({ units: 20_000_001, depth: 65 }),
    ]);
    const byDefault = await createPluginManager({ plugins: [] });
    const small = freezePayload({ name: "add", args: { a: 1 } });
    const long = freezePayload({ name: "add", args: { a: "x".repeat(101) } });
    for (const manager of [byDefault, wide, narrow, wider, narrow]) {
      expect((await manager.invoke("tool_pre_invoke", small)).payload).toBe(small);
    }
    expect((await wide.invoke("tool_pre_invoke", long)).payload).toBe(long);
    await expect(narrow.invoke("tool_pre_invoke", long)).rejects.toMatchObject({
      code: "payload_invalid",
      data: { problems: [{ code: "snapshot_limit" }] },
    });

    const huge = { name: "add", args: { text: "x".repeat(16_777_217) } };
    const { payload } = await wide.invoke("tool_pre_invoke", huge);
    expect((await wider.invoke("tool_pre_invoke", payload)).payload).toBe(payload);
    await expect(byDefault.invoke("tool_pre_invoke", payload)).rejects.toMatchObject({
      code: "payload_invalid",
      data: { problems: [{ code: "snapshot_limit" }] },
    });
    expect((await wide.invoke("tool_pre_invoke", payload)).payload).toBe(payload);
  });

  it("applies the manager's limits to a plugin's payload", async () => {
    const grows = definePlugin({
      name: "grows",
      version: "1.0.0",
      hooks: {
        tool_pre_invoke: (payload) => ({
          modifiedPayload: { ...payload, args: { a: "x".repeat(101) } },
        }),
      },
    });
    const grown = await (await createPluginManager({ plugins: [grows] })).invoke(
      "tool_pre_invoke",
      freezePayload({ name: "add", args: {} }),
    );
    const narrow = await createPluginManager({ plugins: [], payloadLimits: { units: 100 } });
    await expect(narrow.invoke("tool_pre_invoke", grown.payload)).rejects.toMatchObject({
      code: "payload_invalid",
    });
  });

  it.each([
    undefined,
    null,
    3,
    "a",
    () => {},
    new Map(),
    new Date(0),
    new Proxy({}, {}),
    { a: () => {} },
  ])("refuses %o", (value) => {
    expect(() => freezePayload(value as never)).toThrow(
      expect.objectContaining({ code: "payload_invalid" }),
    );
  });
});
