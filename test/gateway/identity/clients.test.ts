/** Reactions of both SDKs' clients to refusals: they get a token or a wider one, or say why not. */
import { text } from "node:stream/consumers";
import * as v2 from "@modelcontextprotocol/client";
import { ClientCredentialsProvider } from "@modelcontextprotocol/sdk/client/auth-extensions.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { freePort } from "../../../tools/real/free-port.ts";
import { afterTest } from "../../support/cleanup.ts";
import { listening } from "../../support/listening.ts";
import { loggedBy } from "../attacks/support.ts";
import { fakeServer } from "../run/support/fake-server.ts";
import { startGateway } from "../run/support/gateway.ts";
import { jwt, rsa } from "./support.ts";

/** A gateway, and the authorization server that its metadata names, which issues what is asked. */
async function serve() {
  const asked: string[] = [];
  const { url: issuer } = await listening(async (request, response) => {
    const json = (document: object) =>
      response.setHeader("content-type", "application/json").end(JSON.stringify(document));
    if (request.url === "/.well-known/oauth-authorization-server")
      return json({
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        response_types_supported: ["code"],
        grant_types_supported: ["client_credentials"],
        token_endpoint_auth_methods_supported: ["client_secret_basic"],
      });
    if (request.url !== "/token") return response.writeHead(404).end();
    const form = new URLSearchParams(await text(request));
    asked.push(`for ${form.get("resource")} with ${form.get("scope")}`);
    json(await tokens(form.get("scope")));
  });
  // Before the port is chosen, which it could get otherwise.
  const server = await fakeServer((came) => came.answer("fine"));
  afterTest(server.close);
  const port = await freePort();
  const audience = `http://127.0.0.1:${port}/mcp`;
  const tokens = async (scope: string | null) => ({
    token_type: "Bearer",
    access_token: await new SignJWT({ client_id: "agent", ...(scope !== null && { scope }) })
      .setProtectedHeader({ alg: "RS256", typ: "at+jwt" })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject("agent")
      .setExpirationTime("5m")
      .sign(rsa.privateKey),
  });
  const identity = jwt({ issuer, audience, scopes: ["mcp:use"] });
  const servers = { fake: { url: server.url } };
  const made = await startGateway({ servers, identity, listen: { port } });
  afterTest(made.close);
  /** Notes what a client asks. */
  const noting: typeof fetch = (input, init) => {
    const { method, url } = new Request(input, init);
    asked.push(`${method} ${new URL(url).pathname}`);
    return fetch(input, init);
  };
  const requests = () => loggedBy(made, "request");
  return { ...made, server, requests, issuer, asked, fetch: noting, tokens };
}

const info = { name: "client", version: "1" };
const credentials = (issuer: string) => ({
  clientId: "agent",
  clientSecret: "s",
  expectedIssuer: issuer,
});

interface Options {
  readonly issuer?: string;
  readonly token?: string;
  readonly origin?: string;
  readonly old?: object;
  readonly fetch: typeof fetch;
}

const headersOf = ({ token, origin }: Options): Record<string, string> => ({
  ...(token !== undefined && { authorization: `Bearer ${token}` }),
  ...(origin !== undefined && { origin }),
});

// The v1 client asks for the scopes in its own configuration, whatever the challenge says.
const clients = [
  {
    name: "v1",
    connect: async (url: URL, options: Options) => {
      const { issuer, old } = options;
      const authProvider =
        issuer === undefined
          ? undefined
          : new ClientCredentialsProvider({ ...credentials(issuer), scope: "mcp:use" });
      if (old) authProvider?.saveTokens(old as never);
      const headers = headersOf(options);
      const client = new Client(info);
      const transport = new StreamableHTTPClientTransport(url, {
        requestInit: { headers },
        fetch: options.fetch,
        ...(authProvider && { authProvider }),
      });
      await client.connect(transport as Transport);
      return client;
    },
  },
  {
    name: "v2",
    connect: async (url: URL, options: Options) => {
      const { issuer, old } = options;
      const authProvider =
        issuer === undefined ? undefined : new v2.ClientCredentialsProvider(credentials(issuer));
      if (old) authProvider?.saveTokens(old as never);
      const headers = headersOf(options);
      const client = new v2.Client(info);
      const transport = new v2.StreamableHTTPClientTransport(url, {
        requestInit: { headers },
        fetch: options.fetch,
        ...(authProvider && { authProvider }),
      });
      await client.connect(transport);
      return client;
    },
  },
];

describe.each(clients)("the client of SDK $name", ({ connect }) => {
  it("finds the authorization server, asks for the scopes, and comes back", async () => {
    const { url, issuer, asked, fetch, requests } = await serve();
    const client = await connect(url, { issuer, fetch });
    await client.callTool({ name: "x" });
    await client.close();
    expect(asked).toEqual(
      expect.arrayContaining([
        "GET /.well-known/oauth-protected-resource/mcp",
        `for ${url} with mcp:use`,
      ]),
    );
    expect(asked.filter((each) => each === "POST /token")).toHaveLength(1);
    expect(requests().at(-1)).toMatchObject({ method: "tools/call", subject: "agent" });
  });

  it("gets a token with more scopes, if its own has too few", async () => {
    const { url, issuer, asked, fetch, tokens } = await serve();
    const old = { ...(await tokens("other")), issuer };
    const client = await connect(url, { issuer, old, fetch });
    await client.callTool({ name: "x" });
    await client.close();
    expect(asked[0]).toBe("POST /mcp");
    expect(asked.filter((each) => each === "POST /token")).toHaveLength(1);
    expect(asked.find((each) => each.startsWith("for "))).toMatch(/\bmcp:use\b/);
  });

  it.each([
    ["no token", undefined, "A token is required.", "identity_missing"],
    ["a wrong token", "a.b.c", "The token is not a JWT that can be verified.", "token_invalid"],
  ])("says why, with %s and nobody who gets one", async (_name, token, reason, code) => {
    const { url, fetch, server } = await serve();
    const error = await connect(url, { ...(token !== undefined && { token }), fetch }).then(
      () => "connected",
      (thrown: Error) => thrown,
    );
    expect(String(error)).toContain(reason);
    expect(String(error)).toContain(code);
    expect(server.came).toEqual([]);
  });

  it("says so if its page is foreign", async () => {
    const { url, asked, fetch } = await serve();
    const error = await connect(url, { origin: "http://evil.test", fetch }).then(
      () => "connected",
      (thrown: Error) => thrown,
    );
    expect(String(error)).toContain("origin_refused");
    expect(asked).toEqual(["POST /mcp"]);
  });
});
