/** Headers of a proxy in front: accepted only from its addresses, once, and well-formed. */
import { createServer, request as httpRequest } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { describe, expect, it } from "vitest";
import { listening } from "../../../support/listening.ts";
import { identifierOf, identityOf, jwt, refusalOf, requestOf, tokenOf } from "./support.ts";

const trustedHeaders = {
  from: ["10.0.0.0/8", "192.0.2.1", "2001:db8::/32"],
  subject: "X-User",
  type: "user",
  roles: "X-Roles",
  teams: "X-Teams",
  client: "X-Client",
};
const identifier = await identifierOf({ trustedHeaders });
const proxy = "10.1.2.3";
const full = {
  "x-user": "ada",
  "x-roles": "admin,ops",
  "x-teams": "payroll",
  "x-client": "editor",
};

it("make the subject and the client", async () => {
  expect(await identityOf(identifier, requestOf(full), proxy)).toMatchObject({
    key: JSON.stringify(["proxy", "ada"]),
    subject: {
      id: "ada",
      type: "user",
      roles: ["admin", "ops"],
      teams: ["payroll"],
      permissions: [],
    },
    client: { client_id: "editor" },
  });
  const named = await identityOf(identifier, requestOf({ "X-USER": "ada" }), proxy);
  expect(named.subject).toMatchObject({ id: "ada", roles: [], teams: [] });
  expect(named.client).toBeUndefined();
  const long = await identityOf(identifier, requestOf({ "x-user": "a".repeat(256) }), proxy);
  expect(long.subject?.id).toHaveLength(256);
});

describe("the address of the proxy", () => {
  it.each([
    ["10.0.0.0", true],
    ["10.255.255.255", true],
    ["::ffff:10.1.2.3", true],
    ["192.0.2.1", true],
    ["2001:db8::1", true],
    ["2001:0DB8:0:0::1", true],
    ["11.0.0.1", false],
    ["9.255.255.255", false],
    ["192.0.2.2", false],
    ["2001:db9::1", false],
    ["::1", false],
    ["127.0.0.1", false],
    ["10.1.2", false],
    ["10.1.2.3.evil.test", false],
    ["fe80::1%eth0", false],
    ["", false],
    [undefined, false],
  ])("%s: %s", async (address, isTrusted) => {
    const found = await identifier.identify(requestOf(full), address);
    expect(found instanceof Response ? found.status : 200).toBe(isTrusted ? 200 : 403);
  });

  it("may be of a machine alone", async () => {
    const one = await identifierOf({ trustedHeaders: { ...trustedHeaders, from: ["::1"] } });
    expect((await identityOf(one, requestOf(full), "::1")).subject?.id).toBe("ada");
    expect((await refusalOf(one, requestOf(full), "::2")).status).toBe(403);
  });

  it.each([
    [["10.0.0.0/33"], "10.0.0.0/33"],
    [["10.0.0.0/-1"], "10.0.0.0/-1"],
    [["10.0.0.0/8/8"], "10.0.0.0/8/8"],
    [["10.0.0.0/"], "10.0.0.0/"],
    [["10.0.0.0/ 8"], "10.0.0.0/ 8"],
    [["2001:db8::/129"], "2001:db8::/129"],
    [["localhost"], "localhost"],
    [["10.0.0.1", "10.0.0.*"], "10.0.0.*"],
    [["fe80::1%eth0"], "fe80::1%eth0"],
    [["0.0.0.0/0"], "includes everybody"],
    [["::/0"], "includes everybody"],
    [["::ffff:0:0/96"], "is an IPv4-mapped address"],
    [["::ffff:10.0.0.1"], "is an IPv4-mapped address"],
  ])("%j is refused at the start", async (from, why) => {
    const made = identifierOf({ trustedHeaders: { ...trustedHeaders, from } });
    await expect(made).rejects.toMatchObject({
      code: "config_invalid",
      message: expect.stringContaining(why),
    });
  });
});

describe("the names of the headers", () => {
  it.each([
    [{ subject: "Authorization" }, 'subject: "Authorization" has another meaning'],
    [{ roles: "Host" }, 'roles: "Host" has another meaning'],
    [{ client: "mcp-session-id" }, "has another meaning"],
    [{ teams: "x-forwarded-for" }, "has another meaning"],
    [{ client: "x-user" }, 'client: "x-user" is already used'],
    [{ roles: "X-TEAMS" }, 'teams: "X-Teams" is already used'],
  ])("%j are refused at the start", async (names, why) => {
    const made = identifierOf({ trustedHeaders: { ...trustedHeaders, ...names } });
    await expect(made).rejects.toMatchObject({
      code: "config_invalid",
      message: expect.stringContaining(why),
    });
  });
});

describe("a header of the proxy that is not as it should be", () => {
  it.each([
    [
      "a name that comes twice",
      [
        ["x-user", "ada"],
        ["x-user", "eve"],
      ],
    ],
    [
      "the same name twice",
      [
        ["x-user", "ada"],
        ["x-user", "ada"],
      ],
    ],
    [
      "an empty name before the name",
      [
        ["x-user", ""],
        ["x-user", "eve"],
      ],
    ],
    ["a list of names", [["x-user", "ada,eve"]]],
    ["a name with a character of Latin-1", [["x-user", "\u00e4da"]]],
    ["a name with a tab", [["x-user", "a\tda"]]],
    ["a name that is too long", [["x-user", "a".repeat(257)]]],
    [
      "roles that come twice",
      [
        ["x-user", "ada"],
        ["x-roles", "admin"],
        ["x-roles", "ops"],
      ],
    ],
    [
      "roles, and none",
      [
        ["x-user", "ada"],
        ["x-roles", "admin"],
        ["x-roles", ""],
      ],
    ],
    [
      "roles with an empty one",
      [
        ["x-user", "ada"],
        ["x-roles", "admin,,ops"],
      ],
    ],
    [
      "roles with a comma at the end",
      [
        ["x-user", "ada"],
        ["x-roles", "admin,"],
      ],
    ],
    [
      "roles with blanks between",
      [
        ["x-user", "ada"],
        ["x-roles", "admin, ops"],
      ],
    ],
    [
      "teams that come twice",
      [
        ["x-user", "ada"],
        ["x-teams", "a"],
        ["x-teams", "b"],
      ],
    ],
    [
      "a client that comes twice",
      [
        ["x-user", "ada"],
        ["x-client", "a"],
        ["x-client", "b"],
      ],
    ],
    [
      "too many roles",
      [
        ["x-user", "ada"],
        ["x-roles", Array.from({ length: 30_000 }, (_, i) => i).join(",")],
      ],
    ],
  ] as const)("%s: 400", async (_name, headers) => {
    const made = await identifierOf({ trustedHeaders, anonymous: true });
    const refusal = await refusalOf(made, requestOf(headers), proxy);
    expect(refusal).toMatchObject({ status: 400, code: "header_invalid", challenge: null });
    expect(refusal.text + JSON.stringify(made.refusals)).not.toMatch(/\bada\b|\beve\b|ops/);
    // From any other address they are not read at all.
    expect((await identityOf(made, requestOf(headers), "203.0.113.7")).key).toBe('["anonymous"]');
  });

  it("comes so over a socket, too", async () => {
    const open = await identifierOf({ trustedHeaders: { ...trustedHeaders, from: ["127.0.0.1"] } });
    const server = createServer(
      getRequestListener(async (request, { incoming }) => {
        const address = "socket" in incoming ? incoming.socket?.remoteAddress : undefined;
        const found = await open.identify(request, address);
        return found instanceof Response ? found : Response.json(found);
      }),
    );
    const { port } = await listening(server);
    const send = (headers: Record<string, string | string[]>) =>
      new Promise<number | undefined>((resolve, reject) => {
        const sent = httpRequest({ port, host: "127.0.0.1", headers }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        sent.on("error", reject).end();
      });
    expect(await send({ "X-User": "ada", "X-Roles": "admin,ops" })).toBe(200);
    expect(await send({ "X-User": ["ada", "eve"] })).toBe(400);
    expect(await send({ "X-User": ["ada", "ada"] })).toBe(400);
    expect(await send({ "X-User": "ada", "X-Roles": ["admin", "ops"] })).toBe(400);
    expect(await send({ "X-User": "", "X-Roles": "admin" })).toBe(403);
  });
});

describe("a request without the name of a subject", () => {
  it.each([
    ["nothing", {}],
    ["an empty name", { "x-user": "" }],
    ["roles alone", { "x-roles": "admin" }],
    ["a token that nobody asked for", { authorization: "Bearer x" }],
  ])("has %s: 403 without a challenge", async (_name, headers) => {
    expect(await refusalOf(identifier, requestOf(headers), proxy)).toMatchObject({
      status: 403,
      code: "identity_missing",
      challenge: null,
    });
  });
});

describe("beside tokens", () => {
  it("each is another caller, and both at once are refused", async () => {
    const both = await identifierOf({ ...jwt(), trustedHeaders });
    const authorization = `Bearer ${await tokenOf()}`;
    const byProxy = await identityOf(both, requestOf(full), proxy);
    const byToken = await identityOf(both, requestOf({ authorization }), proxy);
    expect([byProxy.subject?.id, byToken.subject?.id]).toEqual(["ada", "ada"]);
    expect(byProxy.key).not.toBe(byToken.key);
    expect(await refusalOf(both, requestOf({ ...full, authorization }), proxy)).toMatchObject({
      status: 400,
      code: "identity_ambiguous",
    });
  });

  it("forged ones change nothing about whoever has a token", async () => {
    const both = await identifierOf({ ...jwt(), trustedHeaders });
    const authorization = `Bearer ${await tokenOf()}`;
    const forged = requestOf({ "x-user": "eve", "x-roles": "admin", authorization });
    const plain = requestOf({ authorization });
    expect(await identityOf(both, forged)).toEqual(await identityOf(both, plain));
  });
});
