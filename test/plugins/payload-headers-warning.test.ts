import process from "node:process";
import { createPluginManager } from "glassine";
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import { verifies } from "../support/verifies.ts";

const createManager = () => createPluginManager({ plugins: [] });

let emitWarning: MockInstance<typeof process.emitWarning>;
beforeEach(() => {
  emitWarning = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const headers = { Authorization: "Bearer t", "X-Trace": "1" };
const tool = { name: "add", args: { a: 1 } };
const agent = { agent_id: "a-1", messages: [{ role: "user", content: "Ahoy" }] };

describe("the deprecation of headers on an older payload", () => {
  it("is emitted once for each hook of a manager", async () => {
    verifies("dispatch:headers-warned");
    const manager = await createManager();
    const calls = [
      manager.invoke("tool_pre_invoke", { ...tool, headers }),
      manager.invoke("tool_pre_invoke", { ...tool, headers }),
    ];
    await Promise.all(calls);
    expect(emitWarning).toHaveBeenCalledTimes(1);
    await manager.invoke("agent_pre_invoke", { ...agent, headers });
    expect(emitWarning).toHaveBeenCalledTimes(2);
    const again = await createManager();
    await again.invoke("tool_pre_invoke", { ...tool, headers });
    expect(emitWarning).toHaveBeenCalledTimes(3);
  });

  it("is a DeprecationWarning with a code, which names the hook and the replacement, and no value", async () => {
    const manager = await createManager();
    await manager.invoke("tool_pre_invoke", { ...tool, headers });
    const [text, options] = emitWarning.mock.calls[0] as unknown as [string, object];
    expect(text).toContain("tool_pre_invoke");
    expect(text).toContain("extensions.http");
    expect(text).not.toContain("Bearer");
    expect(options).toEqual({ type: "DeprecationWarning", code: "GLASSINE_PAYLOAD_HEADERS" });
  });

  it("reaches the listeners of the process", async () => {
    emitWarning.mockRestore();
    const manager = await createManager();
    const heard = new Promise<Error>((resolve) => process.once("warning", resolve));
    await manager.invoke("tool_pre_invoke", { ...tool, headers });
    expect(await heard).toMatchObject({
      name: "DeprecationWarning",
      code: "GLASSINE_PAYLOAD_HEADERS",
    });
  });

  it.each([
    ["no process", undefined],
    ["a process that cannot warn", {}],
  ])("is omitted on a runtime with %s", async (_, stub) => {
    const manager = await createManager();
    vi.stubGlobal("process", stub);
    const running = manager.invoke("tool_pre_invoke", { ...tool, headers });
    vi.unstubAllGlobals();
    expect((await running).extensions.http?.headers).toEqual(headers);
    expect(emitWarning).not.toHaveBeenCalled();
  });
});
