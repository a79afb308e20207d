import { createPluginManager, definePlugin } from "glassine";
import { freezePayload } from "glassine/messages";
import { afterEach, describe, expect, it } from "vitest";
import { plugin, runOnce } from "./support.ts";

// Found by law L39: a payload without an optional field, and a prototype that has it.
const patched = Object.prototype as unknown as Record<string, unknown>;
const patch = (name: string, value: unknown) =>
  Object.defineProperty(patched, name, { value, configurable: true, writable: true });
afterEach(() => {
  for (const name of ["headers", "tools", "model"]) delete patched[name];
});

const agent = (name: string, modifiedPayload: object, before = () => {}) =>
  definePlugin({
    name,
    version: "1.0.0",
    hooks: {
      agent_pre_invoke: (_payload) => {
        before();
        return { modifiedPayload } as never;
      },
    },
  });

async function payloadAfter(...plugins: readonly ReturnType<typeof agent>[]) {
  const manager = await createPluginManager({ plugins });
  const given = freezePayload({ agent_id: "a", messages: [], parameters: {} });
  const { payload } = await manager.invoke("agent_pre_invoke", given);
  return payload;
}

describe("a field missing from a payload and present on a patched prototype", () => {
  it("is not a change by a plugin that changes another field", async () => {
    const result = await runOnce([
      plugin("patches", (_p, _c) => void patch("headers", { a: "forged" })),
      plugin("renames", (_p, _c) => ({ modifiedPayload: { name: "sub", args: { a: 1 } } })),
    ]);
    expect(result.rejections).toEqual([]);
    expect(result.executions[1]).toMatchObject({ changed: ["payload.name"] });
  });

  it("lets no live object into the payload", async () => {
    const live = ["forged"];
    const { tools } = await payloadAfter(
      agent("first", { system_prompt: "s" }),
      agent("second", { tools: live }, () => patch("tools", live)),
    );
    expect(tools).toEqual(["forged"]);
    expect(tools).not.toBe(live);
    expect(Object.isFrozen(tools)).toBe(true);
  });

  it("hides no change to the prototype's value", async () => {
    const payload = await payloadAfter(
      agent("first", { system_prompt: "s" }),
      agent("second", { model: "m" }, () => patch("model", "m")),
    );
    expect(Object.hasOwn(payload, "model")).toBe(true);
  });
});
