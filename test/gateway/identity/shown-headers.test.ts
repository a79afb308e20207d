/** Which headers plugins and servers see: the part of A-253 about incoming headers. */
import { describe, expect, it } from "vitest";
import { gatewayWith, type HeaderInput, identityOf, refusalOf, usual } from "./support.ts";

const identity = {
  anonymous: true,
  trustedHeaders: {
    from: ["10.0.0.1"],
    subject: "X-Remote-User",
    roles: "X-Remote-Groups",
    teams: "X-Teams",
    client: "X-App",
  },
};

/** The shown headers, but for those that every call has. */
async function shown(headers: HeaderInput) {
  const { headers: all } = await identityOf(await gatewayWith(identity), headers);
  const names = [...Object.keys(usual), "host", "content-length"];
  return Object.fromEntries(Object.entries(all).filter(([name]) => !names.includes(name)));
}

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
  ["Proxy-Authenticate"],
  ["Proxy-Authentication-Info"],
  ["X-Remote-User"],
  ["X-Remote-Groups"],
  ["X-Teams"],
  ["X-App"],
  ["x_remote_user"],
  ["X_Remote-User"],
  ["X-REMOTE-GROUPS"],
])("%s is not shown", async (name) => {
  expect(await shown({ [name]: "value-of-it", "x-other": "1" })).toEqual({ "x-other": "1" });
});

it("Transfer-Encoding is not shown", async () => {
  expect(await shown({ "Transfer-Encoding": "chunked" })).toEqual({});
});

it("the rest is, by names in lower case", async () => {
  const headers = {
    "Content-Type": "application/json",
    "Mcp-Protocol-Version": "2026-07-28",
    "User-Agent": "client/1",
    "X-Request-Id": "7",
    traceparent: "00-1-2-01",
    "X-Remote-User-Agent": "a",
  };
  const found = await identityOf(await gatewayWith(identity), headers);
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  expect(found.headers).toMatchObject(Object.fromEntries(lower));
});

it("what Connection names is for the connection alone", async () => {
  const headers = {
    connection: "close, X-Hop,x-other-hop",
    "x-hop": "1",
    "X-Other-Hop": "1",
    "x-stays": "1",
  };
  expect(await shown(headers)).toEqual({ "x-stays": "1" });
});

it("a name that objects have is a header like any other", async () => {
  const found = await shown([
    ["constructor", "1"],
    ["__proto__", "x"],
  ]);
  expect(Object.keys(found).sort()).toEqual(["__proto__", "constructor"]);
});

describe("more than an envelope holds is refused, never left out", () => {
  const many = (count: number, of: () => string = () => "1"): HeaderInput =>
    Array.from({ length: count }, (_, i) => [`x-h${i}`, of()] as const);
  /** The usual ones, the host and the length. */
  const others = Object.keys(usual).length + 2;

  it("128 headers fit", async () => {
    const { headers } = await identityOf(await gatewayWith(identity), many(128 - others));
    expect(Object.keys(headers)).toHaveLength(128);
  });

  it.each([
    ["129 headers", many(129 - others)],
    ["a value of 8 KiB and a character", many(1, () => "a".repeat(8_193))],
    ["a name of 129 characters", { ["a".repeat(129)]: "1" }],
  ])("%s: 431", async (_name, headers) => {
    expect(await refusalOf(await gatewayWith(identity), headers)).toMatchObject({
      status: 431,
      code: "headers_too_large",
    });
  });

  it("what is not shown may be longer", async () => {
    const headers = { cookie: "a".repeat(10_000), "x-access-token": "a".repeat(10_000) };
    expect(await shown(headers)).toEqual({});
  });
});
