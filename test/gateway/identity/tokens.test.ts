/** Bearer tokens: the identity that they establish, and ways to pass a false one. */
import { createHmac, sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  audience,
  bearing,
  ec,
  ed,
  fileOf,
  gatewayWith,
  handmade,
  identityOf,
  isOneCaller,
  issuer,
  jwkOf,
  jwt,
  nowSeconds,
  otherRsa,
  pemOf,
  refusalOf,
  rsa,
  send,
  stopClock,
  type TokenInput,
  tokenOf,
} from "./support.ts";

stopClock();

describe("a token of the issuer", () => {
  it("makes the subject and the client", async () => {
    const claims = {
      sub: "ada",
      client_id: "editor",
      scope: "read write",
      realm_access: { roles: ["admin"] },
      groups: ["payroll"],
      tier: "gold",
    };
    const made = await gatewayWith(jwt({ subject: { type: "user", claims: ["tier"] } }));
    const identity = await identityOf(made, bearing(await tokenOf({ claims })));
    expect(identity).toMatchObject({
      subject: {
        id: "ada",
        type: "user",
        roles: ["admin"],
        permissions: ["read", "write"],
        teams: ["payroll"],
        claims: { tier: "gold" },
      },
      client: { client_id: "editor", authorized_scopes: ["read", "write"] },
    });
  });

  it("has its id where the operator says", async () => {
    const identity = jwt({ subject: { id: "oid" } });
    const bearerOf = async (claims: object) => bearing(await tokenOf({ claims: { ...claims } }));
    const seven = await bearerOf({ oid: "7" });
    const made = await gatewayWith(identity);
    expect((await identityOf(made, seven)).subject?.id).toBe("7");
    const again = await bearerOf({ oid: "7", sub: "eve" });
    expect(await isOneCaller(identity, seven, again)).toBe(true);
    expect(await isOneCaller(identity, seven, await bearerOf({ oid: "8" }))).toBe(false);
  });

  it("is of the same caller as all tokens of its subject, and of no other", async () => {
    const own = bearing(await tokenOf());
    for (const [claims, isOne] of [
      [{ jti: "2", client_id: "other", scope: "a" }, true],
      [{ roles: ["admin"] }, true],
      [{ sub: "eve" }, false],
    ] as const)
      expect(await isOneCaller(jwt(), own, bearing(await tokenOf({ claims })))).toBe(isOne);
  });

  it.each([["Bearer"], ["bearer"], ["BEARER"]])(
    "is taken with the scheme as %s",
    async (scheme) => {
      const request = { authorization: `${scheme} ${await tokenOf()}` };
      expect((await identityOf(await gatewayWith(jwt()), request)).subject?.id).toBe("ada");
    },
  );

  it.each([
    ["no type", undefined],
    ["JWT", "JWT"],
    ["at+jwt", "at+jwt"],
    ["application/at+jwt", "application/AT+JWT"],
  ])("may have %s", async (_name, typ) => {
    const token = await tokenOf({ header: typ === undefined ? {} : { typ } });
    expect((await identityOf(await gatewayWith(jwt()), bearing(token))).subject?.id).toBe("ada");
  });

  it("may be for several audiences, of which this is one", async () => {
    const token = await tokenOf({ claims: { aud: ["https://a.example", audience] } });
    expect((await identityOf(await gatewayWith(jwt()), bearing(token))).subject?.id).toBe("ada");
  });

  it.each([
    ["ES256", ec],
    ["EdDSA", ed],
    ["Ed25519", ed],
    ["PS256", rsa],
  ] as const)("may be signed with %s, if that is named", async (alg, { publicKey, privateKey }) => {
    const keys = { file: fileOf(pemOf(publicKey)) };
    const made = await gatewayWith(jwt({ algorithms: [alg], keys }));
    const token = await tokenOf({ header: { alg }, key: privateKey });
    expect((await identityOf(made, bearing(token))).subject?.id).toBe("ada");
    expect((await refusalOf(made, bearing(await tokenOf()))).code).toBe("token_invalid");
  });
});

describe("the times of a token", () => {
  it.each([
    ["expired within the tolerance", { exp: nowSeconds - 29 }, true],
    ["expired at its end", { exp: nowSeconds - 30 }, false],
    ["expired", { exp: nowSeconds - 31 }, false],
    ["valid soon, within the tolerance", { nbf: nowSeconds + 30 }, true],
    ["valid later", { nbf: nowSeconds + 31 }, false],
    ["issued soon, within the tolerance", { iat: nowSeconds + 30 }, true],
    ["issued later", { iat: nowSeconds + 31 }, false],
    ["issued at a time that is a string", { iat: "0" }, false],
    ["without an end", { exp: undefined }, false],
    ["with an end that is a string", { exp: String(nowSeconds + 300) }, false],
    ["with a beginning that is a string", { nbf: "0" }, false],
  ])("%s", async (_name, claims, passes) => {
    const { statusCode } = await send(await gatewayWith(jwt()), bearing(await tokenOf({ claims })));
    expect(statusCode).toBe(passes ? 200 : 401);
  });

  it("have the tolerance that the operator names", async () => {
    const made = await gatewayWith(jwt({ clockToleranceSeconds: 0 }));
    const token = await tokenOf({ claims: { exp: nowSeconds } });
    expect((await refusalOf(made, bearing(token))).message).toBe("The token has expired.");
  });
});

describe("scopes that a token must have", () => {
  const scopes = ["mcp:read", "mcp:write"];
  it.each([
    ["scope, with blanks", { scope: "mcp:write other mcp:read" }],
    ["scp, a list", { scp: scopes }],
    ["both claims", { scope: "mcp:read", scp: ["mcp:write"] }],
  ])("may be in %s", async (_name, claims) => {
    const made = await gatewayWith(jwt({ scopes }));
    const { subject } = await identityOf(made, bearing(await tokenOf({ claims })));
    expect(subject?.id).toBe("ada");
  });

  it.each([
    ["one of two", { scope: "mcp:read" }],
    ["none", {}],
    ["a longer name", { scope: "mcp:read mcp:write2" }],
    ["permissions by another name", { permissions: scopes, roles: scopes }],
  ])("are missing with %s: 403, with what is needed", async (_name, claims) => {
    const made = await gatewayWith(jwt({ scopes }));
    const refusal = await refusalOf(made, bearing(await tokenOf({ claims })));
    expect(refusal).toMatchObject({ status: 403, code: "scope_missing" });
    expect(refusal.challenge).toMatch(/^Bearer error="insufficient_scope", /);
    expect(refusal.challenge).toContain('scope="mcp:read mcp:write"');
    expect(refusal.challenge).toContain("resource_metadata=");
  });
});

describe("a token that is not what it seems", () => {
  const header = { alg: "RS256" };
  const claims = { iss: issuer, aud: audience, sub: "ada", exp: nowSeconds + 300 };
  const publicPem = pemOf(rsa.publicKey);
  const hmac = (alg: string, secret: string) => {
    const unsigned = handmade({ alg }, claims).slice(0, -1);
    const name = alg.replace("HS", "sha");
    return `${unsigned}.${createHmac(name, secret).update(unsigned).digest("base64url")}`;
  };
  const signedRsa = (strange: object) => {
    const unsigned = handmade(strange, claims).slice(0, -1);
    return `${unsigned}.${sign("sha256", Buffer.from(unsigned), rsa.privateKey).toString("base64url")}`;
  };
  const signed = (input: TokenInput) => () => tokenOf(input);

  const cases: readonly (readonly [string, () => string | Promise<string>])[] = [
    ["unsigned, alg none", () => handmade({ alg: "none" }, claims)],
    ["unsigned, alg None", () => handmade({ alg: "None" }, claims)],
    ["unsigned, alg none with a signature", () => handmade({ alg: "none" }, claims, "AAAA")],
    ["with an empty signature", () => handmade(header, claims)],
    ["without a third part", () => handmade(header, claims).slice(0, -1)],
    ["HS256 with the public key as the secret", () => hmac("HS256", publicPem)],
    ["HS256 with the trimmed public key", () => hmac("HS256", publicPem.trim())],
    ["HS512 with the JWK as the secret", () => hmac("HS512", JSON.stringify(jwkOf(rsa)))],
    ["HS256 with an empty secret", () => hmac("HS256", "\0")],
    ["signed with another key", signed({ key: otherRsa.privateKey })],
    [
      "with its own key in the header",
      signed({ header: { jwk: jwkOf(otherRsa) }, key: otherRsa.privateKey }),
    ],
    [
      "with the address of its key",
      signed({ header: { jku: "https://evil.test/k" }, key: otherRsa.privateKey }),
    ],
    [
      "with a certificate",
      signed({ header: { x5c: ["AAAA"], x5u: "https://evil.test/c" }, key: otherRsa.privateKey }),
    ],
    ["signed with an algorithm that is not named", signed({ header: { alg: "PS256" } })],
    ["with a critical extension", () => signedRsa({ ...header, crit: ["b"], b: 1 })],
    ["expired", signed({ claims: { exp: nowSeconds - 3600 } })],
    ["for another audience", signed({ claims: { aud: "https://other.example.com" } })],
    ["for an audience that begins alike", signed({ claims: { aud: `${audience}/admin` } })],
    ["for no audience", signed({ claims: { aud: undefined } })],
    ["of another issuer", signed({ claims: { iss: "https://evil.test" } })],
    ["of an issuer with a slash more", signed({ claims: { iss: `${issuer}/` } })],
    ["of no issuer", signed({ claims: { iss: undefined } })],
    ["without a subject", signed({ claims: { sub: undefined } })],
    ["with an empty subject", signed({ claims: { sub: "" } })],
    ["with a subject that is a number", signed({ claims: { sub: 7 } })],
    ["with a subject that is a list", signed({ claims: { sub: ["ada"] } })],
    ["with roles that are an object", signed({ claims: { roles: { admin: true } } })],
    ["with roles that hold a number", signed({ claims: { roles: ["a", 1] } })],
    ["with scopes that are a number", signed({ claims: { scope: 1 } })],
    ["with a client that is a list", signed({ claims: { client_id: ["a"] } })],
    ["with realm_access that is a string", signed({ claims: { realm_access: "admin" } })],
    ["that is for logging out", signed({ header: { typ: "logout+jwt" } })],
    ["whose type begins alike", signed({ header: { typ: "jwt-logout" } })],
    ["that is a proof of possession", signed({ header: { typ: "dpop+jwt" } })],
    ["bound to a key", signed({ claims: { cnf: { jkt: "AAAA" } } })],
    ["inside a token", async () => handmade(header, await tokenOf(), "AAAA")],
    ["encrypted", () => "e30.AAAA.AAAA.AAAA.AAAA"],
    ["whose payload is a list", () => handmade(header, [claims], "AAAA")],
    ["whose header is no object", () => handmade("RS256", claims, "AAAA")],
    ["that is no token", () => "opaque"],
    ["of more than 16 KiB", signed({ claims: { more: "a".repeat(16_384) } })],
    ["of 16 KiB, with points", () => "A.".repeat(8192)],
  ];

  it.each(cases)("%s is refused, and nothing of it is repeated", async (_name, make) => {
    const token = await make();
    const made = await gatewayWith(jwt());
    const refusal = await refusalOf(made, bearing(token));
    expect(refusal).toMatchObject({ status: expect.toBeOneOf([400, 401]) });
    expect(refusal.challenge).toMatch(/^Bearer error="invalid_(?:token|request)", /);
    expect(made.refusals()).toHaveLength(1);
    const said = refusal.text + JSON.stringify(made.refusals());
    for (const part of token.split(".").filter((each) => each.length > 3)) {
      expect(said).not.toContain(part.slice(0, 64));
    }
    expect(said).not.toMatch(/\bada\b|evil\.test/);
  });

  it("is signed right, but for what is strange about it", async () => {
    const found = await identityOf(await gatewayWith(jwt()), bearing(signedRsa(header)));
    expect(found.subject?.id).toBe("ada");
  });

  it("has a signature that fits each character of it", async () => {
    const token = await tokenOf();
    const from = token.indexOf(".") + 1;
    for (let at = from; at < token.length - 1; at += 7) {
      if (token[at] === ".") continue;
      const changed = token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
      expect((await refusalOf(await gatewayWith(jwt()), bearing(changed))).status).toBe(401);
    }
  });

  it("cannot choose among keys with what it writes into kid", async () => {
    const keys = [jwkOf(rsa, { kid: "1" }), jwkOf(ec, { kid: "2" })];
    const made = await gatewayWith(jwt({ keys: { file: fileOf(JSON.stringify({ keys })) } }));
    const right = await tokenOf({ header: { kid: "1" } });
    expect((await identityOf(made, bearing(right))).subject?.id).toBe("ada");
    const kids = ["2", "../../dev/null", "' OR 1=1 --", "__proto__", "", "1\0", "0"];
    for (const kid of kids) {
      const refusal = await refusalOf(made, bearing(await tokenOf({ header: { kid } })));
      expect([kid, refusal.code]).toEqual([kid, "token_invalid"]);
    }
    const numbered = await tokenOf({ header: { kid: 1 } });
    expect((await refusalOf(made, bearing(numbered))).code).toBe("token_invalid");
  });
});

describe("credentials of another kind", () => {
  it.each([
    ["two tokens in two headers", 400, ["Bearer TOKEN", "Bearer TOKEN"]],
    ["a token behind a password", 401, ["Basic YTpi", "Bearer TOKEN"]],
    ["a token before a password", 400, ["Bearer TOKEN", "Basic YTpi"]],
    ["a password", 401, ["Basic YTpi"]],
    ["a proof of possession", 401, ["DPoP TOKEN"]],
    ["an empty header", 401, [""]],
    ["a scheme without a token", 400, ["Bearer"]],
    ["a token with parameters", 400, ['Bearer TOKEN, realm="a"']],
    ["a token with a blank in it", 400, ["Bearer TOKEN x"]],
  ])("%s: %s", async (_name, status, values) => {
    const token = await tokenOf();
    const headers = values.map(
      (value) => ["authorization", value.replace("TOKEN", token)] as const,
    );
    expect(await refusalOf(await gatewayWith(jwt()), headers)).toMatchObject({ status });
    const open = await gatewayWith({ ...jwt(), anonymous: true });
    expect(await refusalOf(open, headers)).toMatchObject({ status });
  });

  it("in the URL or a cookie are not looked at", async () => {
    const token = await tokenOf();
    const path = `/mcp?access_token=${token}&authorization=Bearer%20${token}`;
    const headers = { cookie: `access_token=${token}`, "x-access-token": token };
    expect(await refusalOf(await gatewayWith(jwt()), headers, { path })).toMatchObject({
      status: 401,
      code: "identity_missing",
    });
  });
});
