import { createPluginManager, definePlugin, deny } from "glassine";
import { createMessage, text } from "glassine/messages";
import { type AuditLine, auditLog } from "glassine/plugins";
import { describe, expect, it } from "vitest";
import { connect } from "./support/connect.ts";
import { answering, calling, run } from "./support/run.ts";

const envelope = {
  security: { labels: ["PII"], subject: { id: "ada", type: "user" as const, roles: ["staff"] } },
};

function logging(options = {}) {
  const lines: AuditLine[] = [];
  return { lines, plugin: auditLog(options, { write: (line) => lines.push(line) }) };
}

describe("auditLog", () => {
  it("writes names, labels and kinds of what passed, and no value", async () => {
    const { lines, plugin } = logging();
    await run(plugin, "cmf.tool_pre_invoke", calling("read", { path: "hunter2" }), envelope);
    await run(plugin, "cmf.tool_post_invoke", answering("read", "hunter2", true), envelope);
    const who = { labels: ["PII"], subject: { id: "ada", type: "user" } };
    const any = { time: expect.stringMatching(/^\d{4}-/), request: expect.any(String) };
    expect(lines).toEqual([
      {
        ...any,
        ...who,
        hook: "cmf.tool_pre_invoke",
        kinds: ["tool_call"],
        names: ["read"],
        is_error: false,
      },
      {
        ...any,
        ...who,
        hook: "cmf.tool_post_invoke",
        kinds: ["tool_result"],
        names: ["read"],
        is_error: true,
      },
    ]);
    expect(JSON.stringify(lines)).not.toContain("hunter2");
  });

  it("takes credentials out of names, and puts them on one line", async () => {
    const { lines, plugin } = logging({ subject: false });
    await run(plugin, "cmf.tool_pre_invoke", calling("a\nhttps://ada:pw@b.example"), envelope);
    expect(lines[0]?.names).toEqual(["a\\u{a}https://[REDACTED]@b.example"]);
    expect(lines[0]).not.toHaveProperty("subject");
    expect(plugin.capabilities).toEqual(["read_labels"]);
  });

  it("writes what the guards left, and nothing of what they refused", async () => {
    const { lines, plugin } = logging();
    const renamer = definePlugin({
      name: "renamer",
      version: "1.0.0",
      hooks: {
        "cmf.tool_pre_invoke": {
          priority: 500,
          handler: (message) =>
            JSON.stringify(message).includes("wipe")
              ? deny("no")
              : { modifiedPayload: createMessage(calling("renamed")) },
        },
      },
    });
    const manager = await createPluginManager({ plugins: [plugin, renamer] });
    for (const tool of ["read", "wipe"])
      await manager.invoke("cmf.tool_pre_invoke", createMessage(calling(tool)));
    expect(lines.map(({ names }) => names)).toEqual([["renamed"]]);
  });

  it("refuses what it cannot write a line of, unless lines are not required", async () => {
    const full = () => Promise.reject(new Error("disk full"));
    const once = (options: object) =>
      run(auditLog(options, { write: full }), "cmf.tool_pre_invoke", calling("read"));
    expect((await once({})).continueProcessing).toBe(false);
    expect((await once({ required: false })).continueProcessing).toBe(true);
    expect(() => auditLog({}, {} as never)).toThrow("needs a function `write`");
  });

  it.each([{}, { required: false }])("holds no streamed answer back with %j", async (options) => {
    const { lines, plugin } = logging(options);
    const manager = await createPluginManager({ plugins: [plugin] });
    expect(manager.streamPlan("cmf.llm_output")).toMatchObject({ mode: "pass" });
    const message = createMessage({ role: "assistant", content: [text("Ahoy")] });
    await manager.invoke("cmf.llm_output", message, { stream: { done: false } });
    await manager.invoke("cmf.llm_output", message, { stream: { done: true } });
    expect(lines).toHaveLength(1);
  });

  it("logs what goes to a server of the SDK and comes back", async () => {
    const { lines, plugin } = logging();
    const { call, close } = await connect([plugin], envelope);
    lines.length = 0;
    await call("echo", { text: "hi" });
    expect(lines.map(({ hook, names }) => [hook, names])).toEqual([
      ["cmf.tool_pre_invoke", ["echo"]],
      ["cmf.tool_post_invoke", ["echo"]],
    ]);
    expect(new Set(lines.map(({ request }) => request)).size).toBe(1);
    await close();
  });
});
