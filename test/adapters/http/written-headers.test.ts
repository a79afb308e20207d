/** Headers that plugins write go out with the request that they wrote them for. */
import {
  createExtensions,
  createPluginManager,
  definePlugin,
  deny,
  removeHeader,
  setHeader,
} from "glassine";
import { guardFetch, guardModel, type ModelEvent } from "glassine/http";
import { chatCompletions, openai } from "glassine/openai";
import { expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { jsonAnswer, standIn } from "./support/stand-in.ts";

const request = { model: "m", messages: [{ role: "user", content: "Ahoy" }] };
const said = {
  id: "c",
  object: "chat.completion",
  created: 1,
  model: "m",
  choices: [
    {
      index: 0,
      logprobs: null,
      finish_reason: "stop",
      message: { role: "assistant", content: "Ahoy", refusal: null },
    },
  ],
};

type Edit = (extensions: Parameters<typeof setHeader>[0]) => object;

const writer = (edit: Edit) =>
  definePlugin({
    name: "writer",
    version: "1.0.0",
    capabilities: ["write_headers"],
    hooks: {
      "cmf.llm_input": (_message, _context, extensions) => ({
        modifiedExtensions: edit(extensions) as never,
      }),
    },
  });

/** What is sent and what is reported for a request with these headers. */
async function sent(edit: Edit, headers: Record<string, string>, envelope = {}) {
  const { asked, fetch } = standIn(() => jsonAnswer(said));
  const events: ModelEvent[] = [];
  const guarded = guardFetch(await createPluginManager({ plugins: [writer(edit)] }), {
    provider: openai,
    fetch,
    onResult: (event) => events.push(event),
    envelope: () => createExtensions({ http: { headers: envelope } }),
  });
  const init = { method: "POST", headers, body: JSON.stringify(request) };
  const response = await guarded("https://model.test/v1/chat/completions", init);
  expect(response.status).toBe(200);
  const errors = events.flatMap(({ point, error }) => (error ? [{ point, error }] : []));
  return { headers: asked[0]?.headers, errors };
}

it("are sent, and nothing else of the envelope is", async () => {
  verifies("adapters:headers");
  const edit: Edit = (extensions) =>
    setHeader(setHeader(extensions, "x-tag", "eu"), "Authorization", "Bearer other");
  const own = { authorization: "Bearer mine", "x-own": "1" };
  const { headers, errors } = await sent(edit, own, { "x-host": "secret" });
  expect(errors).toEqual([]);
  expect(headers?.get("x-tag")).toBe("eu");
  expect(headers?.get("authorization")).toBe("Bearer other");
  expect(headers?.get("x-own")).toBe("1");
  expect(headers?.has("x-host")).toBe(false);
  expect(headers?.has("content-length")).toBe(false);
});

it("are removed if the request has what the envelope had", async () => {
  verifies("adapters:headers");
  const edit: Edit = (extensions) => removeHeader(removeHeader(extensions, "x-same"), "x-other");
  const own = { "X-Same": "1", "x-other": "request" };
  const { headers } = await sent(edit, own, { "x-same": "1", "x-other": "envelope" });
  expect(headers?.has("x-same")).toBe(false);
  expect(headers?.get("x-other")).toBe("request");
});

it("are reported and not sent where they belong to the transport", async () => {
  verifies("adapters:headers");
  const edit: Edit = (extensions) => setHeader(extensions, "content-type", "text/html");
  const { headers, errors } = await sent(edit, { "content-type": "application/json" });
  expect(headers?.get("content-type")).toBe("application/json");
  const error = expect.objectContaining({ code: "header_invalid" });
  expect(errors).toEqual([{ point: "headers", error }]);
});

it("are those of a judged request, for a host with a transport of its own", async () => {
  verifies("adapters:headers");
  const plugin = writer((extensions) => setHeader(extensions, "x-tag", "eu"));
  const exchange = guardModel(
    chatCompletions,
    await createPluginManager({ plugins: [plugin] }),
  ).begin();
  const own = new Headers({ "x-own": "1" });
  expect([...exchange.withHeaders(own)]).toEqual([["x-own", "1"]]);
  await exchange.judgeRequest(request);
  const written = exchange.withHeaders(own);
  expect([...written].sort()).toEqual([
    ["x-own", "1"],
    ["x-tag", "eu"],
  ]);
  expect([...own]).toEqual([["x-own", "1"]]);
});

it("are not sent for a request that is refused", async () => {
  const { asked, fetch } = standIn(() => jsonAnswer(said));
  const refusing = definePlugin({
    name: "refusing",
    version: "1.0.0",
    hooks: { "cmf.llm_input": { priority: 200, handler: () => deny("No") } },
  });
  const plugins = [writer((extensions) => setHeader(extensions, "x-tag", "eu")), refusing];
  const guarded = guardFetch(await createPluginManager({ plugins }), { provider: openai, fetch });
  const init = { method: "POST", body: JSON.stringify(request) };
  const response = await guarded("https://model.test/v1/chat/completions", init);
  expect([response.status, asked]).toEqual([403, []]);
});
