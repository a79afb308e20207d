/** A server reads the text that plugins judged, whatever the headers of the request say. */
import type { RequestListener } from "node:http";
import express from "express";
import { guardFetch } from "glassine/http";
import { openai } from "glassine/openai";
import { expect, it } from "vitest";
import { listening } from "../../support/listening.ts";
import { verifies } from "../../support/verifies.ts";
import { jsonAnswer, managerOf, redact, secret, standIn } from "./support/stand-in.ts";

const path = "/v1/chat/completions";
const ask = (content: string) =>
  JSON.stringify({ model: "m", messages: [{ content, role: "user" }] });
const message = { role: "assistant", content: "Ahoy", refusal: null };
const said = {
  id: "c",
  object: "chat.completion",
  choices: [{ index: 0, message, logprobs: null, finish_reason: "stop" }],
};

/** A server that decodes bodies by their charset, and the bodies that it read. */
async function decodingServer() {
  const bodies: unknown[] = [];
  const app = express();
  app.use(express.json());
  app.post(path, (request, reply) => {
    bodies.push(request.body);
    reply.json(said);
  });
  const { url } = await listening(app as RequestListener);
  return { bodies, url: `${url}${path}` };
}

/** RFC 2152: the base64 of UTF-16, between a plus sign and a hyphen. */
function utf7(text: string): string {
  const bytes = Buffer.from(text, "utf16le").swap16();
  return `+${bytes.toString("base64").replaceAll("=", "")}-`;
}

it.each([
  ["requests", "cmf.llm_input"],
  ["answers alone", "cmf.llm_output"],
])("in UTF-8, even if a request declares UTF-7 and plugins judge %s", async (_, hook) => {
  verifies("adapters:judged-body");
  const { bodies, url } = await decodingServer();
  const guarded = guardFetch(await managerOf({ [hook]: redact }), { provider: openai });
  // In UTF-7, the text ends early and another one replaces it.
  const hidden = ask(`Hi${utf7('","content":"')}${utf7(secret)}`);
  for (const body of [hidden, ask("Ahoy")]) {
    const headers = { "content-type": "application/json; charset=utf-7" };
    expect((await guarded(url, { method: "POST", headers, body })).status).toBe(200);
  }
  expect(bodies).toEqual([JSON.parse(hidden), JSON.parse(ask("Ahoy"))]);
  expect(JSON.stringify(bodies)).not.toContain(secret);
});

it("as JSON without an encoding, even if the request declares another one", async () => {
  verifies("adapters:judged-body");
  const { asked, fetch } = standIn(() => jsonAnswer(said));
  const guarded = guardFetch(await managerOf({ "cmf.llm_input": redact }), {
    provider: openai,
    fetch,
  });
  const headers = { "content-type": "text/plain", "content-encoding": "br", "x-own": "1" };
  await guarded(`https://model.test${path}`, { method: "POST", headers, body: ask(secret) });
  expect(asked[0]?.body).toBe(ask("[cut]"));
  expect([...(asked[0]?.headers ?? [])].sort()).toEqual([
    ["content-type", "application/json"],
    ["x-own", "1"],
  ]);
});

it.each([
  ["application/vnd.acme.chat+json", "application/vnd.acme.chat+json"],
  ["Application/JSON; charset=utf-16", "application/json"],
  ["application/json+xml", "application/json"],
  ["text/json", "application/json"],
])(
  "as the kind of JSON that it says it is, without the digest of another text: %s",
  async (type, expected) => {
    verifies("adapters:judged-body");
    const { asked, fetch } = standIn(() => jsonAnswer(said));
    const guarded = guardFetch(await managerOf({ "cmf.llm_input": redact }), {
      provider: openai,
      fetch,
    });
    const headers = {
      "content-type": type,
      "content-digest": "sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:",
      "content-md5": "1B2M2Y8AsgTpgAmY7PhCfg==",
    };
    await guarded(`https://model.test${path}`, { method: "POST", headers, body: ask(secret) });
    expect([...(asked[0]?.headers ?? [])]).toEqual([["content-type", expected]]);
  },
);
