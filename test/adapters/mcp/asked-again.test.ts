/** On a recheck, plugins see what is sent on, not what they were shown first. */
import { createPluginManager, definePlugin, deny } from "glassine";
import { expect, it } from "vitest";
import { settle } from "./support/fake-manager.ts";
import { rawGuard, request, result } from "./support/raw.ts";

/** The same message with one string replaced by another. */
const replaced = <Message>(message: Message, from: string, to: string): Message =>
  JSON.parse(JSON.stringify(message).replaceAll(from, to));

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
  const writer = definePlugin({
    name: "writer",
    version: "1.0.0",
    hooks: {
      "cmf.resource_post_fetch": (message) => ({
        modifiedPayload: replaced(message, "plain", "secret"),
      }),
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
