// Only in test:all: it starts real servers.
/** The guards for Hono, Express and Fastify, between OpenAI's own SDK and a handler. */
import { gzipSync } from "node:zlib";
import { createPluginManager, definePlugin, deny, removeHeader, setHeader } from "glassine";
import { type ModelEnd, subjectFromClaims } from "glassine/http";
import type { Message } from "glassine/messages";
import { openai } from "glassine/openai";
import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { afterTest } from "../support/cleanup.ts";
import { verifies } from "../support/verifies.ts";
import { early, type Handler, path, servers } from "./support/servers.ts";

const secret = "hunter2";
const redact = (message: Message) => ({
  modifiedPayload: JSON.parse(JSON.stringify(message).replaceAll(secret, "***")) as Message,
});
const guard = definePlugin({
  name: "guard",
  version: "1.0.0",
  capabilities: ["read_subject", "read_roles", "write_headers"],
  hooks: {
    "cmf.llm_input"(message, _context, extensions) {
      const { security } = extensions;
      const text = JSON.stringify(message);
      if (text.includes("tag")) {
        const tagged = setHeader(extensions, "x-tag", "eu");
        return { modifiedExtensions: removeHeader(tagged, "x-old") };
      }
      if (text.includes("forbidden")) return deny("Not to the model");
      if (text.includes("as admin") && !security?.subject?.roles?.includes("admin")) {
        return deny("Admins only");
      }
      return redact(message);
    },
    "cmf.llm_output"(message) {
      if (JSON.stringify(message).includes("poison")) return deny("Not to the caller");
      return redact(message);
    },
  },
});

const said = (content: string) => ({
  id: "c",
  object: "chat.completion",
  created: 1,
  model: "m",
  choices: [
    { index: 0, message: { role: "assistant", content }, logprobs: null, finish_reason: "stop" },
  ],
});
const chunk = (delta: object, finish_reason: string | null = null) =>
  `data: ${JSON.stringify({
    id: "c",
    object: "chat.completion.chunk",
    created: 1,
    model: "m",
    choices: [{ index: 0, delta, logprobs: null, finish_reason }],
  })}\n\n`;
/** Returns an answer in pieces that split words, lines and events anywhere. */
function streamed(content: string): string[] {
  const events = [...content].map((letter) => chunk({ content: letter })).join("");
  const whole = `${chunk({ role: "assistant" })}${events}${chunk({}, "stop")}data: [DONE]\n\n`;
  return whole.match(/.{1,37}/gs) ?? [];
}

interface Seen {
  readonly bodies: unknown[];
  readonly headers: Readonly<Record<string, unknown>>[];
  readonly ends: ModelEnd[];
}

describe.each(Object.entries(servers))("a guard in %s", (name, start) => {
  async function proxy(answer: Handler, options: object = {}) {
    const seen: Seen = { bodies: [], headers: [], ends: [] };
    const manager = await createPluginManager({ plugins: [guard] });
    const onEnd = (end: ModelEnd) => void seen.ends.push(end);
    const running = await start(
      manager,
      { provider: openai, onEnd, ...options },
      (body, headers) => {
        seen.bodies.push(body);
        seen.headers.push({ ...headers });
        return answer(body, headers);
      },
    );
    afterTest(() => running.close());
    const client = new OpenAI({ apiKey: "k", baseURL: `${running.url}/v1`, maxRetries: 0 });
    const ask = (content: string) => ({
      model: "m",
      messages: [{ role: "user" as const, content }],
    });
    const post = (body: string | Uint8Array, headers: object = {}) =>
      fetch(running.url + path, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: body as string,
      });
    return { seen, client, ask, post, url: running.url };
  }

  it("hands the judged request to the handler, and the judged answer to the caller", async () => {
    const { seen, client, ask } = await proxy(() => ({ json: said(`It is ${secret}`) }));
    const answer = await client.chat.completions.create(ask(`Is ${secret} safe?`));
    expect(answer.choices[0]?.message.content).toBe("It is ***");
    expect(seen.bodies).toEqual([ask("Is *** safe?")]);
    const { length } = JSON.stringify(seen.bodies[0]);
    expect(["undefined", String(length)]).toContain(String(seen.headers[0]?.["content-length"]));
    expect(seen.ends).toMatchObject([{ outcome: "allowed" }]);
  });

  it("hands the handler the headers that plugins wrote", async () => {
    verifies("adapters:headers");
    const { seen, post } = await proxy(() => ({ json: said("") }), {
      envelope: () => ({ http: { headers: { "x-old": "1", "x-mine": "host" } } }),
    });
    const body = JSON.stringify({ model: "m", messages: [{ role: "user", content: "tag" }] });
    await post(body, { "x-old": "1", "x-mine": "caller", "x-kept": "2" });
    expect(seen.headers[0]).toMatchObject({
      "x-tag": "eu",
      "x-mine": "caller",
      "x-kept": "2",
      "content-type": "application/json",
    });
    expect(seen.headers[0]).not.toHaveProperty("x-old");
  });

  it("judges a stream as a whole, however it is cut", async () => {
    const { client, ask } = await proxy(() => ({ pieces: streamed(`It is ${secret}, no?`) }));
    const stream = await client.chat.completions.create({ ...ask("Hi"), stream: true });
    let text = "";
    for await (const { choices } of stream) text += choices[0]?.delta.content ?? "";
    expect(text).toBe("It is ***, no?");
  });

  it("answers a refused request with the provider's own error, and asks no handler", async () => {
    const { seen, client, ask, post } = await proxy(() => ({ json: said("") }));
    for (const stream of [false, true]) {
      const asked = client.chat.completions.create({ ...ask("forbidden"), stream });
      const error = await asked.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(OpenAI.PermissionDeniedError);
      expect(error).toMatchObject({ status: 403, message: "403 Not to the model" });
    }
    expect(seen.bodies).toEqual([]);
    expect(seen.ends).toMatchObject([{ outcome: "denied" }, { outcome: "denied" }]);
    const { headers } = await post(JSON.stringify(ask("forbidden")));
    expect(headers.get(early)).toBe(name.includes("by itself") ? null : "1");
  });

  it("lets nothing of a refused answer out", async () => {
    const { client, ask, post } = await proxy((body) =>
      (body as { stream?: boolean }).stream === true
        ? { pieces: streamed("some poison") }
        : { json: said("some poison"), headers: { "x-note": "poison" } },
    );
    const plain = await client.chat.completions.create(ask("Hi")).catch((error) => error);
    expect(plain).toBeInstanceOf(OpenAI.PermissionDeniedError);
    const streaming = client.chat.completions.create({ ...ask("Hi"), stream: true });
    await expect(streaming).rejects.toThrow("403 Not to the caller");
    for (const streams of [false, true]) {
      const response = await post(JSON.stringify({ ...ask("Hi"), stream: streams }));
      const text = await response.text();
      expect(text + JSON.stringify([...response.headers])).not.toMatch(/poison|"o","some/);
      expect(response.headers.get("etag")).toBeNull();
    }
  });

  it("refuses what it cannot read, and asks no handler", async () => {
    const { seen, ask, post, url } = await proxy(() => ({ json: said("") }));
    const type = "application/json";
    const body = JSON.stringify(ask("Hi"));
    const refused = await Promise.all([
      post("{"),
      post(""),
      post('"forbidden"'),
      post(new Uint8Array([0x22, 0xff, 0x22])),
      fetch(`${url}/v1/files`, { method: "POST", body, headers: { "content-type": type } }),
      fetch(`${url}/V1/Chat/Completions/`, {
        method: "POST",
        body,
        headers: { "content-type": type },
      }),
    ]);
    for (const { status } of refused) {
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
    }
    expect(seen.bodies).toEqual([]);
  });

  it("refuses a compressed request, unless a parser in front has read it", async () => {
    const { seen, ask, post } = await proxy(() => ({ json: said("") }));
    const asked = gzipSync(JSON.stringify(ask(secret)));
    const { status } = await post(asked, { "content-encoding": "gzip" });
    const isRead = name === "express, with a JSON parser in front" || /raw|text/.test(name);
    expect(status).toBe(isRead ? 200 : status === 415 ? 415 : 400);
    expect(seen.bodies).toEqual(isRead ? [ask("***")] : []);
    if (isRead) expect(seen.headers[0]).not.toHaveProperty("content-encoding");
  });

  it("asks a handler that forwards its headers for an answer that is not compressed", async () => {
    const { seen, ask, post } = await proxy(() => ({ json: said("") }));
    const accepts = { "accept-encoding": "gzip, br" };
    await post(JSON.stringify(ask("Hi")), accepts);
    // What compresses in front of a guard of Hono reads the header from the same request.
    const expected = name.startsWith("hono") ? accepts : { "accept-encoding": "identity" };
    expect(seen.headers[0]).toMatchObject(expected);
  });

  it("says of a compressed answer that it is compressed", async () => {
    const headers = { "content-encoding": "gzip", "content-type": "application/json" };
    const pieces = [gzipSync(JSON.stringify(said("")))];
    const { client, ask } = await proxy(() => ({ pieces, headers }));
    await expect(client.chat.completions.create(ask("Hi"))).rejects.toThrow(/: it is compressed$/);
  });

  it("refuses a compressed answer, and one that is no answer", async () => {
    const gzip = { "content-encoding": "gzip", "content-type": "application/json" };
    const answers = [
      { pieces: [gzipSync(JSON.stringify(said(secret)))], headers: gzip },
      { pieces: [`<p>${secret}</p>`], headers: { "content-type": "text/html" } },
      {
        pieces: [JSON.stringify(said(secret)).slice(0, -9)],
        headers: { "content-type": "application/json" },
      },
      { pieces: streamed(`It is ${secret}`).slice(0, -9) },
      { json: [secret] },
    ];
    for (const answer of answers) {
      const { ask, post } = await proxy(() => answer);
      const response = await post(JSON.stringify(ask("Hi")));
      const text = await response.text();
      expect(text).not.toContain(secret);
      if (response.ok) expect(text).toContain("error");
      else expect(response.status).toBe(502);
    }
  });

  it("passes the status of an error on, and what plugins leave of its message", async () => {
    const error = { message: `Bad key ${secret}`, type: "invalid_request_error", code: "bad_key" };
    const { client, ask } = await proxy(() => ({ status: 401, json: { error, note: secret } }));
    const thrown = await client.chat.completions.create(ask("Hi")).catch((each) => each);
    expect(thrown).toBeInstanceOf(OpenAI.AuthenticationError);
    expect(thrown.message).toBe("401 Bad key ***");
    expect(JSON.stringify(thrown.error)).not.toContain(secret);
  });

  it("lets other requests of the same proxy through", async () => {
    const list = {
      object: "list",
      data: [{ id: "m", object: "model", created: 1, owned_by: "x" }],
    };
    const { client } = await proxy(() => ({ json: list }));
    expect((await client.models.list()).data).toHaveLength(1);
  });

  it("stops the handler's stream if the caller goes away", async () => {
    let isOver = false;
    async function* endless() {
      try {
        for (;;) {
          yield chunk({ content: "x" });
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      } finally {
        isOver = true;
      }
    }
    const { seen, ask, url } = await proxy(() => ({ pieces: endless() }));
    const controller = new AbortController();
    const asked = fetch(url + path, {
      method: "POST",
      signal: controller.signal,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...ask("Hi"), stream: true }),
    }).then((response) => response.text());
    await expect.poll(() => seen.bodies.length).toBe(1);
    controller.abort();
    await expect(asked).rejects.toThrow();
    await expect
      .poll(() => seen.ends.map(({ outcome }) => outcome), { timeout: 5_000 })
      .toEqual(["aborted"]);
    if (!name.includes("by itself")) await expect.poll(() => isOver, { timeout: 5_000 }).toBe(true);
  });

  it.skipIf(name.includes("by itself"))("shows plugins who asks", async () => {
    const { seen, post, ask } = await proxy(() => ({ json: said("Aye") }), {
      subject: (token: string | undefined) =>
        token === undefined ? undefined : subjectFromClaims(JSON.parse(token)),
    });
    const body = JSON.stringify(ask("as admin"));
    const token = (claims: object) => ({ "x-token": JSON.stringify(claims) });
    const statuses = [
      (await post(body)).status,
      (await post(body, token({ sub: "eve", roles: ["guest"] }))).status,
      (await post(body, token({ sub: "eve", roles: 7 }))).status,
      (await post(body, token({ sub: "ada", roles: ["admin"] }))).status,
    ];
    expect(statuses).toEqual([403, 403, 500, 200]);
    expect(seen.bodies).toHaveLength(1);
    expect(seen.ends.map(({ subject }) => subject)).toEqual([undefined, "eve", undefined, "ada"]);
  });
});
