// A process of its own: a warning comes once a process.
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
  it("is told once for each place that passes headers", async () => {
    verifies("dispatch:headers-warned");
    const manager = await createManager();
    for (let i = 0; i < 3; i++) await manager.invoke("tool_pre_invoke", { ...tool, headers });
    expect(emitWarning).toHaveBeenCalledTimes(1);
    await manager.invoke("tool_pre_invoke", { ...tool, headers });
    expect(emitWarning).toHaveBeenCalledTimes(2);
    const both = [
      manager.invoke("tool_pre_invoke", { ...tool, headers }),
      manager.invoke("tool_pre_invoke", { ...tool, headers }),
    ];
    await Promise.all(both);
    expect(emitWarning).toHaveBeenCalledTimes(4);
    const again = await createManager();
    const call = () => again.invoke("agent_pre_invoke", { ...agent, headers });
    await call();
    await call();
    expect(emitWarning).toHaveBeenCalledTimes(5);
  });

  it("is a DeprecationWarning with a code, which names the hook and the way out, and no value", async () => {
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
  ])("is passed over on a runtime with %s", async (_, stub) => {
    const manager = await createManager();
    vi.stubGlobal("process", stub);
    const running = manager.invoke("tool_pre_invoke", { ...tool, headers });
    vi.unstubAllGlobals();
    expect((await running).extensions.http?.headers).toEqual(headers);
    expect(emitWarning).not.toHaveBeenCalled();
  });

  it("does not need a stack: where there is none, it is told once a hook", async () => {
    const manager = await createManager();
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    const first = manager.invoke("tool_pre_invoke", { ...tool, headers });
    const second = manager.invoke("tool_pre_invoke", { ...tool, headers });
    Error.stackTraceLimit = limit;
    expect((await first).continueProcessing && (await second).continueProcessing).toBe(true);
    expect(emitWarning.mock.calls.length).toBeLessThanOrEqual(1);
  });

  it("holds up where the host makes its own stacks", async () => {
    const manager = await createManager();
    const { prepareStackTrace } = Error;
    Error.prepareStackTrace = (_error, sites) => sites;
    const running = manager.invoke("tool_pre_invoke", { ...tool, headers });
    Error.prepareStackTrace = prepareStackTrace;
    expect((await running).extensions.http?.headers).toEqual(headers);
  });
});
