/** Ways past the guard of a model: around the hooks, through errors, headers and timeouts. */
import { addLabels, createPluginManager, definePlugin, deny } from "glassine";
import { guardFetch } from "glassine/http";
import { memoryLabelStore } from "glassine/labels";
import { expect, it } from "vitest";
import { recorded } from "../adapters/http/support/recorded.ts";
import {
  eventsText,
  jsonAnswer,
  managerOf,
  redact,
  secret,
  standIn,
  streamed,
} from "../adapters/http/support/stand-in.ts";
import { attack } from "./attack.ts";

type Recorded = (typeof recorded)[number];

const body = ({ request }: Recorded) => ({ method: "POST", body: JSON.stringify(request) });

attack(
  "A-249",
  "Split a secret over the chunks of a streamed answer, so that no chunk holds it",
  "plugins judge the assembled message, and nothing leaves before",
  () => {
    it.each(recorded)("of $name", async (api) => {
      const encoder = new TextEncoder();
      let sent = "";
      let judgedAfter = "";
      const manager = await managerOf({
        "cmf.llm_output": (message) => {
          judgedAfter = sent;
          return redact(message);
        },
      });
      const chunks = [...api.text].map((letter) => encoder.encode(letter));
      const answer = () => {
        const body = new ReadableStream<Uint8Array>({
          pull(controller) {
            const chunk = chunks.shift();
            if (chunk === undefined) return controller.close();
            sent += new TextDecoder().decode(chunk);
            controller.enqueue(chunk);
          },
        });
        return new Response(body, { headers: { "content-type": "text/event-stream" } });
      };
      const { fetch } = standIn(answer);
      const guarded = guardFetch(manager, { provider: api.provider, fetch });
      const said = await (await guarded(api.url, body(api))).text();
      expect(judgedAfter).toBe(api.text);
      expect(said).toContain("[cut]");
      expect(said).not.toContain(secret);
    });
  },
);

attack(
  "A-253",
  "Have the provider set a cookie, or name the host's account, in the headers of an answer",
  "of the headers, only those about retries, limits, caching and the request are passed on",
  () => {
    const headers = {
      "set-cookie": "session=1; Domain=example.test",
      "openai-organization": "acme",
      authorization: "Bearer key",
      location: "https://evil.test",
      "x-note": secret,
      "x-request-id": "r1",
      "x-ratelimit-remaining-requests": "9",
      "anthropic-ratelimit-unified-5h-reset": "1760000000",
    };
    const kept = [
      "anthropic-ratelimit-unified-5h-reset",
      "content-type",
      "x-ratelimit-remaining-requests",
      "x-request-id",
    ];
    it.each(recorded)("of $name, judged or not", async (api) => {
      const stream = api.api.stream();
      for (const event of api.events) stream.push(event);
      const { document } = stream;
      const answers = [
        () => jsonAnswer(document, 200, headers),
        () => streamed([api.text], headers),
        () => jsonAnswer({ error: { message: "No" } }, 400, headers),
      ];
      for (const hooks of [{}, { "cmf.llm_output": redact }]) {
        for (const answer of answers) {
          const guarded = guardFetch(await managerOf(hooks), {
            provider: api.provider,
            fetch: standIn(answer).fetch,
          });
          const response = await guarded(api.url, body(api));
          expect([...response.headers.keys()].sort()).toEqual(kept);
        }
      }
    });
  },
);

attack(
  "A-258",
  "Keep a plugin of `cmf.llm_output` busy beyond its deadline, so that the raw answer passes",
  "the answer is denied at the deadline",
  () => {
    it.each(recorded)("of $name", async (api) => {
      const slow = definePlugin({
        name: "slow",
        version: "1.0.0",
        hooks: { "cmf.llm_output": () => new Promise<undefined>(() => {}) },
      });
      const manager = await createPluginManager({
        plugins: [{ plugin: slow, timeoutMs: 5 }],
        logger: {},
      });
      const { fetch } = standIn(() => streamed([api.text]));
      const guarded = guardFetch(manager, { provider: api.provider, fetch });
      const response = await guarded(api.url, body(api));
      expect(response.status).toBe(403);
      expect(await response.text()).toContain("handler_timeout");
    });
  },
);

attack(
  "A-259",
  "Put what a plugin would cut out into an error: its body, its fields, an error event, a page of HTML",
  "the message passes `cmf.llm_output` and gets the session's labels; the rest is dropped",
  () => {
    const violation = { code: "bad", reason: `The key ${secret} is wrong` };
    it.each(recorded)("of $name", async ({ api, provider, url, ...rest }) => {
      const denied = { ...api.denied({ ...violation, status: 401 }), note: secret };
      const html = { "content-type": "text/html" };
      const begun = eventsText(rest.events.slice(0, 1));
      const ended = eventsText([api.deniedEvent({ ...violation, status: 500 })]);
      for (const answer of [
        () => jsonAnswer(denied, 401),
        () =>
          jsonAnswer({ error: { message: secret, type: secret, code: secret, x: secret } }, 429),
        () => jsonAnswer({ error: secret }, 500),
        () => new Response(`<html>${secret}`, { status: 502, headers: html }),
        () => new Response(null, { status: 301, headers: { location: secret } }),
        () => streamed([begun, ended]),
        () => streamed([ended]),
      ]) {
        const guarded = guardFetch(await managerOf({ "cmf.llm_output": redact }), {
          provider,
          fetch: standIn(answer).fetch,
        });
        const response = await guarded(url, body({ api, provider, url, ...rest }));
        expect(response.status).toBeGreaterThanOrEqual(400);
        expect(await response.text()).not.toContain(secret);
      }
    });

    it.each(recorded)("of $name, with labels", async ({ api, provider, url, ...rest }) => {
      const store = memoryLabelStore();
      const label = definePlugin({
        name: "label",
        version: "1.0.0",
        capabilities: ["append_labels"],
        hooks: {
          "cmf.llm_output": (message, _context, extensions) =>
            JSON.stringify(message).includes(secret)
              ? { modifiedExtensions: addLabels(extensions, "CARD") }
              : deny("Not shown"),
        },
      });
      const guarded = guardFetch(await createPluginManager({ plugins: [label] }), {
        provider,
        labels: { store, session: "ada" },
        fetch: standIn(() => jsonAnswer(api.denied({ ...violation, status: 401 }), 401)).fetch,
      });
      const response = await guarded(url, body({ api, provider, url, ...rest }));
      expect(response.status).toBe(401);
      expect(await store.load("ada")).toEqual(["CARD"]);
    });
  },
);
