/**
 * The caller's identity is what the issuer signed, or what the proxy in front states. Nothing else
 * in a request changes it, and what states it is not passed on.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkOrigin } from "../src/gateway/identity/index.ts";
import { bearing, issuer, jwt, tokenOf } from "../test/gateway/identity/support.ts";
import {
  identifierOf,
  identityOf,
  requestOf,
  settingsOf,
} from "../test/internal/gateway/identity/support.ts";
import { share } from "./support/runs.ts";

const trustedHeaders = {
  from: ["10.0.0.1"],
  subject: "X-User",
  roles: "X-Roles",
  teams: "X-Teams",
  client: "X-Client",
};
const identifier = await identifierOf({ ...jwt(), trustedHeaders });
const authorization = `Bearer ${await tokenOf()}`;
const ada = await identityOf(identifier, requestOf({ authorization }));

const names = fc.oneof(
  fc.constantFrom("x-user", "X-Roles", "x-teams", "x-client", "x_user", "forwarded", "via"),
  fc.constantFrom("x-forwarded-for", "x-real-ip", "cookie", "x-access-token", "x-api-key"),
  fc.constantFrom("connection", "host", "origin", "mcp-session-id", "__proto__", "x-other"),
  fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/),
);
const values = fc.oneof(
  fc.constantFrom("ada", "eve", "admin", "admin, ops", "", "10.0.0.1", "x-user, authorization"),
  fc.stringMatching(/^[ -~]{0,40}$/),
);
const headers = fc
  .array(fc.tuple(names, values), { maxLength: 12 })
  .map((list) => list.filter(([name]) => name.toLowerCase() !== "authorization"));
const ids = fc.oneof(
  fc.constantFrom("ada", "eve", '["jwt"', '","', "proxy", "\\", "a|b", "\u0000", "ada "),
  fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" }),
);

describe("the identity of a request with a token", () => {
  it("is that of the token, whatever headers come with it", async () => {
    const law = fc.asyncProperty(headers, async (more) => {
      const request = requestOf([...more, ["authorization", authorization]]);
      expect(await identityOf(identifier, request)).toEqual(ada);
    });
    await fc.assert(law);
  });

  it("has the same key exactly for the same subject", async () => {
    const law = fc.asyncProperty(ids, ids, headers, async (one, two, other) => {
      const claims = Object.fromEntries(other.map(([name, value]) => [`claim:${name}`, value]));
      const keys = await Promise.all(
        [{ sub: one }, { sub: two, ...claims }].map(async (each) => {
          const found = await identifier.identify(
            requestOf(bearing(await tokenOf({ claims: each }))),
            undefined,
          );
          return found instanceof Response ? undefined : found.key;
        }),
      );
      // A string that is not well-formed is not a subject.
      fc.pre(keys.every((key) => key !== undefined));
      expect(keys[0] === keys[1]).toBe(one === two);
      expect(JSON.parse(keys[0] ?? "")).toEqual(["jwt", issuer, one]);
    });
    await fc.assert(law, share(0.5));
  });

  it("is none once a character of the token differs", async () => {
    const token = await tokenOf({ claims: { client_id: "editor", scope: "read" } });
    const places = fc.nat({ max: token.length - 2 });
    const characters = fc.stringMatching(/^[\w.-]$/);
    const law = fc.asyncProperty(places, characters, async (at, character) => {
      fc.pre(token[at] !== character);
      const changed = token.slice(0, at) + character + token.slice(at + 1);
      const found = await identifier.identify(requestOf(bearing(changed)), undefined);
      expect(found instanceof Response && found.status).toBe(401);
    });
    await fc.assert(law);
  });
});

describe("the identity of a request through the proxy", () => {
  const items = fc.stringMatching(/^[!-+\--~]{1,20}$/);

  it("is what the proxy says, whatever else comes with it", async () => {
    const law = fc.asyncProperty(items, fc.array(items), headers, async (id, roles, more) => {
      const ofProxy = new Set(["x-user", "x-roles", "x-teams", "x-client"]);
      const others = more.filter(([name]) => !ofProxy.has(name.toLowerCase()));
      const request = requestOf([...others, ["x-user", id], ["x-roles", roles.join(",")]]);
      const found = await identityOf(identifier, request, "10.0.0.1");
      expect(found.key).toBe(JSON.stringify(["proxy", id]));
      expect(found.subject).toMatchObject({ id, roles: [...new Set(roles)].sort(), teams: [] });
    });
    await fc.assert(law);
  });

  it("is none if a copy of one of its headers comes along", async () => {
    const copies = fc.tuple(fc.constantFrom("x-user", "X-ROLES", "x-teams", "x-client"), items);
    const law = fc.asyncProperty(copies, fc.boolean(), async (copy, isFirst) => {
      const own = [
        ["x-user", "ada"],
        ["x-roles", "a"],
        ["x-teams", "b"],
        ["x-client", "c"],
      ] as const;
      const request = requestOf(isFirst ? [copy, ...own] : [...own, copy]);
      const found = await identifier.identify(request, "10.0.0.1");
      expect(found instanceof Response && found.status).toBe(400);
    });
    await fc.assert(law);
  });
});

it("headers that are shown say nothing of who is asking", () => {
  const secret = "the-secret-value";
  const secretNames = fc.constantFrom(
    "authorization",
    "Proxy-Authorization",
    "cookie",
    "x-api-key",
    "X-Auth-Token",
    "dpop",
    "x-user",
    "X-ROLES",
    "x_teams",
    "X-Client",
    "mcp-session-id",
    "x-amzn-oidc-data",
  );
  const law = fc.property(headers, secretNames, (more, name) => {
    const shown = identifier.headersToShow(requestOf([...more, [name, secret]]).headers);
    expect(JSON.stringify(shown)).not.toContain(secret);
    for (const each of Object.keys(shown)) expect(each).toBe(each.toLowerCase());
    const again = identifier.headersToShow(new Headers(Object.entries(shown)));
    expect(Object.keys(again)).toEqual(Object.keys(shown));
  });
  fc.assert(law);
});

it("a Host that gets through is one of the list, to the last character", () => {
  const { listen } = settingsOf({}, { port: 8080 });
  const allowed = ["localhost:8080", "127.0.0.1:8080", "[::1]:8080"];
  const pieces = fc.constantFrom(
    "localhost",
    "127.0.0.1",
    "[::1]",
    "evil.test",
    ":8080",
    ":80",
    ".",
    ",",
    " ",
    "@",
    "/",
    "8",
    "0",
    "LOCALHOST",
    "[",
    "]",
    "::1",
    "%00",
    "\t",
  );
  const hosts = fc.oneof(
    fc.array(pieces, { maxLength: 5 }).map((list) => list.join("")),
    values,
  );
  const law = fc.property(hosts, (host) => {
    const isIn = checkOrigin(requestOf({ host }), listen) === undefined;
    expect(isIn).toBe(allowed.includes(host.trim().toLowerCase()));
  });
  fc.assert(law);
});
