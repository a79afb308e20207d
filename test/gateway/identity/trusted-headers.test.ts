/** Headers of a proxy in front: accepted only from its addresses, once, and well-formed. */
import { describe, expect, it } from "vitest";
import {
  bearing,
  connectionsFrom,
  gatewayWith,
  identityOf,
  isOneCaller,
  jwt,
  refusalOf,
  send,
  stopClock,
  tokenOf,
} from "./support.ts";

stopClock();

const trustedHeaders = {
  from: ["10.0.0.0/8", "192.0.2.1", "2001:db8::/32"],
  subject: "X-User",
  type: "user",
  roles: "X-Roles",
  teams: "X-Teams",
  client: "X-Client",
};
const behind = "10.1.2.3";

/** A gateway that sees callers at an address, by default that of the proxy. */
function gatewayBehind(identity: object, address: string | undefined = behind) {
  connectionsFrom(address);
  return gatewayWith(identity);
}

const full = {
  "x-user": "ada",
  "x-roles": "admin,ops",
  "x-teams": "payroll",
  "x-client": "editor",
};

it("make the subject and the client", async () => {
  const made = await gatewayBehind({ trustedHeaders });
  expect(await identityOf(made, full)).toMatchObject({
    subject: {
      id: "ada",
      type: "user",
      roles: ["admin", "ops"],
      teams: ["payroll"],
      permissions: [],
    },
    client: { client_id: "editor" },
  });
  const named = await identityOf(made, { "X-USER": "ada" });
  expect(named.subject).toMatchObject({ id: "ada", roles: [], teams: [] });
  expect(named.client).toBeUndefined();
  const long = await identityOf(made, { "x-user": "a".repeat(256) });
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
    connectionsFrom(address);
    const { statusCode } = await send(await gatewayWith({ trustedHeaders }), full);
    expect(statusCode).toBe(isTrusted ? 200 : 403);
  });

  it("may be of a machine alone", async () => {
    const one = { trustedHeaders: { ...trustedHeaders, from: ["::1"] } };
    expect((await identityOf(await gatewayBehind(one, "::1"), full)).subject?.id).toBe("ada");
    expect((await refusalOf(await gatewayBehind(one, "::2"), full)).status).toBe(403);
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
    const made = gatewayWith({ trustedHeaders: { ...trustedHeaders, from } });
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
    const made = gatewayWith({ trustedHeaders: { ...trustedHeaders, ...names } });
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
  ] as const)("%s: 400", async (_name, headers) => {
    const identity = { trustedHeaders, anonymous: true };
    const made = await gatewayBehind(identity);
    const refusal = await refusalOf(made, headers);
    expect(refusal).toMatchObject({ status: 400, code: "header_invalid", challenge: undefined });
    expect(refusal.text + JSON.stringify(made.refusals())).not.toMatch(/\bada\b|\beve\b|ops/);
    // From any other address they are not read at all.
    const direct = await gatewayBehind(identity, "203.0.113.7");
    expect((await identityOf(direct, headers)).subject).toBeUndefined();
  });
});

describe("a request without the name of a subject", () => {
  it.each([
    ["nothing", {}],
    ["an empty name", { "x-user": "" }],
    ["roles alone", { "x-roles": "admin" }],
    ["a token that nobody asked for", { authorization: "Bearer x" }],
  ])("has %s: 403 without a challenge", async (_name, headers) => {
    const made = await gatewayBehind({ trustedHeaders });
    expect(await refusalOf(made, headers as Record<string, string>)).toMatchObject({
      status: 403,
      code: "identity_missing",
      challenge: undefined,
    });
  });
});

describe("beside tokens", () => {
  const both = { ...jwt(), trustedHeaders };

  it("each is another caller, and both at once are refused", async () => {
    const own = bearing(await tokenOf());
    const made = await gatewayBehind(both);
    for (const headers of [full, own])
      expect((await identityOf(made, headers)).subject?.id).toBe("ada");
    expect(await isOneCaller(both, full, own)).toBe(false);
    expect(await refusalOf(made, { ...full, ...own })).toMatchObject({
      status: 400,
      code: "identity_ambiguous",
    });
  });

  it("forged ones change nothing about whoever has a token", async () => {
    const own = bearing(await tokenOf());
    const made = await gatewayWith(both);
    const forged = { "x-user": "eve", "x-roles": "admin", ...own };
    const { headers, ...plain } = await identityOf(made, own);
    expect(await identityOf(made, forged)).toEqual({ headers, ...plain });
    expect(await isOneCaller(both, own, forged)).toBe(true);
  });
});
