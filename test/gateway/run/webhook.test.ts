/** The guardrail webhook of agentgateway, called with the messages that agentgateway sends. */
import { once } from "node:events";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import { join } from "node:path";
import * as fc from "fast-check";
import {
  addLabels,
  createPluginManager,
  definePlugin,
  deny,
  type Message,
  setHeader,
} from "glassine";
import type { GatewayOptions } from "glassine/gateway";
import { describe, expect, it, vi } from "vitest";
import { share } from "../../../property-tests/support/runs.ts";
import { afterTest } from "../../support/cleanup.ts";
import { folderWith } from "../../support/folder.ts";
import { verifies } from "../../support/verifies.ts";
import { certificate, hasOpenssl } from "../support/certificate.ts";
import { startGateway } from "./support/gateway.ts";
import { keepSpans } from "./support/spans.ts";

type Plugins = Parameters<typeof startGateway>[1];
type EnvoyFront = NonNullable<GatewayOptions["envoy"]>;

const config = {
  servers: { none: { url: "http://127.0.0.1:1/mcp" } },
  identity: { trustedHeaders: { subject: "x-user", from: ["127.0.0.1"] } },
};

async function started(
  plugins: Plugins,
  { masksAnswers = false, ...more }: Partial<EnvoyFront> & { masksAnswers?: boolean } = {},
  settings: object = {},
) {
  const folder = await folderWith();
  const made = await startGateway({ ...config, ...settings } as never, plugins, {
    envoy: {
      at: { socket: join(folder, "s.sock") },
      leaveMs: 0,
      ...more,
      webhook: { host: "127.0.0.1", port: 0, masksAnswers },
    },
  });
  afterTest(made.close);
  const { webhook } = (made.log.lines.find(({ event }) => event === "ready")?.fields ?? {}) as {
    readonly webhook?: { readonly port: number };
  };
  const post = async (path: string, body: string, headers: object = {}) => {
    const response = await fetch(`http://127.0.0.1:${webhook?.port}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-user": "ada", ...headers },
      body,
    });
    expect(response.status).toBe(200);
    return ((await response.json()) as { action: Action }).action;
  };
  type Said = { readonly role: string; readonly content: string };
  return {
    made,
    post,
    port: webhook?.port,
    /** What agentgateway sends before it calls a model, and after the model has answered. */
    request: (messages: readonly Said[], headers?: object) =>
      post("/request", JSON.stringify({ body: { messages } }), headers),
    response: (contents: readonly string[], headers?: object) => {
      const choices = contents.map((content) => ({ message: { role: "assistant", content } }));
      return post("/response", JSON.stringify({ body: { choices } }), headers);
    },
  };
}

interface Action {
  readonly body?: unknown;
  readonly status_code?: number;
  readonly reason?: string;
}

/** How agentgateway reads an answer: it tries the three kinds in this order. */
function kindOf({ body, status_code }: Action): "mask" | "reject" | "pass" {
  if (typeof body === "object" && body !== null) return "mask";
  if (typeof body === "string" && status_code !== undefined) return "reject";
  return "pass";
}

const withText = (message: Message, change: (text: string) => string): Message => ({
  ...message,
  content: message.content.map((part) =>
    part.content_type === "text" ? { ...part, text: change(part.text) } : part,
  ),
});
const masked = (text: string) => text.replaceAll("secret", "******");
const masker = definePlugin({
  name: "masker",
  version: "1.0.0",
  capabilities: [],
  hooks: {
    "cmf.llm_input": (message) => ({ modifiedPayload: withText(message, masked) }),
    "cmf.llm_output": (message) => ({ modifiedPayload: withText(message, masked) }),
  },
});
const refuser = definePlugin({
  name: "refuser",
  version: "1.0.0",
  capabilities: [],
  hooks: {
    "cmf.llm_input": (message) =>
      JSON.stringify(message).includes("forbidden")
        ? deny({ code: "forbidden_word", reason: "That word may not be said" })
        : undefined,
  },
});

it("passes, masks and rejects what goes to a model", async () => {
  verifies("envoy:webhook");
  const { request } = await started([masker, refuser]);
  expect(await request([{ role: "user", content: "Ahoy" }])).toEqual({});
  const prompt = [
    { role: "system", content: "Tell no secret." },
    { role: "user", content: "Ahoy" },
  ];
  expect(await request(prompt)).toEqual({
    body: { messages: [{ role: "system", content: "Tell no ******." }, prompt[1]] },
    reason: "Changed by plugins",
  });
  const action = await request([{ role: "user", content: "forbidden" }]);
  expect(action).toMatchObject({ status_code: 403, reason: "That word may not be said" });
  expect(JSON.parse(action.body as string)).toMatchObject({
    error: { code: "forbidden_word", message: "That word may not be said" },
  });
});

it("shows every role, and gives each back as it came", async () => {
  const roles = ["system", "developer", "user", "assistant", "model", "tool", "__proto__", ""];
  const { request } = await started([masker]);
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({ role: fc.constantFrom(...roles), content: fc.string({ unit: "binary" }) }),
        { minLength: 1, maxLength: 4 },
      ),
      async (messages) => {
        const said = [...messages, { role: "tool", content: "a secret" }];
        const action = await request(said);
        const expected = said.map((each) => ({ ...each, content: masked(each.content) }));
        expect(action.body).toEqual(JSON.parse(JSON.stringify({ messages: expected })));
      },
    ),
    share(0.25),
  );
});

describe("what a model says", () => {
  it("is rejected where plugins change it, since agentgateway streams without masks", async () => {
    verifies("envoy:webhook-stream");
    const { response } = await started([masker]);
    expect(await response(["Ahoy", "Aye"])).toEqual({});
    const action = await response(["Ahoy", "the secret"]);
    expect(kindOf(action)).toBe("reject");
    expect(JSON.stringify(action)).not.toContain("secret");
  });

  it("is masked where the operator says that nothing is streamed", async () => {
    const { response } = await started([masker], { masksAnswers: true });
    expect((await response(["Ahoy", "the secret"])).body).toEqual({
      choices: [
        { message: { role: "assistant", content: "Ahoy" } },
        { message: { role: "assistant", content: "the ******" } },
      ],
    });
  });
});

it("carries labels from what a model said to the next prompt, by subject", async () => {
  const labeller = definePlugin({
    name: "labeller",
    version: "1.0.0",
    capabilities: ["append_labels", "read_labels"],
    hooks: {
      "cmf.llm_output": (_message, _context, extensions) => ({
        modifiedExtensions: addLabels(extensions, ["SECRET"]),
      }),
      "cmf.llm_input": (_message, _context, extensions) =>
        extensions.security.labels.includes("SECRET")
          ? deny({ code: "secret_known", reason: "A model returned a secret" })
          : undefined,
    },
  });
  const { request, response } = await started([labeller]);
  const prompt = [{ role: "user", content: "Ahoy" }];
  expect(kindOf(await request(prompt))).toBe("pass");
  expect(kindOf(await response(["the secret"]))).toBe("pass");
  expect(await request(prompt)).toMatchObject({ reason: "A model returned a secret" });
  expect(kindOf(await request(prompt, { "x-user": "grace" }))).toBe("pass");
});

it("answers with a rejection whatever is wrong", async () => {
  verifies("envoy:webhook");
  const messageBytes = 10_000;
  const { post, request, made } = await started([masker], {}, { limits: { messageBytes } });
  const fine = JSON.stringify({ body: { messages: [] } });
  const wrong: [string, string, object?][] = [
    ["/request", "{"],
    ["/request", "{}"],
    ["/request", JSON.stringify({ body: { messages: [{ role: "user", content: null }] } })],
    ["/response", fine],
    ["/elsewhere", fine],
    ["/request", fine, { "content-type": "text/plain" }],
    ["/request", fine, { "content-type": "application/jsonp" }],
    ["/request", "x".repeat(messageBytes + 1)],
  ];
  for (const [path, body, headers] of wrong)
    expect(kindOf(await post(path, body, headers))).toBe("reject");
  expect(kindOf(await request([], { "x-user": "" }))).toBe("reject");
  const logged = made.log.lines.filter(({ event }) => event === "model");
  expect(logged.map(({ fields }) => fields.code)).toEqual([
    "request_invalid",
    "request_invalid",
    "request_invalid",
    "request_invalid",
    "request_unknown",
    "request_invalid",
    "request_invalid",
    "request_too_large",
  ]);
});

it("counts prompts for the rate of a subject, and not each piece of an answer", async () => {
  const { request, response } = await started([masker], {}, { limits: { requestsPerMinute: 1 } });
  const prompt = [{ role: "user", content: "Ahoy" }];
  expect(kindOf(await request(prompt))).toBe("pass");
  for (const piece of ["A", "hoy", "!"]) expect(kindOf(await response([piece]))).toBe("pass");
  expect(await request(prompt)).toMatchObject({ status_code: 429 });
});

it("says in a span what it rejects, though the status is 200", async () => {
  const kept = keepSpans();
  afterTest(kept.stop);
  const { request } = await started([refuser], {}, { tracing: true });
  await request([{ role: "user", content: "Ahoy" }]);
  await request([{ role: "user", content: "forbidden" }]);
  const asked = kept.spans.filter(({ name }) => name.startsWith("POST"));
  // A reader may have the whole response before it counts as sent.
  await vi.waitFor(() => expect(asked.map(({ ends }) => ends)).toEqual([1, 1]));
  expect(asked).toMatchObject([
    { status: 0, attributes: { "http.response.status_code": 200 } },
    {
      status: 2,
      attributes: { "http.response.status_code": 200, "error.type": "forbidden_word" },
    },
  ]);
});

it("rejects what cannot be written back as the text of the same messages", async () => {
  const image = { content_type: "image", content: { type: "url", data: "https://a.example/i" } };
  const plugin = definePlugin({
    name: "changer",
    version: "1.0.0",
    capabilities: [],
    hooks: {
      "cmf.llm_input": (message) => ({
        modifiedPayload: { ...message, content: [...message.content, image as never] },
      }),
    },
  });
  const { request } = await started([plugin]);
  const action = await request([{ role: "user", content: "Ahoy" }]);
  expect(action.body).toContain("edit_unwritable");
});

it("rejects an answer to which a plugin added a call", async () => {
  const call = {
    content_type: "tool_call",
    content: { tool_call_id: "1", name: "send", arguments: {} },
  };
  const plugin = definePlugin({
    name: "caller",
    version: "1.0.0",
    capabilities: [],
    hooks: {
      "cmf.llm_output": (message) => ({
        modifiedPayload: { ...message, content: [...message.content, call as never] },
      }),
    },
  });
  const { response } = await started([plugin], { masksAnswers: true });
  expect((await response(["Aye"])).body).toContain("edit_unwritable");
});

it("says that headers which plugins write go nowhere", async () => {
  const writer = definePlugin({
    name: "writer",
    version: "1.0.0",
    capabilities: ["read_headers", "write_headers"],
    hooks: {
      "cmf.llm_input": (_message, _context, extensions) => ({
        modifiedExtensions: setHeader(extensions, "x-team", "a"),
      }),
    },
  });
  const { request, made } = await started([writer]);
  expect(kindOf(await request([{ role: "user", content: "Ahoy" }]))).toBe("pass");
  expect(made.log.lines).toContainEqual(
    expect.objectContaining({
      event: "webhook_headers_dropped",
      fields: expect.objectContaining({ headers: ["x-team"] }),
    }),
  );
});

it("takes nothing from a page", async () => {
  const { request } = await started([]);
  const action = await request([], { origin: "http://a.example" });
  expect(action).toMatchObject({ status_code: 403 });
  expect(action.body).toContain("origin_refused");
});

it("lets nothing pass while what is in front is not known to be safe", async () => {
  verifies("envoy:safe");
  const { request } = await started([], { closed: () => "It is not known." });
  const action = await request([{ role: "user", content: "Ahoy" }]);
  expect(action).toMatchObject({ status_code: 503 });
  expect(action.body).toContain("envoy_unsafe");
});

it("uses the plugins of a reload, and lets those before go", async () => {
  const { request, made } = await started([refuser]);
  const prompt = [{ role: "user", content: "forbidden" }];
  expect(kindOf(await request(prompt))).toBe("reject");
  const manager = await createPluginManager({ plugins: [] });
  afterTest(() => manager.close());
  await made.gateway.reload({ ...made.parts, manager });
  expect(kindOf(await request(prompt))).toBe("pass");
  let isUnused = false;
  const onUnused = () => {
    isUnused = true;
  };
  await made.gateway.reload({ ...made.parts, manager, onUnused });
  expect(isUnused).toBe(false);
  await made.gateway.reload(made.parts);
  await expect.poll(() => isUnused).toBe(true);
});

it("keeps the plugins that it has where a reload brings some that do not fit", async () => {
  const { request, made } = await started([refuser]);
  const unfit = definePlugin({
    name: "unfit",
    version: "1.0.0",
    hooks: { "cmf.llm_input": () => undefined },
  });
  const manager = await createPluginManager({
    plugins: [{ plugin: unfit, conditions: { servers: ["files"] } }],
  });
  afterTest(() => manager.close());
  await expect(made.gateway.reload({ ...made.parts, manager })).rejects.toThrow("unfit");
  expect(made.gateway.generation).toBe(1);
  expect(kindOf(await request([{ role: "user", content: "forbidden" }]))).toBe("reject");
});

it("rejects what is still judged when the gateway ends", async () => {
  let release: () => void = () => {};
  const late = new Promise<undefined>((resolve) => {
    release = () => resolve(undefined);
  });
  const never = definePlugin({
    name: "never",
    version: "1.0.0",
    hooks: { "cmf.llm_input": () => late },
  });
  const plugins = [{ plugin: never, timeoutMs: null }];
  const { request, made } = await started(plugins, {}, { limits: { shutdownMs: 100 } });
  const action = request([{ role: "user", content: "Ahoy" }]);
  await new Promise((resolve) => setTimeout(resolve, 200));
  await made.gateway.close();
  expect(kindOf(await action)).toBe("reject");
  release();
});

it.skipIf(!hasOpenssl)("with TLS takes only clients of its authority", async () => {
  const folder = await folderWith();
  const own = await certificate(folder, "own");
  const other = await certificate(folder, "other");
  const { port } = await started([refuser], { tls: { ...own, clientCa: own.cert } });
  const ask = (client: object) =>
    new Promise<string>((resolve, reject) => {
      const headers = { "content-type": "application/json", "x-user": "ada" };
      const to = { host: "127.0.0.1", port, path: "/request", method: "POST", headers };
      httpsRequest({ ...to, ca: own.cert, agent: false, ...client }, (response) => {
        let text = "";
        response.on("data", (piece) => {
          text += piece;
        });
        response.on("end", () => resolve(text));
      })
        .on("error", reject)
        .end(JSON.stringify({ body: { messages: [{ role: "user", content: "forbidden" }] } }));
    });
  expect(await ask(own)).toContain("That word may not be said");
  await expect(ask(other)).rejects.toThrow();
  await expect(ask({})).rejects.toThrow();
});

it("blames nobody if the caller leaves before its whole body has come", async () => {
  const { made, port } = await started([refuser]);
  const socket = connect(Number(port), "127.0.0.1");
  afterTest(() => socket.destroy());
  const head = ["POST /request HTTP/1.1", "host: 127.0.0.1", "content-type: application/json"];
  const more = ["x-user: ada", "expect: 100-continue", "content-length: 1000", "", "{"];
  socket.write([...head, ...more].join("\r\n"));
  await once(socket, "data");
  socket.destroy();
  const logged = () => made.log.lines.filter(({ event }) => event !== "ready");
  await expect.poll(() => logged().length).toBe(1);
  expect(logged()).toMatchObject([
    { event: "model", fields: { outcome: "aborted", code: undefined } },
  ]);
});
