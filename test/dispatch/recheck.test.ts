/** With `recheck`, every plugin that may deny has accepted the final outcome of a run. */
import { addLabels, allow, deny } from "glassine";
import { freezePayload } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import {
  call,
  hook,
  labelsOf,
  manage,
  plugin,
  type Run,
  rest,
  runOnce,
  tagger,
} from "./support.ts";

const recheck = { recheck: true };

/** Denies every tool but `add`. */
const onlyAdd: Run = ({ name }) => (name === "add" ? allow() : deny(`${name} is not for you`));
const renames =
  (name: string): Run =>
  (payload) => ({ modifiedPayload: freezePayload({ ...payload, name }) });

const saidBy = (result: Awaited<ReturnType<typeof runOnce>>) =>
  result.executions.map(({ plugin: name, status, effectiveAllow }) => [
    name,
    effectiveAllow ? status : "halted",
  ]);

describe("a payload changed after a plugin allowed it", () => {
  it("is shown to that plugin again, if the host enables recheck", async () => {
    verifies("dispatch:recheck");
    const plugins = [plugin("guard", onlyAdd), plugin("alias", renames("remove_all"))];
    expect((await runOnce(plugins)).continueProcessing).toBe(true);

    const result = await runOnce(plugins, recheck);
    expect(result).toMatchObject({
      continueProcessing: false,
      violation: { plugin: "guard", code: "denied", reason: "remove_all is not for you" },
    });
    expect(saidBy(result)).toEqual([
      ["guard", "completed"],
      ["alias", "completed"],
      ["guard", "halted"],
    ]);
  });

  it("passes if the plugin allows that one too, and is shown to later phases once", async () => {
    verifies("dispatch:recheck", "dispatch:recheck-records");
    const seen: string[] = [];
    const notes =
      (by: string): Run =>
      ({ name }) => {
        seen.push(`${by} ${name}`);
      };
    const result = await runOnce(
      [
        plugin("first", notes("first")),
        plugin("alias", renames("sum")),
        plugin("last", notes("last")),
        plugin("shape", notes("shape"), { mode: "transform" }),
        plugin("watch", notes("watch"), { mode: "audit" }),
        plugin("beside", notes("beside"), { mode: "concurrent" }),
      ],
      recheck,
    );
    expect(result).toMatchObject({ continueProcessing: true, payload: { name: "sum" } });
    expect(seen).toEqual([
      "first add",
      "last sum",
      "shape sum",
      "watch sum",
      "first sum",
      "beside sum",
    ]);
    const names = ["first", "alias", "last", "shape", "watch", "beside", "first"];
    expect(saidBy(result)).toEqual(names.map((name) => [name, "completed"]));
  });

  it("is shown to it even if a plugin in mode transform changed it", async () => {
    verifies("dispatch:recheck");
    const plugins = [
      plugin("guard", onlyAdd),
      plugin("alias", renames("remove_all"), { mode: "transform" }),
    ];
    expect((await runOnce(plugins, recheck)).violation).toMatchObject({ plugin: "guard" });
  });

  it("is shown to a plugin whose conditions match only now", async () => {
    verifies("dispatch:recheck");
    const denies: Run = () => deny("never");
    const guard = plugin("guard", denies, { conditions: { tools: ["remove_*"] } });
    const result = await runOnce([guard, plugin("alias", renames("remove_all"))], recheck);
    expect(result.violation).toMatchObject({ plugin: "guard", reason: "never" });
    const elsewhere = await runOnce([guard, plugin("alias", renames("sum"))], recheck);
    expect(saidBy(elsewhere)).toEqual([
      ["guard", "skipped"],
      ["alias", "completed"],
    ]);
  });

  it("does not pass if the plugin would change it once more", async () => {
    verifies("dispatch:recheck-contested");
    const prefixes: Run = (payload, ...rest) => renames(`my_${payload.name}`)(payload, ...rest);
    const prefix = plugin("prefix", prefixes, { onError: "ignore" });
    const code = "payload_contested";
    const reason =
      'Plugin "prefix" was asked again on tool_pre_invoke, because a later plugin changed the payload, and would change it once more.';
    const manager = await manage([prefix, plugin("alias", renames("sum"))]);
    const contested = await manager.invoke(hook, call, recheck);
    expect(contested).toMatchObject({
      continueProcessing: false,
      payload: { name: "sum" },
      violation: { plugin: "prefix", code, reason },
      rejections: [{ plugin: "prefix", path: "payload", code, reason }],
      errors: [{ plugin: "prefix", code }],
    });
    expect(contested.executions.at(-1)).toMatchObject({
      plugin: "prefix",
      status: "error",
      effectiveAllow: false,
      reason,
      errorCode: code,
      refused: contested.rejections,
    });
    expect(manager.counts()).toMatchObject({ errored: 1, denied: 0 });
    const rewriter = { plugin: prefix, mode: "transform" as const };
    expect(await runOnce([plugin("guard", () => allow()), rewriter], recheck)).toMatchObject({
      continueProcessing: true,
      payload: { name: "my_add" },
    });
  });

  it("is not shown to a plugin that was switched off meanwhile", async () => {
    verifies("dispatch:recheck");
    let asked = 0;
    const fails: Run = () => {
      asked += 1;
      throw new Error("Broken");
    };
    const broken = plugin("broken", fails, { onError: "disable" });
    const result = await runOnce([broken, plugin("alias", renames("sum"))], recheck);
    expect(asked).toBe(1);
    expect(saidBy(result)).toEqual([
      ["broken", "error"],
      ["alias", "completed"],
    ]);
  });

  it("is followed by the concurrent plugins that its conditions name, and records of the others", async () => {
    verifies("dispatch:recheck-records");
    const beside = (name: string, tool: string) =>
      plugin(name, () => {}, { mode: "concurrent", conditions: { tools: [tool] } });
    const others = [beside("sums", "sum"), beside("adds", "add")];
    const guard = plugin("guard", () => allow());
    const result = await runOnce([guard, plugin("alias", renames("sum")), ...others], recheck);
    expect(saidBy(result)).toEqual([
      ["guard", "completed"],
      ["alias", "completed"],
      ["sums", "completed"],
      ["adds", "skipped"],
      ["guard", "completed"],
    ]);
  });

  it("leaves the record of the first concurrent plugin in place if that adds a label", async () => {
    verifies("dispatch:recheck-records");
    const guard = plugin("guard", () => allow());
    const tags = tagger("tags", { mode: "concurrent" });
    const result = await runOnce([guard, plugin("alias", renames("sum")), tags], recheck);
    expect(result.executions.map(({ plugin, changed }) => [plugin, changed])).toEqual([
      ["guard", []],
      ["alias", ["payload.name"]],
      ["tags", ["security.labels"]],
      ["guard", []],
    ]);
  });

  it("leaves the records of concurrent plugins in place if one of them denies", async () => {
    verifies("dispatch:recheck-records");
    const concurrent = { mode: "concurrent" } as const;
    const result = await runOnce(
      [
        plugin("guard", () => allow()),
        plugin("alias", renames("sum")),
        plugin("beside", () => allow(), concurrent),
        plugin("denies", () => deny("no"), concurrent),
        plugin("later", () => {}, { mode: "fire_and_forget" }),
      ],
      recheck,
    );
    expect(result.violation).toMatchObject({ plugin: "denies" });
    expect(saidBy(result)).toEqual([
      ["guard", "completed"],
      ["alias", "completed"],
      ["beside", "completed"],
      ["denies", "halted"],
      ["later", "skipped"],
      ["guard", "completed"],
    ]);
  });

  it("is shown once, however many changed it, and not if nobody did", async () => {
    verifies("dispatch:recheck");
    let asked = 0;
    const counts: Run = () => {
      asked += 1;
    };
    await runOnce(
      [
        plugin("counts", counts),
        plugin("one", (payload, ...rest) =>
          payload.name === "add" ? renames("plus")(payload, ...rest) : undefined,
        ),
        plugin("two", renames("sum")),
      ],
      recheck,
    );
    expect(asked).toBe(2);
    asked = 0;
    await runOnce([plugin("counts", counts), plugin("same", renames("add"))], recheck);
    expect(asked).toBe(1);
  });
});

describe("a plugin that runs again", () => {
  const alias = plugin("alias", renames("sum"));

  it("may add labels, and may be asynchronous", async () => {
    const slow: Run = async (_payload, _context, extensions) => {
      await undefined;
      const seen = extensions.security.labels ?? [];
      return {
        modifiedExtensions: addLabels(extensions, seen.includes("once") ? "twice" : "once"),
      };
    };
    const judge = plugin("judge", slow, { capabilities: ["read_labels", "append_labels"] });
    const result = await runOnce([judge, alias], recheck);
    expect(result.continueProcessing).toBe(true);
    expect(labelsOf(result)).toEqual(["once", "twice"]);
  });

  it("that fails then is handled by its error policy", async () => {
    const throws: Run = ({ name }) => {
      if (name === "sum") throw new Error("no sums");
    };
    const options = { onHandlerError: () => {} };
    for (const [onError, passes] of [
      ["fail", false],
      ["ignore", true],
      ["disable", true],
    ] as const) {
      const result = await runOnce(
        [plugin("throws", throws, { onError }), alias],
        recheck,
        options,
      );
      expect([onError, result.continueProcessing]).toEqual([onError, passes]);
      expect(result.errors).toMatchObject([{ plugin: "throws", code: "handler_error" }]);
    }
  });

  it("that does not settle then has its deadline", async () => {
    const hangs: Run = ({ name }) => (name === "sum" ? new Promise(() => {}) : undefined);
    const result = await runOnce([plugin("hangs", hangs, { timeoutMs: 20 }), alias], recheck);
    expect(result.violation).toMatchObject({ plugin: "hangs", code: "handler_timeout" });
  });

  it("leaves what ran before as it was recorded, and the rest as skipped", async () => {
    verifies("dispatch:recheck-records");
    const late = plugin("late", () => {}, { mode: "concurrent" });
    const result = await runOnce([plugin("guard", onlyAdd), alias, late], recheck);
    expect(saidBy(result)).toEqual([
      ["guard", "completed"],
      ["alias", "completed"],
      ["late", "skipped"],
      ["guard", "halted"],
    ]);
    expect(result.executions[1]).toMatchObject({ payloadModified: true, applied: true });
  });

  it("does not run after the host aborted", async () => {
    const host = new AbortController();
    let asked = 0;
    const plugins = [
      plugin("counts", () => {
        asked += 1;
      }),
      plugin("aborts", (payload, ...rest) => {
        host.abort();
        return renames("sum")(payload, ...rest);
      }),
    ];
    const result = await runOnce(plugins, { ...recheck, signal: host.signal });
    expect(result.violation).toMatchObject({ code: "aborted" });
    expect(asked).toBe(1);
  });
});

describe("a payload that another run changed", () => {
  const only = { recheck: "only" } as const;

  it("is shown only to plugins that may deny", async () => {
    verifies("dispatch:recheck-only");
    const asked: string[] = [];
    const notes = (
      name: string,
      mode: "sequential" | "transform" | "concurrent" | "fire_and_forget",
    ) => plugin(name, () => void asked.push(name), { mode });
    const result = await runOnce(
      [
        notes("transforms", "transform"),
        notes("judges", "sequential"),
        notes("beside", "concurrent"),
        notes("later", "fire_and_forget"),
      ],
      only,
    );
    await rest();
    expect(asked).toEqual(["judges", "beside"]);
    expect(result.continueProcessing).toBe(true);
    const reason = "It may not deny.";
    expect(result.executions).toMatchObject([
      { plugin: "judges", status: "completed", reason: undefined },
      { plugin: "transforms", status: "skipped", reason },
      { plugin: "beside", status: "completed", reason: undefined },
      { plugin: "later", status: "skipped", reason },
    ]);
  });

  it("is denied by a denial, and by another change", async () => {
    verifies("dispatch:recheck-only");
    const denied = await runOnce([plugin("guard", () => deny("no"))], only);
    expect(denied.violation).toMatchObject({ plugin: "guard", reason: "no" });
    const changed = await runOnce([plugin("alias", renames("sum"))], only);
    expect(changed.violation).toMatchObject({ plugin: "alias", code: "payload_contested" });
    expect((await runOnce([], only)).continueProcessing).toBe(true);
  });

  it("has a record of why a plugin was not asked", async () => {
    verifies("dispatch:recheck-only");
    const broken: Run = () => {
      throw new Error("broken");
    };
    const manager = await manage(
      [
        plugin("for-others", () => deny("no"), { conditions: { tools: ["rm"] } }),
        plugin("broken", broken, { onError: "disable" }),
      ],
      { logger: {} },
    );
    await manager.invoke(hook, call);
    const { executions } = await manager.invoke(hook, call, only);
    expect(executions).toMatchObject([
      { plugin: "for-others", status: "skipped", reason: "Its conditions do not match." },
      { plugin: "broken", status: "disabled", reason: "Switched off after a failure." },
    ]);
  });
});

it("accepts true, false or only, and nothing else", async () => {
  const manager = await manage([plugin("any", () => {})]);
  await expect(manager.invoke(hook, call, { recheck: "yes" as never })).rejects.toMatchObject({
    code: "options_invalid",
  });
});
