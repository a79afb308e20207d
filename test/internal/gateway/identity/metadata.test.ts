/** Where clients learn how to get a token: the challenge, and the document that it points to. */
import { describe, expect, it } from "vitest";
import {
  audience,
  bearing,
  identifierOf,
  issuer,
  jwt,
  refusalOf,
  requestOf,
  tokenOf,
} from "./support.ts";

const wellKnown = "/.well-known/oauth-protected-resource";
const at = (path: string, method = "GET") =>
  new Request(`http://localhost:8080${path}`, { method });

describe("the document", () => {
  it.each([[wellKnown], [`${wellKnown}/mcp`], [`${wellKnown}?a=b`]])("is at %s", async (path) => {
    const identifier = await identifierOf(jwt({ scopes: ["mcp:use"] }));
    const answer = identifier.metadata(at(path));
    expect(answer?.status).toBe(200);
    expect(answer?.headers.get("content-type")).toBe("application/json");
    expect(answer?.headers.get("access-control-allow-origin")).toBe("*");
    expect(await answer?.json()).toEqual({
      resource: audience,
      authorization_servers: [issuer],
      scopes_supported: ["mcp:use"],
      bearer_methods_supported: ["header"],
    });
  });

  it.each([
    ["/mcp"],
    ["/"],
    ["/.well-known/oauth-protected-resource2"],
    [`${wellKnown}/other`],
    [`${wellKnown}/mcp/x`],
    [`${wellKnown}/`],
    [`/x${wellKnown}`],
    ["/.well-known/openid-configuration"],
  ])("is not at %s", async (path) => {
    expect((await identifierOf(jwt())).metadata(at(path))).toBeUndefined();
  });

  it("is at the path that callers know and at the one that the gateway has", async () => {
    const resource = "https://example.com/tools/mcp";
    const identifier = await identifierOf(jwt({ audience: "api://tools", resource }), {
      path: "/rpc",
    });
    for (const path of [wellKnown, `${wellKnown}/tools/mcp`, `${wellKnown}/rpc`]) {
      const answer = identifier.metadata(at(path));
      expect([path, await answer?.json()]).toEqual([path, expect.objectContaining({ resource })]);
    }
    expect((await refusalOf(identifier, requestOf())).challenge).toBe(
      `Bearer resource_metadata="https://example.com${wellKnown}/tools/mcp"`,
    );
  });

  it("is only read", async () => {
    const identifier = await identifierOf(jwt());
    const head = identifier.metadata(at(wellKnown, "HEAD"));
    expect([head?.status, await head?.text()]).toEqual([200, ""]);
    const post = identifier.metadata(at(wellKnown, "POST"));
    expect([post?.status, post?.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });

  it("does not exist without tokens, or without a URL to speak of", async () => {
    const none = [
      {},
      { anonymous: true },
      { trustedHeaders: { from: ["10.0.0.1"], subject: "x-user" } },
    ];
    for (const identity of [...none, jwt({ audience: "api://gateway" })]) {
      expect((await identifierOf(identity)).metadata(at(wellKnown))).toBeUndefined();
    }
  });

  it("names no authorization server that is not a URL", async () => {
    const identifier = await identifierOf(jwt({ issuer: "corporate" }));
    expect(await identifier.metadata(at(wellKnown))?.json()).not.toHaveProperty(
      "authorization_servers",
    );
  });
});

describe("the challenge", () => {
  const metadata = `resource_metadata="https://gateway.example.com${wellKnown}/mcp"`;

  it("says where to get a token to whoever has none, and no error", async () => {
    const refusal = await refusalOf(await identifierOf(jwt({ scopes: ["a", "b"] })), requestOf());
    expect(refusal).toMatchObject({
      status: 401,
      code: "identity_missing",
      challenge: `Bearer scope="a b", ${metadata}`,
    });
  });

  it("says invalid_token and why to whoever has a wrong one", async () => {
    const token = await tokenOf({ claims: { aud: "other" } });
    expect(await refusalOf(await identifierOf(jwt()), bearing(token))).toMatchObject({
      status: 401,
      code: "token_invalid",
      challenge: `Bearer error="invalid_token", error_description="The token is for another audience.", ${metadata}`,
    });
  });

  it("has a parameter where nothing is known", async () => {
    const identifier = await identifierOf(jwt({ audience: "api://gateway" }));
    expect((await refusalOf(identifier, requestOf())).challenge).toBe('Bearer realm="mcp"');
  });

  it("comes with a JSON-RPC error that nobody caches", async () => {
    const answer = await (await identifierOf(jwt())).identify(requestOf(), undefined);
    if (!(answer instanceof Response)) throw new Error("not refused");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(await answer.json()).toEqual({
      jsonrpc: "2.0",
      id: null,
      error: { code: -32015, message: "A token is required.", data: { code: "identity_missing" } },
    });
  });
});
