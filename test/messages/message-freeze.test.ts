import { createMessage, createPluginManager, definePlugin, freezePayload } from "glassine";
import { describe, expect, it } from "vitest";

const text = (value: string) => ({ content_type: "text", text: value }) as const;

describe("freezePayload", () => {
  it("copies once, freezes, and gives its own back as it is", () => {
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

  it("is no way around the check", async () => {
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
