/** Real clients through the gateway to the reference server. */
import {
  Client as ClientV2,
  StreamableHTTPClientTransport as HttpV2,
} from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as HttpV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { definePlugin, deny } from "glassine";
import { expect, it } from "vitest";
import { afterTest } from "../../support/cleanup.ts";
import { everythingOverStdio, type Started, startGateway } from "./support/gateway.ts";

async function started(...args: Parameters<typeof startGateway>): Promise<Started> {
  const made = await startGateway(...args);
  afterTest(made.close);
  return made;
}

const info = { name: "test", version: "1.0.0" };

async function connectV1(url: URL) {
  const client = new ClientV1(info);
  await client.connect(new HttpV1(url) as never);
  afterTest(() => client.close());
  return client;
}

async function connectV2(url: URL) {
  const client = new ClientV2(info);
  await client.connect(new HttpV2(url));
  afterTest(() => client.close());
  return client;
}

const noSecrets = definePlugin({
  name: "no-secrets",
  version: "1.0.0",
  hooks: {
    "cmf.tool_pre_invoke"(message) {
      const text = JSON.stringify(message.content);
      if (text.includes("sk-")) return deny({ code: "secret_found", reason: "No secrets" });
    },
  },
});

it("serves SDK v1 from a process, with a plugin between them", async () => {
  const { url, gateway, log } = await started({ servers: { everything: everythingOverStdio } }, [
    noSecrets,
  ]);
  const client = await connectV1(url);
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toContain("echo");
  const result = await client.callTool({ name: "echo", arguments: { message: "hi" } });
  expect(result.content).toEqual([{ type: "text", text: "Echo: hi" }]);
  await expect(client.callTool({ name: "echo", arguments: { message: "sk-1" } })).rejects.toThrow(
    "No secrets",
  );
  expect(gateway.counts()).toMatchObject({ denied: 1, errored: 0, open: 0 });
  expect(log.lines.find(({ fields }) => fields.outcome === "denied")?.fields).toMatchObject({
    server: "everything",
    method: "tools/call",
    name: "echo",
    code: "secret_found",
    plugin: "no-secrets",
    generation: 1,
  });
});

it("serves SDK v2", async () => {
  const { url } = await started({ servers: { everything: everythingOverStdio } });
  const client = await connectV2(url);
  const result = await client.callTool({ name: "echo", arguments: { message: "hi" } });
  expect(result.content).toEqual([{ type: "text", text: "Echo: hi" }]);
});
