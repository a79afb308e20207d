/** On a recheck, plugins see what is sent on, not what they were shown first. */
import { addLabels, createPluginManager, definePlugin, deny } from "glassine";
import { memoryLabelStore } from "glassine/labels";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { exchange } from "./support/exchange.ts";
import { denial, fakeManager, settle } from "./support/fake-manager.ts";
import { rawGuard, request, result } from "./support/raw.ts";

/** The same message with one string replaced by another. */
const replaced = <Message>(message: Message, from: string, to: string): Message =>
  JSON.parse(JSON.stringify(message).replaceAll(from, to));

const writer = definePlugin({
  name: "writer",
  version: "1.0.0",
  hooks: {
    "cmf.resource_post_fetch": (message) => ({
      modifiedPayload: replaced(message, "plain", "secret"),
    }),
  },
});

it("each message of a request to a model, as it was redacted", async () => {
  const redactor = definePlugin({
    name: "redactor",
    version: "1.0.0",
    hooks: {
      "cmf.llm_input": (message) =>
        JSON.stringify(message).includes("secret")
          ? { modifiedPayload: replaced(message, "secret", "***") }
          : undefined,
    },
  });
  const manager = await createPluginManager({ plugins: [redactor] });
  const { peer, received } = await rawGuard(manager);
  const said = (text: string) => ({ role: "user", content: { type: "text", text } });
  const asks = (text: string) => ({
    messages: [said(`${text} 1`), said(`${text} 2`)],
    maxTokens: 5,
  });
  peer(request(1, "sampling/createMessage", asks("secret")));
  await settle();
  expect(received()).toMatchObject([{ params: asks("***") }]);
});

it("each content of a resource, as the hook left it", async () => {
  const judge = definePlugin({
    name: "judge",
    version: "1.0.0",
    hooks: {
      resource_post_fetch: ({ content }) =>
        JSON.stringify(content).includes("secret") ? deny("a secret") : undefined,
    },
  });
  const manager = await createPluginManager({ plugins: [judge, writer] });
  const { guard, peer, sent } = await rawGuard(manager);
  const uri = "file:///a";
  peer(request(1, "resources/read", { uri }));
  await settle();
  await guard.send(result(1, { contents: [{ uri, text: "plain" }] }));
  await settle();
  expect(sent()).toMatchObject([{ error: { message: "a secret", data: { plugin: "judge" } } }]);
});

it("keeps the labels that a plugin adds when it is asked again", async () => {
  const labeller = definePlugin({
    name: "labeller",
    version: "1.0.0",
    capabilities: ["append_labels"],
    hooks: {
      resource_post_fetch: ({ content }, _context, extensions) =>
        JSON.stringify(content).includes("secret")
          ? { modifiedExtensions: addLabels(extensions, "SECRET") }
          : undefined,
    },
  });
  const manager = await createPluginManager({ plugins: [labeller, writer] });
  const store = memoryLabelStore();
  const { guard, peer } = await rawGuard(manager, { labels: { store, session: "ada" } });
  const uri = "file:///a";
  peer(request(1, "resources/read", { uri }));
  await settle();
  await guard.send(result(1, { contents: [{ uri, text: "plain" }] }));
  await settle();
  expect(await store.load("ada")).toEqual(["SECRET"]);
});

describe("what a plugin writes in the place of something that has a point of its own", () => {
  /** Writes at one point, and denies at another that runs before it. */
  const managerOf = (write: string, judge: string) =>
    fakeManager({
      [judge]: (message) =>
        JSON.stringify(message).includes("secret") ? denial("a secret") : undefined,
      [write]: (message) => ({ changed: replaced(message, "plain", "secret") }),
    });
  const said = { role: "assistant", model: "m", content: { type: "text", text: "plain" } };
  const ask = { messages: [{ role: "user", content: said.content }], maxTokens: 5 };
  const inputRequests = { a: { method: "sampling/createMessage", params: ask } };

  it.each([
    ["tools/call", { name: "t" }, "cmf.tool_post_invoke"],
    ["tools/call", { name: "t" }, "tool_post_invoke"],
    ["vendor/ask", {}, "cmf.mcp_response"],
  ] as const)("is asked about if %s asks for it: %j, %s", async (method, params, hook) => {
    verifies("mcp:guard-input");
    const manager = managerOf(hook, "cmf.llm_input");
    const result = { resultType: "input_required", inputRequests };
    const { answer } = await exchange(manager, method, params, { result });
    expect(answer).toMatchObject({ error: { message: "a secret" } });
  });

  it("is asked about if a request brings it", async () => {
    verifies("mcp:guard-input");
    const manager = managerOf("cmf.mcp_request", "cmf.llm_output");
    const params = { taskId: "t", inputResponses: { a: said } };
    const { sent, answer } = await exchange(manager, "tasks/update", params, { result: {} });
    expect(sent).toBeUndefined();
    expect(answer).toMatchObject({ error: { message: "a secret" } });
  });

  it("is asked about if a task of a request to a model holds it", async () => {
    verifies("mcp:guard-sampling");
    const manager = managerOf("cmf.mcp_response", "cmf.llm_output");
    const { guard, peer, received } = await rawGuard(manager);
    await guard.send(request(1, "sampling/createMessage", { ...ask, task: {} }));
    peer(result(1, { task: { taskId: "t", status: "working" } }));
    await settle();
    await guard.send(request(2, "tasks/get", { taskId: "t" }));
    peer(result(2, { taskId: "t", status: "completed", result: said }));
    await settle();
    expect(received()[1]).toMatchObject({ id: 2, error: { message: "a secret" } });
  });
});
