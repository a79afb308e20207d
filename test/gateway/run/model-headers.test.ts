/** What a route to a model sends on beside bodies: headers, and the pages of a list. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import Anthropic from "@anthropic-ai/sdk";
import { definePlugin } from "glassine";
import { expect, it } from "vitest";
import { afterTest } from "../../support/cleanup.ts";
import { listening } from "../../support/listening.ts";
import { startGateway } from "./support/gateway.ts";

const message = {
  id: "m",
  type: "message",
  role: "assistant",
  model: "m",
  content: [{ type: "text", text: "ok" }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 1 },
};
const looker = definePlugin({
  name: "looker",
  version: "1.0.0",
  hooks: { "cmf.llm_input": () => undefined, "cmf.llm_output": () => undefined },
});

/** A gateway to a provider that answers so, a client of it, and what the provider got. */
async function clientOf(
  answer: (asked: IncomingMessage, response: ServerResponse) => unknown,
  plugins = [looker],
  key: string | { readonly env: string } = "k",
) {
  const seen: IncomingMessage[] = [];
  const { url } = await listening(async (asked, response) => {
    seen.push(asked);
    for await (const _ of asked);
    answer(asked, response);
  });
  const made = await startGateway(
    {
      models: {
        claude: { provider: "anthropic", url, path: "/claude", headers: { "X-Api-Key": key } },
      },
      identity: { anonymous: true },
    },
    plugins,
    { secrets: (secret) => (typeof secret === "string" ? secret : "Key own-key-77") },
  );
  afterTest(made.close);
  const baseURL = new URL("/claude", made.url).href;
  return { seen, made, client: new Anthropic({ apiKey: "own", baseURL, maxRetries: 0 }) };
}

const asked = { model: "m", max_tokens: 9, messages: [{ role: "user" as const, content: "hi" }] };
const json = { "content-type": "application/json" };

it("lists all pages of models", async () => {
  const { seen, client } = await clientOf((request, response) => {
    const { searchParams } = new URL(request.url ?? "", "http://provider");
    const isFirst = searchParams.get("after_id") === null;
    const id = isFirst ? "a" : "b";
    const page = { data: [{ id, type: "model" }], has_more: isFirst, first_id: id, last_id: id };
    response.writeHead(200, json).end(JSON.stringify(page));
  });
  const ids: string[] = [];
  for await (const { id } of client.models.list({ limit: 1 })) ids.push(id);
  expect(ids).toEqual(["a", "b"]);
  expect(seen.map(({ url }) => url)).toEqual([
    "/v1/models?limit=1",
    "/v1/models?limit=1&after_id=a",
  ]);
  // Of a request that plugins read, nothing that they did not see is sent on.
  await client.messages.create(asked, { query: { limit: "1", key: "own" } }).catch(() => {});
  expect(seen.at(-1)?.url).toBe("/v1/messages");
});

it("returns the provider's request id and limits, and no other headers", async () => {
  const about = {
    "request-id": "req_1",
    "anthropic-ratelimit-requests-remaining": "5",
    "x-should-retry": "false",
    "retry-after": "7",
  };
  const { client } = await clientOf((_, response) => {
    const other = { "anthropic-organization-id": "org", "set-cookie": "a=b" };
    response.writeHead(200, { ...json, ...about, ...other }).end(JSON.stringify(message));
  });
  const { request_id, response } = await client.messages.create(asked).withResponse();
  expect(request_id).toBe("req_1");
  expect(Object.fromEntries(response.headers)).toMatchObject(about);
  const { headers } = await client.models.list().asResponse();
  expect(Object.fromEntries(headers)).toMatchObject(about);
  for (const name of ["anthropic-organization-id", "set-cookie"]) {
    expect([name, response.headers.get(name), headers.get(name)]).toEqual([name, null, null]);
  }
});

it("returns the headers of an error, too", async () => {
  const { client } = await clientOf((_, response) => {
    response.writeHead(429, { ...json, "request-id": "req_2", "retry-after": "7" });
    response.end(JSON.stringify({ error: { type: "rate_limit_error", message: "Later" } }));
  });
  const error = await client.messages.create(asked).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ status: 429, requestID: "req_2" });
});

it("shows neither callers nor plugins its own key, which an error may quote", async () => {
  const shown: string[] = [];
  const reader = definePlugin({
    name: "reader",
    version: "1.0.0",
    hooks: { "cmf.llm_output": (said) => void shown.push(JSON.stringify(said)) },
  });
  const answer = ({ headers }: IncomingMessage, response: ServerResponse) => {
    const [, bare] = String(headers["x-api-key"]).split(" ");
    const text = `wrong key "${headers["x-api-key"]}", or ${bare}`;
    const error = { type: "error", error: { type: "authentication_error", message: text } };
    response.writeHead(401, json).end(JSON.stringify(error));
  };
  const { client } = await clientOf(answer, [reader], { env: "KEY" });
  for (const ask of [() => client.messages.create(asked), () => client.models.list()]) {
    const error: unknown = await ask().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ status: 401 });
    shown.push(String(error));
  }
  expect(shown).toHaveLength(3);
  for (const each of shown) {
    expect(each).toContain("wrong key");
    expect(each).not.toContain("own-key-77");
  }
});

it.each([
  ["that plugins read", [looker]],
  ["that nobody reads", []],
])("keeps the status of an error that is compressed: %s", async (_, plugins) => {
  let status = 429;
  const { client } = await clientOf((_request, response) => {
    const about = {
      ...json,
      "request-id": "req_3",
      "retry-after": "7",
      "content-encoding": "gzip",
    };
    const error = { type: "error", error: { type: "rate_limit_error", message: "Later" } };
    response.writeHead(status, about).end(gzipSync(JSON.stringify(error)));
  }, plugins);
  for (status of [429, 401]) {
    for (const ask of [() => client.messages.create(asked), () => client.models.list()]) {
      const error: unknown = await ask().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ status, requestID: "req_3" });
      const headers = (error as InstanceType<typeof Anthropic.APIError>).headers as Headers;
      expect(headers.get("retry-after")).toBe("7");
      expect(headers.has("content-encoding")).toBe(false);
    }
  }
});

it.each([
  ["that plugins read", [looker]],
  ["that nobody reads", []],
])("asks for an answer that is not compressed, and refuses one that is: %s", async (_, plugins) => {
  const { seen, made, client } = await clientOf((_request, response) => {
    response.writeHead(200, { ...json, "content-encoding": "gzip" });
    response.end(gzipSync(JSON.stringify(message)));
  }, plugins);
  const refused = { status: 502, message: expect.stringContaining("is compressed") };
  await expect(client.messages.create(asked)).rejects.toMatchObject(refused);
  await expect(client.models.list()).rejects.toMatchObject(refused);
  expect(seen.map(({ headers }) => headers["accept-encoding"])).toEqual(["identity", "identity"]);
  expect(made.log.lines).toContainEqual(
    expect.objectContaining({
      event: "model_passed",
      fields: expect.objectContaining({ status: 502, code: "answer_invalid" }),
    }),
  );
});
