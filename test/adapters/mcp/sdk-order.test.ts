import { describe, expect, it } from "vitest";
import { fakeManager, gate, settle } from "./support/fake-manager.ts";
import { connect, stands } from "./support/servers.ts";

describe.each(stands)("a guard on the $side side of SDK $sdk", (stand) => {
  it("delivers progress before the result, while hooks are running", async () => {
    const manager = fakeManager({
      "cmf.tool_pre_invoke": async () => void (await settle()),
      "cmf.tool_post_invoke": async () => void (await settle()),
    });
    const { call } = await connect(stand, manager);
    const seen: unknown[] = [];
    const answer = await call(
      { name: "slow" },
      { onprogress: ({ progress }) => seen.push(progress) },
    );
    expect(seen).toEqual([1, 2, 3]);
    expect(answer.structuredContent).toEqual({ args: {} });
  });

  it("lets other requests pass while a hook is running", async () => {
    const hold = gate();
    const manager = fakeManager({ "cmf.tool_pre_invoke": async () => void (await hold.wait) });
    const { client, call } = await connect(stand, manager);
    const pending = call({ name: "echo" });
    await client.ping();
    hold.open();
    await pending;
  });

  it("cancels a request whose pre hook is still running", async () => {
    let signal: AbortSignal | undefined;
    const hold = gate();
    const manager = fakeManager({
      "cmf.tool_pre_invoke": async (_payload, options) => {
        signal = options.signal;
        await hold.wait;
        return undefined;
      },
    });
    const { call, backend, errors } = await connect(stand, manager);
    const abort = new AbortController();
    const pending = call({ name: "echo" }, { signal: abort.signal }).catch(() => "cancelled");
    await settle();
    abort.abort("enough");
    expect(await pending).toBe("cancelled");
    await settle();
    expect(signal?.aborted).toBe(true);
    hold.open();
    await settle();
    expect(backend.asked).toEqual([]);
    expect(errors).toEqual([]);
  });

  it("delivers no response for a request that is cancelled during the post hook", async () => {
    const hold = gate();
    const reached = gate();
    const manager = fakeManager({
      "cmf.tool_post_invoke": async () => {
        reached.open();
        await hold.wait;
        return undefined;
      },
    });
    const { client, call, errors } = await connect(stand, manager);
    const abort = new AbortController();
    const pending = call({ name: "echo" }, { signal: abort.signal }).catch(() => "cancelled");
    await reached.wait;
    abort.abort("enough");
    expect(await pending).toBe("cancelled");
    hold.open();
    await settle();
    await client.ping();
    expect(errors).toEqual([]);
  });

  it("cancels a request that the server is processing", async () => {
    const { call, backend, errors } = await connect(stand, fakeManager());
    const hold = gate();
    backend.hold = hold.wait;
    await call({ name: "echo" });
    const abort = new AbortController();
    const pending = call({ name: "slow" }, { signal: abort.signal }).catch(() => "cancelled");
    await settle();
    expect(backend.asked).toHaveLength(2);
    abort.abort("enough");
    expect(await pending).toBe("cancelled");
    hold.open();
    await settle();
    expect(errors).toEqual([]);
  });

  it("stops its hooks when the transport closes", async () => {
    let signal: AbortSignal | undefined;
    const manager = fakeManager({
      "cmf.tool_pre_invoke": (_payload, options) => {
        signal = options.signal;
        return new Promise(() => {});
      },
    });
    const { client, call } = await connect(stand, manager);
    const pending = call({ name: "echo" }).catch((error: Error) => error);
    await settle();
    await client.close();
    expect(String(await pending)).toContain("closed");
    await settle();
    expect(signal?.aborted).toBe(true);
  });
});
