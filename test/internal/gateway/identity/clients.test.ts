/** Reactions of both SDKs' clients to refusals: they get a token or a wider one, or say why not. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import * as v2 from "@modelcontextprotocol/client";
import { ClientCredentialsProvider } from "@modelcontextprotocol/sdk/client/auth-extensions.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import {
  checkOrigin,
  createIdentifier,
  type Identifier,
} from "../../../../src/gateway/identity/index.ts";
import { listening } from "../../../support/listening.ts";
import { keyFile, rsa, settingsOf } from "./support.ts";

/**
 * An MCP endpoint behind a gateway's identity checks, and the authorization server that its
 * metadata names, which issues the requested scopes.
 */
async function serve() {
  const asked: string[] = [];
  const keys: string[] = [];
  let identifier: Identifier;
  let origin = "";
  const server = createServer(
    getRequestListener(async (request, { incoming }) => {
      const { pathname } = new URL(request.url);
      asked.push(`${request.method} ${pathname}`);
      const { port } = server.address() as AddressInfo;
      const refused = checkOrigin(request, { ...listen, port });
      if (refused) return refused;
      const metadata = identifier.metadata(request);
      if (metadata) return metadata;
      if (pathname === "/.well-known/oauth-authorization-server") {
        return Response.json({
          issuer: origin,
          authorization_endpoint: `${origin}/authorize`,
          token_endpoint: `${origin}/token`,
          response_types_supported: ["code"],
          grant_types_supported: ["client_credentials"],
          token_endpoint_auth_methods_supported: ["client_secret_basic"],
        });
      }
      if (pathname === "/token") {
        const form = new URLSearchParams(await request.text());
        asked.push(`for ${form.get("resource")} with ${form.get("scope")}`);
        return Response.json(await tokens(form.get("scope")));
      }
      if (pathname !== "/mcp") return new Response(null, { status: 404 });
      const address = "socket" in incoming ? incoming.socket?.remoteAddress : undefined;
      const who = await identifier.identify(request, address);
      if (who instanceof Response) return who;
      keys.push(who.key);
      return await answer(request);
    }),
  );
  const tokens = async (scope: string | null) => ({
    token_type: "Bearer",
    access_token: await new SignJWT({ client_id: "agent", ...(scope !== null && { scope }) })
      .setProtectedHeader({ alg: "RS256", typ: "at+jwt" })
      .setIssuer(origin)
      .setAudience(`${origin}/mcp`)
      .setSubject("agent")
      .setExpirationTime("5m")
      .sign(rsa.privateKey),
  });
  ({ url: origin } = await listening(server));
  const { identity, listen } = settingsOf({
    jwt: {
      issuer: origin,
      audience: `${origin}/mcp`,
      algorithms: ["RS256"],
      keys: { file: keyFile },
      scopes: ["mcp:use"],
    },
  });
  identifier = await createIdentifier(identity, { listen });
  return { url: new URL(`${origin}/mcp`), origin, asked, keys, tokens };
}

/** The smallest server that a client connects to. */
async function answer(request: Request): Promise<Response> {
  if (request.method !== "POST") return new Response(null, { status: 405 });
  const { id, method } = JSON.parse(await request.text());
  if (id === undefined) return new Response(null, { status: 202 });
  const result =
    method === "initialize"
      ? { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: { name: "s", version: "1" } }
      : {};
  return Response.json({ jsonrpc: "2.0", id, result });
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
        ...(authProvider && { authProvider }),
      });
      await client.connect(transport);
      return client;
    },
  },
];

describe.each(clients)("the client of SDK $name", ({ connect }) => {
  it("finds the authorization server, asks for the scopes, and comes back", async () => {
    const { url, origin, asked, keys } = await serve();
    const client = await connect(url, { issuer: origin });
    await client.ping();
    await client.close();
    expect(asked).toEqual(
      expect.arrayContaining([
        "GET /.well-known/oauth-protected-resource/mcp",
        `for ${url} with mcp:use`,
      ]),
    );
    expect(asked.filter((each) => each === "POST /token")).toHaveLength(1);
    expect(new Set(keys)).toEqual(new Set([JSON.stringify(["jwt", origin, "agent"])]));
  });

  it("gets a token with more scopes, if its own has too few", async () => {
    const { url, origin, asked, tokens } = await serve();
    const old = { ...(await tokens("other")), issuer: origin };
    const client = await connect(url, { issuer: origin, old });
    await client.ping();
    await client.close();
    expect(asked[0]).toBe("POST /mcp");
    expect(asked.filter((each) => each === "POST /token")).toHaveLength(1);
    expect(asked.find((each) => each.startsWith("for "))).toMatch(/\bmcp:use\b/);
  });

  it.each([
    ["no token", undefined, "A token is required.", "identity_missing"],
    ["a wrong token", "a.b.c", "The token is not a JWT that can be verified.", "token_invalid"],
  ])("says why, with %s and nobody who gets one", async (_name, token, reason, code) => {
    const { url, keys } = await serve();
    const error = await connect(url, token === undefined ? {} : { token }).then(
      () => "connected",
      (thrown: Error) => thrown,
    );
    expect(String(error)).toContain(reason);
    expect(String(error)).toContain(code);
    expect(keys).toEqual([]);
  });

  it("says so if its page is foreign", async () => {
    const { url, asked } = await serve();
    const error = await connect(url, { origin: "http://evil.test" }).then(
      () => "connected",
      (thrown: Error) => thrown,
    );
    expect(String(error)).toContain("origin_refused");
    expect(asked).toEqual(["POST /mcp"]);
  });
});
