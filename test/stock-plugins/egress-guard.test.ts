import { promptRequest, resourceRef, text } from "glassine/messages";
import { type EgressGuardOptions, egressGuard } from "glassine/plugins";
import { describe, expect, it } from "vitest";
import { connect } from "./support/connect.ts";
import { calling, run } from "./support/run.ts";

const labelled = { security: { labels: ["SECRET"] } };
const guardOf = (targets: Omit<EgressGuardOptions, "labels"> = {}) =>
  egressGuard({ labels: ["PII", "SECRET"], ...targets });

const requests = {
  tool: ["cmf.tool_pre_invoke", calling("send_mail")],
  method: ["cmf.mcp_request", calling("completion/complete")],
  model: ["cmf.llm_input", { role: "user", content: [text("Ahoy")] }],
  prompt: [
    "cmf.prompt_pre_fetch",
    { role: "user", content: [promptRequest({ prompt_request_id: "1", name: "greet" })] },
  ],
  resource: [
    "cmf.resource_pre_fetch",
    {
      role: "user",
      content: [
        resourceRef({ resource_request_id: "1", uri: "https://a.example/b", resource_type: "uri" }),
      ],
    },
  ],
} as const;
const kinds = Object.keys(requests) as (keyof typeof requests)[];

async function allowed(guard = guardOf(), envelope: object = labelled) {
  const outcomes = await Promise.all(
    kinds.map(async (kind) => {
      const [hook, message] = requests[kind];
      const result = await run(guard, hook, message, {
        ...envelope,
        llm: { model_id: "small" },
        mcp: { tool: { name: "x", server_id: "files" } },
      });
      return result.continueProcessing ? [kind] : [];
    }),
  );
  return outcomes.flat();
}

describe("egressGuard", () => {
  it("lets everything out without the labels, and nothing with one of them", async () => {
    expect(await allowed(guardOf(), {})).toEqual(kinds);
    expect(await allowed(guardOf(), { security: { labels: ["PUBLIC"] } })).toEqual(kinds);
    expect(await allowed()).toEqual([]);
    expect(await allowed(guardOf({ allow: {} }))).toEqual([]);
    expect(() => guardOf({ allow: {}, refuse: {} })).toThrow("must have allow or refuse, not both");
  });

  it.each([
    [{ tools: ["send_*"] }, ["tool"]],
    [{ prompts: ["greet"] }, ["prompt"]],
    [{ resources: ["https://a.example/**"] }, ["resource"]],
    [{ methods: ["completion/*"] }, ["method"]],
    [{ models: ["small"] }, ["model"]],
    [{ servers: ["files"] }, ["tool", "method"]],
    [{ tools: ["other"], models: ["large"] }, []],
  ])("allows %j alone", async (allow, expected) => {
    expect(await allowed(guardOf({ allow }))).toEqual(expected);
  });

  it.each([
    [{ tools: ["send_*"] }, ["method", "model", "prompt", "resource"]],
    [{ models: ["*"] }, ["tool", "method", "prompt", "resource"]],
    // The server of a prompt or a resource is not known.
    [{ servers: ["files"] }, ["model"]],
    [{ servers: ["mail"] }, ["tool", "method", "model"]],
    [{}, kinds],
  ])("refuses %j alone", async (refuse, expected) => {
    expect(await allowed(guardOf({ refuse }))).toEqual(expected);
  });

  const goingTo = (uri: string) =>
    ({
      role: "user",
      content: [resourceRef({ resource_request_id: "1", uri, resource_type: "uri" })],
    }) as const;

  it.each([
    "https://b.example/x",
    "HTTPS://b.example/x",
    "https://B.example/x",
    "https://b.example",
    "https://b.example:443/x",
    "https://user:word@b.example/x",
    "https://b.example./x",
    "https://%62.example/x",
    " https://b.example/x",
    "https:b.example/x",
    "https:\\\\b.example\\x",
    "https://c.example/a/secret/x",
    "https://c.example/b/../a/secret/x",
    "https://c.example/a/%73ecret/x",
    "https://d.example/x",
    "https://e.example/only",
    "https://E.example/%6Fnly",
  ])("refuses %j, however it is spelled", async (uri) => {
    const resources = [
      "https://b.example/**",
      "https://c.example/a/secret/**",
      "https://D.example:443/**",
      "https://e.example/only",
    ];
    const guard = guardOf({ refuse: { resources } });
    const { violation } = await run(guard, "cmf.resource_pre_fetch", goingTo(uri), labelled);
    expect(violation?.code).toBe("egress_denied");
  });

  it.each([
    ["https://user@*/**", "https://user@a.example/x", "https://a.example/x"],
    ["https://user@*/**", "HTTPS://%75ser@A.example./x", "https://other@a.example/x"],
    ["https://*@*/**", "https:user@a.example/x", "https://a.example/@x"],
    ["https://*:*@a.example/**", "https://user:word@A.example/x", "https://user@a.example/x"],
    ["https://@a.example/**", "https://user@a.example/x", "https://b.example/x"],
  ])("refuses by user information alone: %j", async (pattern, refused, passing) => {
    const guard = guardOf({ refuse: { resources: [pattern] } });
    const of = (uri: string) => run(guard, "cmf.resource_pre_fetch", goingTo(uri), labelled);
    expect((await of(refused)).violation?.code).toBe("egress_denied");
    expect((await of(passing)).continueProcessing).toBe(true);
  });

  it("allows URIs that it does not refuse, and only those that say where they go", async () => {
    const passes = async (guard: ReturnType<typeof guardOf>, uri: string) =>
      (await run(guard, "cmf.resource_pre_fetch", goingTo(uri), labelled)).continueProcessing;
    const refuse = guardOf({ refuse: { resources: ["https://b.example/**", "not a URI"] } });
    for (const uri of ["https://a.example/b.example/", "https://b.example.org/", "notes:x", "a"])
      expect(await passes(refuse, uri)).toBe(true);
    expect(await passes(refuse, "not a URI")).toBe(false);
    const allow = guardOf({ allow: { resources: ["https://a.example/b/**"] } });
    expect(await passes(allow, "https://a.example/b/c")).toBe(true);
    expect(await passes(allow, "https://a.example/b/../c")).toBe(false);
  });

  it("refuses what says of no model, tool or point what it is", async () => {
    const [hook, message] = requests.model;
    const refuse = guardOf({ refuse: { models: ["large"] } });
    expect((await run(refuse, hook, message, labelled)).continueProcessing).toBe(false);
    const allow = guardOf({ allow: { models: ["**"] } });
    expect((await run(allow, hook, message, labelled)).continueProcessing).toBe(false);
    const all = guardOf({ allow: { tools: ["**"] } });
    const elsewhere = await run(all, "message_pre_invoke", calling("x"), labelled);
    expect(elsewhere.continueProcessing).toBe(false);
  });

  it("leaves the rest of a call to the point of the call", async () => {
    const guard = guardOf({ allow: { tools: ["send_mail"] } });
    const rest = await run(guard, "cmf.mcp_request", calling("tools/call", { _meta: 1 }), labelled);
    expect(rest.continueProcessing).toBe(true);
  });

  it("names neither label nor target in its reason", async () => {
    const { violation } = await run(guardOf(), ...requests.tool, labelled);
    expect(violation).toEqual({
      plugin: "egress-guard",
      code: "egress_denied",
      reason: "Labelled data may not go there",
    });
  });

  it("guards a server of the SDK", async () => {
    const { call, client, calls, close } = await connect(
      [guardOf({ allow: { tools: ["echo"], methods: ["**"] } })],
      labelled,
    );
    expect(await call("wipe")).toMatchObject({ code: "egress_denied" });
    await expect(client.getPrompt({ name: "greet" })).rejects.toThrow("may not go there");
    expect(await call("echo", { text: "hi" })).toEqual([{ type: "text", text: "hi" }]);
    expect(calls).toEqual(["echo hi"]);
    await close();
  });
});
