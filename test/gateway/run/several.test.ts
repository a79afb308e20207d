/** Several servers behind one gateway. */
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { definePlugin, deny } from "glassine";
import { expect, it } from "vitest";
import { afterTest } from "../../support/cleanup.ts";
import { everythingOverStdio, startGateway } from "./support/gateway.ts";

const onlyFirst = definePlugin({
  name: "only-first",
  version: "1.0.0",
  hooks: {
    "cmf.tool_pre_invoke": {
      conditions: { servers: ["second"], tools: ["echo"] },
      handler: () => deny({ code: "not_here", reason: "Use the first" }),
    },
  },
});

it("names tools by server, and shows plugins the names that the servers have", async () => {
  const servers = { first: everythingOverStdio, second: everythingOverStdio };
  const made = await startGateway({ servers }, [onlyFirst]);
  afterTest(made.close);
  const client = new Client({ name: "test", version: "1.0.0" });
  await client.connect(new StreamableHTTPClientTransport(made.url) as never);
  afterTest(() => client.close());

  expect(client.getServerVersion()?.name).toBe("glassine");
  const names = (await client.listTools()).tools.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(["first__echo", "second__echo"]));
  const call = (name: string) => client.callTool({ name, arguments: { message: "hi" } });
  expect((await call("first__echo")).content).toEqual([{ type: "text", text: "Echo: hi" }]);
  await expect(call("second__echo")).rejects.toThrow("Use the first");
  await expect(call("third__echo")).rejects.toThrow(
    "No server has a tool or prompt with this name",
  );
  await expect(call("echo")).rejects.toThrow("No server has a tool or prompt with this name");

  const { resources } = await client.listResources();
  const [resource] = resources;
  const { contents } = await client.readResource({ uri: resource?.uri ?? "" });
  expect(contents).toHaveLength(1);
  await expect(client.readResource({ uri: "file:///etc/passwd" })).rejects.toThrow(
    "Resource file:///etc/passwd not found",
  );
  const prompts = (await client.listPrompts()).prompts.map(({ name }) => name);
  expect(prompts).toContain("second__simple-prompt");
  expect((await client.getPrompt({ name: "second__simple-prompt" })).messages).toHaveLength(1);
});
