/** Models behind the same gateway: one identity, one set of labels. */
import type { IncomingMessage } from "node:http";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { addLabels, definePlugin, deny } from "glassine";
import { egressGuard } from "glassine/plugins";
import OpenAI from "openai";
import { expect, it } from "vitest";
import { afterTest } from "../../support/cleanup.ts";
import { listening } from "../../support/listening.ts";
import { everythingOverStdio, startGateway } from "./support/gateway.ts";

/** A stand-in for a provider. */
async function provider() {
  const seen: IncomingMessage[] = [];
  const { url } = await listening(async (request, response) => {
    seen.push(request);
    for await (const _ of request);
    const choice = {
      index: 0,
      finish_reason: "stop",
      message: { role: "assistant", content: "ok" },
    };
    const answer = {
      id: "c",
      object: "chat.completion",
      created: 1,
      model: "m",
      choices: [choice],
    };
    response.writeHead(200, { "content-type": "application/json", "set-cookie": "a=b" });
    response.end(JSON.stringify(answer));
  });
  return { seen, url };
}

const labeller = definePlugin({
  name: "labeller",
  version: "1.0.0",
  capabilities: ["append_labels"],
  hooks: {
    "cmf.tool_post_invoke": (_message, _context, extensions) => ({
      modifiedExtensions: addLabels(extensions, ["SECRET"]),
    }),
  },
});
const keeper = definePlugin({
  name: "keeper",
  version: "1.0.0",
  capabilities: ["read_labels"],
  hooks: {
    "cmf.llm_input"(_message, _context, extensions) {
      if (extensions.security.labels.includes("SECRET"))
        return deny({ code: "secret_known", reason: "A tool returned a secret" });
    },
  },
});

const outputKeeper = definePlugin({
  name: "output-keeper",
  version: "1.0.0",
  capabilities: ["read_labels"],
  hooks: {
    "cmf.llm_output"(_message, _context, extensions) {
      if (extensions.security.labels.includes("SECRET"))
        return deny({ code: "secret_known", reason: "A tool returned a secret" });
    },
  },
});

/** A gateway whose callers name themselves, a client of its tools, and one of its models. */
async function gatewayWith(plugins: Parameters<typeof startGateway>[1], config: object = {}) {
  const { seen, url } = await provider();
  const made = await startGateway(
    {
      servers: { everything: everythingOverStdio },
      models: {
        openai: {
          provider: "openai",
          url,
          path: "/openai",
          headers: { authorization: { env: "KEY" } },
        },
      },
      identity: { trustedHeaders: { from: ["127.0.0.1"], subject: "x-user" } },
      ...config,
    },
    plugins,
  );
  afterTest(made.close);
  const requestInit = { headers: { "x-user": "ada" } };
  const transport = new StreamableHTTPClientTransport(made.url, { requestInit });
  const client = new Client({ name: "test", version: "1.0.0" });
  await client.connect(transport as never);
  afterTest(() => client.close());
  const model = (defaultHeaders: Record<string, string>) =>
    new OpenAI({
      apiKey: "the caller's own",
      baseURL: new URL("/openai/v1", made.url).href,
      defaultHeaders,
      maxRetries: 0,
    }).chat.completions.create({ model: "m", messages: [{ role: "user", content: "hi" }] });
  return { seen, client, model, session: transport.sessionId ?? "" };
}

it("knows in a model request what a tool returned in the session", async () => {
  const { seen, client, model, session: id } = await gatewayWith([labeller, keeper]);
  const session = { "x-user": "ada", "mcp-session-id": id };
  expect((await model(session)).choices[0]?.message.content).toBe("ok");
  expect(seen[0]).toMatchObject({ url: "/v1/chat/completions" });
  expect(seen[0]?.headers).toMatchObject({ authorization: "a secret" });
  expect(seen[0]?.headers["x-user"]).toBeUndefined();

  await client.callTool({ name: "echo", arguments: { message: "the secret" } });
  await expect(model(session)).rejects.toMatchObject({ status: 403, code: "secret_known" });
  // Another subject cannot use this session by naming it.
  expect((await model({ ...session, "x-user": "eve" })).choices).toHaveLength(1);
  expect(seen).toHaveLength(2);
});

it("tells plugins which model is asked", async () => {
  const guard = egressGuard({ labels: ["SECRET"], allow: { models: ["m"], methods: ["**"] } });
  const asked: unknown[] = [];
  const looks = definePlugin({
    name: "looks",
    version: "1.0.0",
    capabilities: ["read_subject", "append_labels"],
    hooks: {
      "cmf.llm_input"(_message, _context, extensions) {
        asked.push([extensions.llm?.model_id, extensions.security?.subject?.id]);
        return { modifiedExtensions: addLabels(extensions, ["SECRET"]) };
      },
    },
  });
  const { model } = await gatewayWith([looks, guard]);
  expect((await model({ "x-user": "ada" })).choices).toHaveLength(1);
  expect(asked).toEqual([["m", "ada"]]);
});

it("knows in a model's answer what a tool returned to the same subject", async () => {
  const { seen, client, model } = await gatewayWith([labeller, outputKeeper], {
    labels: { session: "subject" },
  });
  const ada = { "x-user": "ada" };
  expect((await model(ada)).choices).toHaveLength(1);
  await client.callTool({ name: "echo", arguments: { message: "the secret" } });
  await expect(model(ada)).rejects.toMatchObject({ status: 403, code: "secret_known" });
  // The request was allowed; the answer is refused.
  expect(seen).toHaveLength(2);
  expect((await model({ "x-user": "eve" })).choices).toHaveLength(1);
});

it("waits at shutdown until what an aborted caller has read is judged", async () => {
  const { port } = await listening((request, response) => {
    request.resume();
    const delta = {
      index: 0,
      delta: { role: "assistant", content: "SALARY" },
      finish_reason: null,
    };
    const chunk = { id: "c", object: "chat.completion.chunk", created: 1, model: "m" };
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(`data: ${JSON.stringify({ ...chunk, choices: [delta] })}\n\n`);
  });
  const judged: unknown[] = [];
  const slow = definePlugin({
    name: "slow",
    version: "1.0.0",
    hooks: {
      "cmf.llm_output": {
        stream: "pass",
        handler: async (message, _context) => {
          await new Promise((resolve) => setTimeout(resolve, 300));
          judged.push(message.content);
        },
      },
    },
  });
  const url = `http://127.0.0.1:${port}`;
  const models = { openai: { provider: "openai", url, path: "/openai" } } as const;
  const made = await startGateway({ servers: {}, models }, [slow]);
  afterTest(made.close);
  const leaving = new AbortController();
  const response = await fetch(new URL("/openai/v1/chat/completions", made.url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "m", stream: true, messages: [{ role: "user", content: "hi" }] }),
    signal: leaving.signal,
  });
  await response.body?.getReader().read();
  leaving.abort();
  await made.gateway.close();
  expect(judged).toMatchObject([[{ content_type: "text", text: "SALARY" }]]);
});

it("a subject has as many open requests to models as a session has requests", async () => {
  const waiting: (() => void)[] = [];
  const slow = definePlugin({
    name: "slow",
    version: "1.0.0",
    hooks: {
      "cmf.llm_input": () =>
        new Promise<undefined>((resolve) => void waiting.push(() => resolve(undefined))),
    },
  });
  const { model } = await gatewayWith([slow], { limits: { inFlight: 2 } });
  const [ada, eve] = [{ "x-user": "ada" }, { "x-user": "eve" }];
  const open = [model(ada), model(ada), model(eve)];
  await expect.poll(() => waiting.length).toBe(3);
  await expect(model(ada)).rejects.toMatchObject({ status: 429, code: -32_013 });
  for (const go of waiting.splice(0)) go();
  for (const { choices } of await Promise.all(open)) expect(choices).toHaveLength(1);
  const again = model(ada);
  await expect.poll(() => waiting.length).toBe(1);
  waiting[0]?.();
  expect((await again).choices).toHaveLength(1);
});
