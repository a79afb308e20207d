/** Which headers plugins and servers see: the part of A-253 about incoming headers. */
import { createExtensions } from "glassine";
import { describe, expect, it } from "vitest";
import { excessOf } from "../../../support/growth.ts";
import { identifierOf, identityOf, refusalOf, requestOf } from "./support.ts";

const identifier = await identifierOf({
  anonymous: true,
  trustedHeaders: {
    from: ["10.0.0.1"],
    subject: "X-Remote-User",
    roles: "X-Remote-Groups",
    teams: "X-Teams",
    client: "X-App",
  },
});
const shown = (headers: Parameters<typeof requestOf>[0]) =>
  identifier.headersToShow(requestOf(headers).headers);

it.each([
  ["Authorization"],
  ["Proxy-Authorization"],
  ["Cookie"],
  ["Set-Cookie"],
  ["X-Api-Key"],
  ["Api-Key"],
  ["ApiKey"],
  ["X-Goog-Api-Key"],
  ["Ocp-Apim-Subscription-Api-Key"],
  ["X-Auth-Token"],
  ["X-Access-Token"],
  ["X-Forwarded-Access-Token"],
  ["X-Amz-Security-Token"],
  ["Private-Token"],
  ["X-CSRF-Token"],
  ["X-Vault-Token"],
  ["X-Authorization"],
  ["X-Secret"],
  ["X-Password"],
  ["DPoP"],
  ["Cf-Access-Jwt-Assertion"],
  ["X-Goog-IAP-JWT-Assertion"],
  ["X-Amzn-Oidc-Data"],
  ["X-Forwarded-Client-Cert"],
  ["SSL-Client-Cert"],
  ["X-Hub-Signature-256"],
  ["Mcp-Session-Id"],
  ["Session_Id"],
  ["Connection"],
  ["Keep-Alive"],
  ["Proxy-Connection"],
  ["TE"],
  ["Trailer"],
  ["Upgrade"],
  ["Transfer-Encoding"],
  ["Proxy-Authenticate"],
  ["Proxy-Authentication-Info"],
  ["X-Remote-User"],
  ["X-Remote-Groups"],
  ["X-Teams"],
  ["X-App"],
  ["x_remote_user"],
  ["X_Remote-User"],
  ["X-REMOTE-GROUPS"],
])("%s is not shown", (name) => {
  expect(shown({ [name]: "value-of-it", "x-other": "1" })).toEqual({
    "content-type": "text/plain;charset=UTF-8",
    "x-other": "1",
  });
});

it("the rest is, by names in lower case", () => {
  const headers = {
    "Content-Type": "application/json",
    "Mcp-Protocol-Version": "2025-11-25",
    "User-Agent": "client/1",
    "X-Request-Id": "7",
    traceparent: "00-1-2-01",
    "X-Remote-User-Agent": "a",
  };
  const all = requestOf();
  for (const [name, value] of Object.entries(headers)) all.headers.set(name, value);
  const found = identifier.headersToShow(all.headers);
  expect(found).toEqual(
    Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
  );
  expect(Object.isFrozen(found)).toBe(true);
  expect(createExtensions({ http: { headers: found } }).http?.headers).toEqual(found);
});

it("what Connection names is for the connection alone", () => {
  const headers = {
    connection: "close, X-Hop,x-other-hop",
    "x-hop": "1",
    "X-Other-Hop": "1",
    "x-stays": "1",
  };
  expect(shown(headers)).toEqual({ "content-type": "text/plain;charset=UTF-8", "x-stays": "1" });
});

it("a name that objects have is a header like any other", () => {
  const found = shown({ __proto__: null, constructor: "1" } as never);
  expect(Object.keys(found)).toContain("constructor");
  const request = requestOf();
  request.headers.set("__proto__", "x");
  expect(Object.hasOwn(identifier.headersToShow(request.headers), "__proto__")).toBe(true);
});

describe("more than an envelope holds is refused, never left out", () => {
  const many = (count: number, of: (i: number) => string = () => "1") =>
    requestOf(Array.from({ length: count }, (_, i) => [`x-h${i}`, of(i)] as const));

  it("127 headers of a caller and the content type fit", async () => {
    const request = many(127);
    expect((await identityOf(identifier, request)).key).toBe('["anonymous"]');
    const http = { headers: identifier.headersToShow(request.headers) };
    expect(Object.keys(createExtensions({ http }).http?.headers ?? {})).toHaveLength(128);
  });

  it.each([
    ["128 headers and the content type", many(128)],
    ["a value of 8 KiB and a character", many(1, () => "a".repeat(8_193))],
    ["a name of 129 characters", requestOf({ ["a".repeat(129)]: "1" })],
    ["32 KiB of all", many(10, () => "a".repeat(4_000))],
  ])("%s: 431", async (_name, request) => {
    expect(await refusalOf(identifier, request)).toMatchObject({
      status: 431,
      code: "headers_too_large",
    });
  });

  it("what is not shown may be longer", async () => {
    const request = requestOf({ cookie: "a".repeat(10_000), "x-access-token": "a".repeat(10_000) });
    expect((await identityOf(identifier, request)).key).toBe('["anonymous"]');
  });

  it("control characters: 400", async () => {
    expect(await refusalOf(identifier, requestOf({ "x-a": "a\u0001b" }))).toMatchObject({
      status: 400,
      code: "header_invalid",
    });
  });
});

it("looks through what Connection names in time that grows with its length", async () => {
  const input = (count: number) => {
    const names = Array.from({ length: count }, (_, at) => `x-${at}`);
    const headers = new Headers(names.map((name) => [`${name}-own`, "1"]));
    headers.set("connection", names.join(","));
    return headers;
  };
  const run = (headers: Headers) => Object.keys(identifier.headersToShow(headers)).length;
  expect(run(input(2))).toBe(2);
  expect(await excessOf({ input, run }, { longTime: 100, largest: 32_768 })).toBeUndefined();
});
