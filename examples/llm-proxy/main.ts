/** A proxy whose plugins check what goes to OpenAI and what comes back. Needs no API key. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { createPluginManager } from "glassine";
import { guardFetch } from "glassine/http";
import { openai } from "glassine/openai";
import { model } from "./model.ts";
import { secrets } from "./plugins.ts";

const manager = await createPluginManager({ plugins: [secrets] });
// `fetch` stands in for the model here; without it, requests go to the provider.
const guarded = guardFetch(manager, { provider: openai, fetch: model });

const proxy = createServer((request, reply) => {
  // Otherwise a provider that cannot be reached would end the process.
  forward(request, reply).catch((error: Error) => reply.destroy(error));
});

async function forward(request: IncomingMessage, reply: ServerResponse): Promise<void> {
  const upstream = new URL("https://api.openai.com");
  upstream.pathname = request.url ?? "/";
  const { method = "POST", headers } = request;
  // A caller who goes away ends the provider's answer, which would cost tokens until its end.
  const left = new AbortController();
  reply.once("close", () => left.abort());
  const answer = await guarded(upstream, {
    method,
    headers: {
      authorization: headers.authorization ?? "",
      "content-type": "application/json",
      // `fetch` decodes an answer, but leaves the header that says how it was encoded.
      "accept-encoding": "identity",
    },
    // `fetch` refuses a GET with a body, even an empty one.
    body: (await text(request)) || null,
    signal: left.signal,
  });
  reply.writeHead(answer.status, Object.fromEntries(answer.headers));
  await pipeline(answer.body ?? [], reply);
}

await once(proxy.listen(0, "127.0.0.1"), "listening");
const { port } = proxy.address() as AddressInfo;
for (const content of ["What is your number?", "Is hunter2 a good password?"]) {
  const body = JSON.stringify({ model: "m", stream: true, messages: [{ role: "user", content }] });
  const url = `http://127.0.0.1:${port}/v1/chat/completions`;
  const answer = await fetch(url, { method: "POST", body });
  console.log(answer.status, (await answer.text()).match(/"(?:content|message)":"[^"]+"/)?.[0]);
}
proxy.close();
