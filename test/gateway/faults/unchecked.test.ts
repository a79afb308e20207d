/** Messages that cannot be checked: what the caller reads, and what the log says. */
import { definePlugin } from "glassine";
import { expect, it } from "vitest";
import { ada, gatewayBefore } from "../attacks/support.ts";
import { sessionOf } from "../run/support/caller.ts";

const looks = definePlugin({
  name: "looks",
  version: "1.0.0",
  hooks: {
    "cmf.tool_pre_invoke": (_message) => undefined,
    "cmf.llm_input": (_message) => undefined,
  },
});

it("says in the log why a message could not be checked, and nothing that it says", async () => {
  const model = { provider: "openai" as const, url: "http://127.0.0.1:1", path: "/openai" };
  const made = await gatewayBefore(undefined, { models: { model } }, [looks]);
  const caller = await sessionOf(made.url, ada);
  const { code, text } = await caller.call(1, { note: { hunter: "hunter2" } });
  expect([code, text]).toEqual(["guard_failed", expect.not.stringContaining("onResult")]);
  const asked = await fetch(new URL("/openai/v1/chat/completions", made.url), {
    method: "POST",
    headers: { ...ada, "content-type": "application/json" },
    body: JSON.stringify({ model: "m", messages: [{ role: "user", content: ["hunter2"] }] }),
  });
  expect(asked.status).toBe(400);

  const lines = made.log.lines.filter(({ event }) => event === "guard_error");
  const requests = made.log.lines.flatMap(({ event, fields }) =>
    event === "request" && fields.code === "guard_failed" ? [fields.request] : [],
  );
  expect(lines.map(({ level, fields }) => [level, fields])).toMatchObject([
    [
      "warn",
      {
        request: requests[0],
        server: "fake",
        point: "cmf.tool_pre_invoke",
        code: "payload_shape",
        text: expect.stringContaining("got content that no plugin sees at note: "),
      },
    ],
    ["warn", { route: "model", request: expect.any(String), code: expect.any(String) }],
  ]);
  expect(JSON.stringify(lines)).not.toContain("hunter2");
});
