// Its process is only for files that patch the realm.
import { describe, expect, it } from "vitest";
import { allow, deny, PluginExecutionError, RejectError } from "../../src/index.ts";
import { verifies } from "../support/verifies.ts";
import { host, managerOf, plugin, rejection } from "./support.ts";

describe("voting", () => {
  it("PH-024: the first denial is the answer, and nobody votes after it", async () => {
    verifies("plugins:vote-denial");
    const calls: string[] = [];
    const voter = (name: string, answer: () => unknown) =>
      plugin(name, {
        vote: (_facts) => {
          calls.push(name);
          return answer();
        },
      });
    const manager = await managerOf([
      voter("aaa", allow),
      voter("bbb", () => deny({ code: "no_entry", reason: "Not today" })),
      voter("ccc", allow),
    ]);
    const decision = await manager.invoke("vote", {});
    expect(decision).toEqual({
      allow: false,
      plugin: "bbb",
      code: "no_entry",
      reason: "Not today",
    });
    expect(calls).toEqual(["aaa", "bbb"]);
    expect(manager.counts()).toMatchObject({ started: 1, denied: 1, allowed: 0, inFlight: 0 });
  });

  it("all allow, or nobody votes: the answer is the shared allow", async () => {
    verifies("plugins:semantics");
    const all = await managerOf([plugin("aaa", { vote: (_) => allow() })]);
    expect(await all.invoke("vote", {})).toBe(allow());
    const nobody = await managerOf([]);
    expect(await nobody.invoke("vote", {})).toBe(allow());
  });

  it.each(["sync", "async"])("PH-025: a RejectError denies (%s)", async (how) => {
    verifies("plugins:vote-reject-error");
    const manager = await managerOf([
      plugin("aaa", {
        vote: (_) => {
          const error = new RejectError("r");
          if (how === "async") return Promise.reject(error);
          throw error;
        },
      }),
    ]);
    expect(await manager.invoke("vote", {})).toMatchObject({ allow: false, reason: "r" });
  });

  it.each([
    [undefined, "nothing"],
    [null, "nothing"],
    [true, "boolean"],
    ["allow", "string"],
    [{ decision: "allow" }, "object"],
    [{ allow: true }, "object"],
    [{ ...allow() }, "object"],
    [JSON.parse(JSON.stringify(allow())), "object"],
    [[], "array"],
    [new Proxy(allow() as object, {}), "object"],
    [1n, "bigint"],
  ])("PH-026: %s is not a vote", async (returned, type) => {
    verifies("plugins:vote-brand");
    const manager = await managerOf([plugin("aaa", { vote: (_) => returned })]);
    const error = await rejection(manager.invoke("vote", {}));
    expect(error).toBeInstanceOf(PluginExecutionError);
    expect(error.message).toBe(`handler 'aaa.vote' returned ${type}; expected Allow or Deny`);
    expect(manager.counts()).toMatchObject({ errored: 1, allowed: 0 });
  });

  it("an object that looks like a denial is not a vote either", async () => {
    verifies("plugins:vote-brand");
    const manager = await managerOf([plugin("aaa", { vote: (_) => ({ ...deny("no") }) })]);
    await expect(manager.invoke("vote", {})).rejects.toThrow("returned object; expected");
  });

  it("PH-027: a throw does not allow, even after others allowed", async () => {
    verifies("plugins:vote-failure", "plugins:failure");
    const cause = new Error("out of order");
    const manager = await managerOf([
      plugin("aaa", { vote: (_) => allow() }),
      plugin("bbb", {
        vote: (_) => {
          throw cause;
        },
      }),
    ]);
    const error = await rejection(manager.invoke("vote", {}));
    expect(error.message).toBe("handler 'bbb.vote' failed for hook 'vote': out of order");
    expect(error).toMatchObject({ code: "execution_failed", cause });
  });

  it("a required hook without votes denies", async () => {
    verifies("plugins:vote-required");
    const nobody = await managerOf([]);
    expect(await nobody.invoke("must_vote", {})).toMatchObject({
      allow: false,
      code: "not_implemented",
      reason: "not implemented",
    });
    const somebody = await managerOf([plugin("aaa", { must_vote: (_) => allow() })]);
    expect(await somebody.invoke("must_vote", {})).toBe(allow());
  });

  it("a core handler votes, and is named core", async () => {
    verifies("plugins:core");
    const manager = await managerOf([], {
      core: [
        host.defineCoreHandler({
          hook: "vote",
          name: "core.001.lock",
          handler: (_facts) => deny("locked"),
        }),
      ],
    });
    expect(await manager.invoke("vote", {})).toMatchObject({ plugin: "core", reason: "locked" });
  });

  it("a decision resolves even if a prototype has a `then`", async () => {
    const manager = await managerOf([plugin("aaa", { vote: (_) => deny("no") })]);
    const pending = manager.invoke("vote", {});
    // biome-ignore lint/suspicious/noThenProperty: it is the attack.
    Object.defineProperty(Object.prototype, "then", {
      configurable: true,
      value: (resolve: (value: unknown) => void) => resolve(allow()),
    });
    try {
      expect((await pending).allow).toBe(false);
    } finally {
      Reflect.deleteProperty(Object.prototype, "then");
    }
  });
});
