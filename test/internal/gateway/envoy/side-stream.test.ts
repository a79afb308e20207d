/** One exchange through Envoy, whose side is simulated. */
import { EventEmitter } from "node:events";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sideStream, type ThroughEnvoy } from "../../../../src/gateway/envoy/side-stream.ts";
import { verifies } from "../../../support/verifies.ts";
import { type Played, type PlayedMessage, play } from "./support/played-envoy.ts";

const asks = (headers: Readonly<Record<string, string>> = {}): PlayedMessage["headers"] => [
  ...Object.entries({
    ":method": "POST",
    ":path": "/mcp",
    ":scheme": "http",
    ":authority": "gateway.test",
    "content-type": "text/plain",
    ...headers,
  }),
];
const answers =
  (body: readonly string[], more: Partial<PlayedMessage> = {}) =>
  () => ({
    headers: [[":status", "200"] as const, ["content-type", "text/plain"] as const],
    body,
    ...more,
  });

/** Forwards the request with a mark, and returns the answer with one. */
async function marking(request: Request, { forward }: ThroughEnvoy): Promise<Response> {
  const body = request.body === null ? null : `${await request.text()}!`;
  const answered = await forward({ headers: { "x-judged": "yes" }, body });
  const text = await answered.text();
  const headers = { "content-type": "text/plain", "x-own": "1" };
  return new Response(`${text}?`, { status: 201, headers });
}

const kinds = ["duplex", "buffered", "agentgateway"] as const;
const named = (headers: Played["headers"], name: string) => new Map(headers).get(name);

describe.each(kinds)("%s", (mode) => {
  it("passes what was judged, however the bodies are cut", async () => {
    verifies("envoy:judged");
    const pieces = fc.array(fc.string({ unit: "binary", minLength: 1 }), { maxLength: 5 });
    const trailers = fc.option(fc.constant([["x-secret", "1"] as const]), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(
        fc.record({ body: pieces }),
        fc.record({ body: pieces }),
        trailers,
        trailers,
        async (request, answer, askedTrailers, answerTrailers) => {
          const played = await play({
            mode,
            respond: marking,
            request: {
              headers: asks(),
              ...request,
              ...(askedTrailers && { trailers: askedTrailers }),
            },
            answer: answers(answer.body, answerTrailers && { trailers: answerTrailers }),
          });
          const { body, asked, status, end } = played;
          const text = (all: readonly string[]) => Buffer.from(all.join("")).toString();
          expect({ body, asked: asked?.body, status, end }).toEqual({
            body: `${text(answer.body)}?`,
            asked: `${text(request.body)}!`,
            status: 201,
            end: "ended",
          });
          expect(named(asked?.headers ?? [], "x-judged")).toBe("yes");
        },
      ),
    );
  });

  it("passes no header that was not chosen", async () => {
    verifies("envoy:chosen");
    const played = await play({
      mode,
      respond: marking,
      request: { headers: asks({ authorization: "secret", "x-user": "ada" }), body: ["a"] },
      answer: () => ({
        headers: [
          [":status", "200"],
          ["set-cookie", "a=b"],
        ],
        body: ["b"],
      }),
    });
    const names = (headers: Played["headers"]) => headers.map(([name]) => name).sort();
    expect(names(played.asked?.headers ?? [])).toEqual([
      ":authority",
      ":method",
      ":path",
      ":scheme",
      "x-judged",
    ]);
    expect(names(played.headers)).toEqual([":status", "content-type", "x-own"]);
  });

  it("refuses before anything reaches the server", async () => {
    const played = await play({
      mode,
      respond: async () => Response.json({ no: 1 }, { status: 403 }),
      request: { headers: asks(), body: ["a", "b"] },
      answer: answers(["secret"]),
    });
    expect(played).toMatchObject({ asked: undefined, status: 403, body: '{"no":1}' });
    expect(named(played.headers, "content-type")).toBe("application/json");
  });

  it("refuses an answer of which nothing has passed", async () => {
    const played = await play({
      mode,
      async respond(_request, { forward }) {
        await forward({ headers: {}, body: "a" });
        return Response.json({ no: 1 }, { status: 403 });
      },
      request: { headers: asks(), body: ["a"] },
      answer: answers(["secret"]),
    });
    expect(played).toMatchObject({ status: 403, body: '{"no":1}' });
  });

  it("ends with an error, and not as if it were done, when judging fails", async () => {
    verifies("envoy:failure");
    const before = await play({
      mode,
      respond: () => Promise.reject(new Error("It failed.")),
      request: { headers: asks(), body: ["a"] },
      answer: answers(["secret"]),
    });
    expect(before).toMatchObject({ asked: undefined, status: 500, end: "error" });
    const after = await play({
      mode,
      async respond(_request, { forward }) {
        await forward({ headers: {}, body: "a" });
        throw new Error("It failed.");
      },
      request: { headers: asks(), body: ["a"] },
      answer: answers(["secret"]),
    });
    expect(after).toMatchObject({ status: 500, end: "error", body: "" });
  });

  it("takes no header twice that may come once", async () => {
    verifies("envoy:once");
    const played = await play({
      mode,
      respond: marking,
      single: (name) => name === "x-user",
      request: { headers: [...asks({ "x-user": "ada" }), ["X-User", "root"]], body: ["a"] },
      answer: answers(["b"]),
    });
    expect(played).toMatchObject({ asked: undefined, status: 400 });
    expect(played.body).toContain("header_repeated");
  });

  it("refuses to change the protocol", async () => {
    verifies("envoy:upgrade");
    const asked = (headers: Record<string, string>) =>
      play({
        mode,
        respond: marking,
        request: { headers: asks(headers), body: ["a"] },
        answer: answers(["b"]),
      });
    const played = await asked({ connection: "keep-alive, Upgrade", upgrade: "websocket" });
    expect(played).toMatchObject({ asked: undefined, status: 405 });
    expect(played.body).toContain("upgrade_refused");
    for (const other of [{ upgrade: "websocket" }, { connection: "upgrade", upgrade: "h2c" }])
      expect(await asked(other)).toMatchObject({ status: 201 });
  });

  it("says that the caller left", async () => {
    let isAborted = false;
    let wasSent = false;
    await play({
      mode,
      async respond(request, { forward, onSent }) {
        onSent(() => {
          wasSent = true;
        });
        request.signal.addEventListener("abort", () => {
          isAborted = true;
        });
        return forward({ headers: {}, body: "a" });
      },
      request: { headers: asks(), body: ["a"] },
      answer: answers(["b"]),
      leaves: true,
    });
    expect({ isAborted, wasSent }).toEqual({ isAborted: true, wasSent: true });
  });

  it("passes what has no body, in either direction", async () => {
    const headers = asks({ ":method": "DELETE" });
    const played = await play({
      mode,
      async respond(_request, { forward }) {
        const { status } = await forward({ path: "/there?x=1", headers: {}, body: null });
        return new Response(null, { status });
      },
      request: { headers },
      answer: () => ({ headers: [[":status", "204"]] }),
    });
    expect(played).toMatchObject({ status: 204, body: "", end: "ended" });
    expect(named(played.asked?.headers ?? [], ":path")).toBe("/there?x=1");
  });

  it("refuses with a body where the server has none", async () => {
    const played = await play({
      mode,
      async respond(_request, { forward }) {
        await forward({ headers: {}, body: null });
        return Response.json({ no: 1 }, { status: 405 });
      },
      request: { headers: asks({ ":method": "GET" }) },
      answer: () => ({ headers: [[":status", "405"]] }),
    });
    expect(played).toMatchObject({ status: 405, body: '{"no":1}' });
  });
});

it("reads a path as it is, whatever it begins with", async () => {
  const urls: string[] = [];
  await play({
    mode: "duplex",
    respond: async ({ url }) => {
      urls.push(url);
      return new Response(null, { status: 202 });
    },
    request: { headers: asks({ ":path": "//other.test/mcp?x=1" }) },
    answer: answers([]),
  });
  expect(urls).toEqual(["http://gateway.test//other.test/mcp?x=1"]);
});

it("knows the address of the caller from Envoy alone", async () => {
  verifies("envoy:address");
  const remotes: unknown[] = [];
  for (const address of ["10.0.0.1:1234", "[2001:db8::1]:80", "10.0.0.2"])
    await play({
      mode: "duplex",
      respond: async (_request, { remote }) => {
        remotes.push(remote);
        return new Response(null, { status: 202 });
      },
      request: { headers: asks({ "x-forwarded-for": "127.0.0.1" }) },
      answer: answers([]),
      attributes: {
        "envoy.filters.http.ext_proc": { fields: { "source.address": { string_value: address } } },
      },
    });
  expect(remotes).toEqual(["10.0.0.1", "2001:db8::1", "10.0.0.2"]);
});

it("refuses bodies that it cannot judge", async () => {
  verifies("envoy:modes");
  for (const mode of ["streamed", "none"] as const) {
    const played = await play({
      mode,
      respond: marking,
      request: { headers: asks(), body: ["a"] },
      answer: answers(["b"]),
    });
    expect(played).toMatchObject({ asked: undefined, status: 500, end: "error" });
    expect(played.notes).toEqual(["body_mode_unsupported"]);
  }
});

it("judges what it may only observe, and answers nothing", async () => {
  const texts: string[] = [];
  const played = await play({
    mode: "streamed",
    async respond(request, { forward }) {
      texts.push(await request.text());
      const answered = await forward({ headers: {}, body: "" });
      texts.push(await answered.text());
      return Response.json({ no: 1 }, { status: 403 });
    },
    request: { headers: asks(), body: ["a", "b"] },
    answer: answers(["c"]),
    observing: true,
  });
  // When observing, the status is the number of messages that were written.
  expect(played.status).toBe(0);
  expect(texts).toEqual(["ab", "c"]);
  expect(played.notes).toEqual(["observing"]);
});

/** Sends messages as they are, and returns what came of them. */
function outcomeOf(messages: readonly object[]) {
  const call = Object.assign(new EventEmitter(), {
    written: [] as object[],
    write(message: object) {
      this.written.push(message);
      return true;
    },
    end() {},
    pause() {},
    resume() {},
  });
  const errors: string[] = [];
  const notes: string[] = [];
  call.on("error", (error: Error) => errors.push(error.message));
  const respond = () => new Promise<Response>(() => {});
  sideStream(call as never, { respond, single: () => false, onNote: (note) => notes.push(note) });
  for (const message of messages) call.emit("data", message);
  return { errors, notes, written: call.written };
}

const request = (mode: number) => ({
  protocol_config: { request_body_mode: mode, response_body_mode: mode },
  request_headers: {
    headers: { headers: asks().map(([key, value]) => ({ key, value })) },
    end_of_stream: false,
  },
});
const trailers = { trailers: { headers: [] } };
const body = { body: Buffer.from("secret"), end_of_stream: true };

it("answers no trailers of a buffered body that never came", () => {
  verifies("envoy:failure");
  const { errors, written } = outcomeOf([request(2), { request_trailers: trailers }]);
  expect(errors).toEqual(["Trailers came without a body."]);
  expect(written).toEqual([{ request_headers: { response: {} } }]);
});

/** The beginning of a response. */
const head = (headers: Readonly<Record<string, string>>, end_of_stream = true) => ({
  response_headers: {
    headers: { headers: Object.entries(headers).map(([key, value]) => ({ key, value })) },
    end_of_stream,
  },
});
const preflight = {
  ":status": "200",
  "access-control-allow-origin": "https://a.test",
  "access-control-allow-methods": "POST",
};

it.each<[string, object]>([
  ["a response", head({ ":status": "200" })],
  ["a response that is empty, but no success", head({ ":status": "304" })],
  ["a redirect", head({ ":status": "302", location: "/there" })],
  ["a response without a status", head({ "retry-after": "1" })],
  ["a status that there is not", head({ ":status": "600" })],
  [
    "a success that names no methods",
    head({ ":status": "200", "access-control-allow-origin": "*" }),
  ],
  ["a success with a body that looks like a preflight's", head(preflight, false)],
  ["a 202 that looks like a preflight's", head({ ...preflight, ":status": "202" })],
  ["the body of a request", { request_body: body }],
  ["the body of a response", { response_body: body }],
  ["the trailers of a request", { request_trailers: trailers }],
  ["the trailers of a response", { response_trailers: trailers }],
])("fails a stream that begins with %s", (_, message) => {
  verifies("envoy:begin", "envoy:failure");
  const { protocol_config } = request(4);
  for (const observability_mode of [false, true]) {
    const { errors, notes, written } = outcomeOf([
      { protocol_config, observability_mode, ...message },
      { response_body: body },
      request(4),
    ]);
    expect(errors).toEqual(["Envoy did not send the headers of the request first."]);
    expect({ notes, written }).toEqual({ notes: ["request_unseen"], written: [] });
  }
});

it.each<[string, object, number, Readonly<Record<string, string>>]>([
  [
    "asks for a login",
    head({ ":status": "401", "www-authenticate": "Bearer", "set-cookie": "a", "x-a": "1" }, false),
    401,
    { "www-authenticate": "Bearer" },
  ],
  [
    "limits the rate",
    head({ ":status": "429", "Retry-After": "7", "content-type": "a/b", "content-length": "6" }),
    429,
    { "retry-after": "7" },
  ],
  ["refuses", head({ ":status": "403", server: "envoy" }, false), 403, {}],
  [
    "names methods and more",
    head({ ":status": "405", allow: "POST", vary: "origin", "access-control-own": "1" }),
    405,
    { allow: "POST", vary: "origin" },
  ],
  [
    "has a header that is too long",
    head({ ":status": "401", "www-authenticate": "x".repeat(1_025), vary: "x".repeat(1_024) }),
    401,
    { vary: "x".repeat(1_024) },
  ],
  [
    "answers a preflight request",
    head({ ...preflight, "access-control-max-age": "60", server: "envoy" }),
    200,
    {
      "access-control-allow-methods": "POST",
      "access-control-allow-origin": "https://a.test",
      "access-control-max-age": "60",
    },
  ],
])("passes on no body of a filter before it that %s", (_, message, code, headers) => {
  verifies("envoy:begin");
  const { protocol_config } = request(4);
  const { errors, notes, written } = outcomeOf([
    { protocol_config, ...message },
    { response_body: body },
    { response_trailers: trailers },
  ]);
  const set_headers = Object.entries(headers).map(([key, value]) => ({
    header: { key, raw_value: Buffer.from(value) },
  }));
  expect({ errors, notes, written }).toEqual({
    errors: [],
    notes: ["request_unseen"],
    written: [
      {
        immediate_response: {
          status: { code },
          headers: { set_headers, remove_headers: [] },
          body: Buffer.alloc(0),
          details: "glassine",
        },
      },
    ],
  });
});

it("answers nothing for a filter before it where it may only observe", () => {
  verifies("envoy:begin", "envoy:modes");
  const { errors, written } = outcomeOf([
    { observability_mode: true, ...head({ ":status": "403" }) },
  ]);
  expect(errors).toEqual(["Envoy did not send the headers of the request first."]);
  expect(written).toEqual([]);
});

it.each<[string, object, RegExp]>([
  ["body", { response_body: body }, /A body came/],
  ["trailers", { response_trailers: trailers }, /Trailers came/],
])("fails a stream where a response has no headers, but %s", (_, message, error) => {
  verifies("envoy:failure");
  const { errors, written } = outcomeOf([request(4), message]);
  expect(errors).toEqual([expect.stringMatching(error)]);
  expect(written).toEqual([]);
});
