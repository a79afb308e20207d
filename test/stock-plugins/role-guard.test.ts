import fc from "fast-check";
import { roleGuard } from "glassine/plugins";
import { describe, expect, it } from "vitest";
import { connect } from "./support/connect.ts";
import { calling, run, user } from "./support/run.ts";

const guard = roleGuard({ tools: { "*": ["staff", "admin"], "delete_*": ["admin"], none: [] } });
const codeOf = async (tool: string, roles: readonly string[], plugin = guard) =>
  (await run(plugin, "cmf.tool_pre_invoke", calling(tool), user(roles))).violation?.code;

describe("roleGuard", () => {
  it("lets who has a role for each pattern that names the tool", async () => {
    expect(await codeOf("read", ["staff"])).toBeUndefined();
    expect(await codeOf("delete_all", ["staff"])).toBe("role_missing");
    expect(await codeOf("delete_all", ["admin"])).toBeUndefined();
    expect(await codeOf("read", [])).toBe("role_missing");
    expect(await codeOf("none", ["admin", "staff"])).toBe("role_missing");
  });

  it("refuses a tool that no pattern names, unless it is to be allowed", async () => {
    const tools = { read: ["staff"] };
    expect(await codeOf("write", ["staff"], roleGuard({ tools }))).toBe("tool_not_allowed");
    const open = roleGuard({ tools, otherwise: "allow" });
    expect(await codeOf("write", [], open)).toBeUndefined();
    expect(await codeOf("read", [], open)).toBe("role_missing");
  });

  it("refuses a call without a subject, and a message that calls nothing", async () => {
    const nobody = await run(guard, "cmf.tool_pre_invoke", calling("read"));
    expect(nobody.violation?.code).toBe("role_missing");
    const empty = await run(guard, "cmf.tool_pre_invoke", { role: "assistant" }, user(["admin"]));
    expect(empty.continueProcessing).toBe(false);
  });

  it("has no use for the order of patterns, and a further one opens no tool that is named", async () => {
    const names = fc.constantFrom("a", "b", "ab", "a*", "*", "**");
    const roles = fc.uniqueArray(fc.constantFrom("x", "y", "z"));
    const rules = fc.uniqueArray(fc.tuple(names, roles), {
      selector: ([name]) => name,
      minLength: 1,
    });
    await fc.assert(
      fc.asyncProperty(rules, roles, fc.constantFrom("a", "ab"), async (given, held, tool) => {
        const code = (list: typeof given) =>
          codeOf(tool, held, roleGuard({ tools: Object.fromEntries(list) }));
        expect(await code(given.toReversed())).toBe(await code(given));
        const [, ...fewer] = given;
        if ((await code(fewer)) === "role_missing") expect(await code(given)).toBe("role_missing");
      }),
    );
  });

  it("guards a server of the SDK", async () => {
    const { call, calls, close } = await connect(
      [roleGuard({ tools: { echo: ["staff"], wipe: ["admin"] } })],
      user(["staff"]),
    );
    expect(await call("wipe")).toMatchObject({ code: "role_missing", plugin: "role-guard" });
    expect(await call("echo", { text: "hi" })).toEqual([{ type: "text", text: "hi" }]);
    expect(calls).toEqual(["echo hi"]);
    await close();
  });
});
