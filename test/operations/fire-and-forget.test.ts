import { describe, expect, it } from "vitest";
import { PluginExecutionError, RejectError } from "../../src/index.ts";
import { verifies } from "../support/verifies.ts";
import { host, kept, managerOf, plugin, rejection } from "./support.ts";

describe("fire and forget", () => {
  it("PH-036: calls every handler, even after one fails", async () => {
    verifies("plugins:fire-all");
    const { lines, logger } = kept();
    const calls: string[] = [];
    const manager = await managerOf(
      [
        plugin("aaa", {
          happened: (_) => {
            throw new Error("first");
          },
        }),
        plugin("bbb", { happened: (_) => calls.push("bbb") }),
        plugin("ccc", { happened: async (_) => calls.push("ccc") }),
      ],
      { logger: { warn: logger.warn } },
    );
    expect(await manager.invoke("happened", {})).toBeUndefined();
    expect(calls).toEqual(["bbb", "ccc"]);
    expect(lines).toEqual(["warn handler 'aaa.happened' failed for hook 'happened': first"]);
  });

  it("PH-037: a strict hook stops at the first failure, and rejects", async () => {
    verifies("plugins:fire-strict");
    const calls: string[] = [];
    const manager = await managerOf([
      plugin("aaa", {
        happened_strictly: (_) => {
          throw new Error("disk full");
        },
      }),
      plugin("bbb", { happened_strictly: (_) => calls.push("bbb") }),
    ]);
    const error = await rejection(manager.invoke("happened_strictly", {}));
    expect(error).toBeInstanceOf(PluginExecutionError);
    expect(error.message).toBe(
      "handler 'aaa.happened_strictly' failed for audit hook 'happened_strictly': disk full",
    );
    expect(calls).toEqual([]);
  });

  it("PH-038: a promise that rejects later is a failure like any other", async () => {
    verifies("plugins:fire-all");
    const { lines, logger } = kept();
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", onUnhandled);
    const manager = await managerOf(
      [
        plugin("aaa", {
          happened: (_) =>
            new Promise((_resolve, reject) => {
              setTimeout(() => reject(new Error("later")), 5);
            }),
        }),
      ],
      { logger: { warn: logger.warn } },
    );
    await manager.invoke("happened", {});
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off("unhandledRejection", onUnhandled);
    expect(lines).toEqual(["warn handler 'aaa.happened' failed for hook 'happened': later"]);
    expect(unhandled).toEqual([]);
  });

  it("a RejectError is a failure, and denies nothing", async () => {
    const manager = await managerOf([
      plugin("aaa", {
        happened_strictly: (_) => {
          throw new RejectError("no");
        },
      }),
    ]);
    await expect(manager.invoke("happened_strictly", {})).rejects.toThrow(
      "handler 'aaa.happened_strictly' failed for audit hook 'happened_strictly': no",
    );
  });

  it("the results of handlers are ignored", async () => {
    verifies("plugins:semantics");
    const manager = await managerOf([plugin("aaa", { happened: (_) => new Proxy({}, {}) })]);
    expect(await manager.invoke("happened", {})).toBeUndefined();
  });

  it("PH-051: a hook for plugins only accepts no core handler", () => {
    verifies("plugins:plugin-only");
    expect(() =>
      host.defineCoreHandler({
        hook: "plugins_only",
        name: "core.001.spy",
        handler: (_) => undefined,
      }),
    ).toThrow("hook 'plugins_only' takes plugins only, no core handlers");
  });
});
