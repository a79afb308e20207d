/** Where clients learn how to get a token: the challenge, and the document that it points to. */
import type { IncomingMessage } from "node:http";
import { json, text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import {
  audience,
  bearing,
  gatewayWith,
  issuer,
  jwt,
  refusalOf,
  send,
  stopClock,
  tokenOf,
} from "./support.ts";

stopClock();

const wellKnown = "/.well-known/oauth-protected-resource";
const read = (to: { readonly url: URL }, path: string, method = "GET"): Promise<IncomingMessage> =>
  send(to, {}, { path, method });

describe("the document", () => {
  it.each([[wellKnown], [`${wellKnown}/mcp`], [`${wellKnown}?a=b`]])("is at %s", async (path) => {
    const answer = await read(await gatewayWith(jwt({ scopes: ["mcp:use"] })), path);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({
      "content-type": "application/json",
      "access-control-allow-origin": "*",
    });
    expect(await json(answer)).toEqual({
      resource: audience,
      authorization_servers: [issuer],
      scopes_supported: ["mcp:use"],
      bearer_methods_supported: ["header"],
    });
  });

  it.each([
    ["/"],
    ["/.well-known/oauth-protected-resource2"],
    [`${wellKnown}/other`],
    [`${wellKnown}/mcp/x`],
    [`${wellKnown}/`],
    [`/x${wellKnown}`],
    ["/.well-known/openid-configuration"],
  ])("is not at %s", async (path) => {
    expect((await read(await gatewayWith(jwt()), path)).statusCode).toBe(404);
  });

  it("is at the path that callers know and at the one that the gateway has", async () => {
    const resource = "https://example.com/tools/mcp";
    const identity = jwt({ audience: "api://tools", resource });
    const made = await gatewayWith(identity, { path: "/rpc" });
    for (const path of [wellKnown, `${wellKnown}/tools/mcp`, `${wellKnown}/rpc`]) {
      const document = await json(await read(made, path));
      expect([path, document]).toEqual([path, expect.objectContaining({ resource })]);
    }
    expect((await refusalOf(made, {}, { path: "/rpc" })).challenge).toBe(
      `Bearer resource_metadata="https://example.com${wellKnown}/tools/mcp"`,
    );
  });

  it("is only read", async () => {
    const made = await gatewayWith(jwt());
    const head = await read(made, wellKnown, "HEAD");
    expect([head.statusCode, await text(head)]).toEqual([200, ""]);
    const post = await read(made, wellKnown, "POST");
    expect([post.statusCode, post.headers.allow]).toEqual([405, "GET, HEAD"]);
  });

  it("does not exist without tokens, or without a URL to speak of", async () => {
    const none = [
      {},
      { anonymous: true },
      { trustedHeaders: { from: ["10.0.0.1"], subject: "x-user" } },
    ];
    for (const identity of [...none, jwt({ audience: "api://gateway" })]) {
      expect((await read(await gatewayWith(identity), wellKnown)).statusCode).toBe(404);
    }
  });

  it("names no authorization server that is not a URL", async () => {
    const made = await gatewayWith(jwt({ issuer: "corporate" }));
    expect(await json(await read(made, wellKnown))).not.toHaveProperty("authorization_servers");
  });
});

describe("the challenge", () => {
  const metadata = `resource_metadata="https://gateway.example.com${wellKnown}/mcp"`;

  it("says where to get a token to whoever has none, and no error", async () => {
    const refusal = await refusalOf(await gatewayWith(jwt({ scopes: ["a", "b"] })));
    expect(refusal).toMatchObject({
      status: 401,
      code: "identity_missing",
      challenge: `Bearer scope="a b", ${metadata}`,
    });
  });

  it("says invalid_token and why to whoever has a wrong one", async () => {
    const token = await tokenOf({ claims: { aud: "other" } });
    expect(await refusalOf(await gatewayWith(jwt()), bearing(token))).toMatchObject({
      status: 401,
      code: "token_invalid",
      challenge: `Bearer error="invalid_token", error_description="The token is for another audience.", ${metadata}`,
    });
  });

  it("has a parameter where nothing is known", async () => {
    const made = await gatewayWith(jwt({ audience: "api://gateway" }));
    expect((await refusalOf(made)).challenge).toBe('Bearer realm="mcp"');
  });

  it("comes with a JSON-RPC error that nobody caches", async () => {
    const answer = await send(await gatewayWith(jwt()));
    expect(answer.headers["cache-control"]).toBe("no-store");
    expect(await json(answer)).toEqual({
      jsonrpc: "2.0",
      id: null,
      error: { code: -32015, message: "A token is required.", data: { code: "identity_missing" } },
    });
  });
});
