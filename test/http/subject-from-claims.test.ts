/** Maps a verified token's claims to the subject and the client of an envelope. */
import { createExtensions } from "glassine";
import { clientFromClaims, type SubjectMapping, subjectFromClaims } from "glassine/http";
import { describe, expect, it } from "vitest";
import { codeOf, refusalOf } from "../data/support.ts";
import { verifies } from "../support/verifies.ts";

const jwt = { iss: "https://issuer.example", sub: "ada", aud: "api", exp: 2_000_000_000, iat: 1 };
const subjectOf = (claims: object, mapping?: SubjectMapping) =>
  subjectFromClaims({ ...jwt, ...claims }, mapping);

describe("the default mapping", () => {
  it("reads tokens of common issuers", () => {
    verifies("identity:subject", "identity:lists");
    const tokens = {
      keycloak: { realm_access: { roles: ["admin"] }, scope: "openid email" },
      entra: { roles: ["Task.Read"], scp: "User.Read Mail.Send", groups: ["g-1"] },
      okta: { scp: ["read", "write"], groups: ["Everyone"] },
      auth0: { scope: "read:all", permissions: ["read:all", "write:own"] },
      cognito: { "cognito:groups": ["ops"], scope: "aws.cognito.signin.user.admin" },
    };
    const made = Object.entries(tokens).map(([issuer, claims]) => {
      const { roles, permissions, teams } = subjectOf(claims);
      return [issuer, { roles, permissions, teams }];
    });
    expect(Object.fromEntries(made)).toEqual({
      keycloak: { roles: ["admin"], permissions: ["email", "openid"], teams: [] },
      entra: { roles: ["Task.Read"], permissions: ["Mail.Send", "User.Read"], teams: ["g-1"] },
      okta: { roles: [], permissions: ["read", "write"], teams: ["Everyone"] },
      auth0: { roles: [], permissions: ["read:all", "write:own"], teams: [] },
      cognito: { roles: [], permissions: ["aws.cognito.signin.user.admin"], teams: ["ops"] },
    });
  });

  it("shows an id, and of a token with nothing else nothing else", () => {
    verifies("identity:subject");
    const subject = subjectOf({ email: "ada@example.com" });
    const lists = { roles: [], permissions: [], teams: [], claims: {} };
    expect(subject).toEqual({ id: "ada", ...lists });
    const extensions = createExtensions({ security: { subject } });
    expect(JSON.stringify(extensions)).not.toMatch(/example|200000/);
  });

  it("takes a single string as a list of one, and splits none but scopes", () => {
    verifies("identity:lists");
    const subject = subjectOf({ roles: "Shift Lead", groups: "", scope: " a  b " });
    expect(subject.roles).toEqual(["Shift Lead"]);
    expect(subject.teams).toEqual([]);
    expect(subject.permissions).toEqual(["a", "b"]);
  });

  it("knows names by their exact spelling", () => {
    verifies("identity:names");
    const subject = subjectOf({ Roles: ["x"], ROLES: ["y"], "realm_access.roles": ["z"] });
    expect(subject.roles).toEqual([]);
    expect(codeOf(() => subjectFromClaims({ Sub: "ada", SUB: "ada" }))).toBe("claims_invalid");
  });

  it("puts a role that is named twice into the set once", () => {
    const claims = { roles: ["a", "b", "a"], realm_access: { roles: ["b", "c"] } };
    expect(subjectOf(claims).roles).toEqual(["a", "b", "c"]);
  });
});

describe("a mapping", () => {
  it("replaces the defaults of the fields it names", () => {
    verifies("identity:subject");
    const claims = {
      oid: "7",
      roles: ["ignored"],
      "https://example.com/roles": ["admin"],
      resource_access: { "my.api": { roles: ["reader"] } },
    };
    const subject = subjectOf(claims, {
      id: "oid",
      type: "agent",
      roles: ["https://example.com/roles", ["resource_access", "my.api", "roles"]],
      teams: [],
    });
    expect(subject).toMatchObject({ id: "7", type: "agent", roles: ["admin", "reader"] });
  });

  it("shows the claims it names, of every JSON type, as strings", () => {
    verifies("identity:text", "identity:absent");
    const claims = {
      text: "gold",
      empty: "",
      number: 1.5,
      yes: true,
      no: false,
      nothing: null,
      list: [1, "two", null],
      object: { a: { b: 1 } },
      "a.b/c": "dotted",
      ["__proto__"]: "own",
      constructor: "own",
    };
    const subject = subjectOf(claims, {
      claims: [
        "text",
        "empty",
        "number",
        "yes",
        "no",
        "nothing",
        "list",
        "object",
        "a.b/c",
        "__proto__",
        "constructor",
        "toString",
        "absent",
        ["object", "a", "b"],
        ["nothing", "at", "all"],
      ],
    });
    expect(Object.entries(subject.claims)).toEqual([
      ["text", "gold"],
      ["empty", ""],
      ["number", "1.5"],
      ["yes", "true"],
      ["no", "false"],
      ["list", '[1,"two",null]'],
      ["object", '{"a":{"b":1}}'],
      ["a.b/c", "dotted"],
      ["__proto__", "own"],
      ["constructor", "own"],
      ["object.a.b", "1"],
    ]);
  });

  it("never shows what is secret", () => {
    verifies("identity:secret");
    const some = "jti nonce at_hash c_hash s_hash rt_hash cnf sid";
    const names = `${some} access_token id_token refresh_token _claim_sources`.split(" ");
    const secret = "s3cret";
    const hidden = Object.fromEntries([...names, "Nonce"].map((name) => [name, secret]));
    const session = { ...hidden, deep: [{ cnf: { jkt: secret }, tier: "gold" }] };
    const subject = subjectOf({ session, sid: secret }, { claims: ["session"] });
    expect(subject.claims).toEqual({ session: '{"deep":[{"tier":"gold"}]}' });
    for (const name of [...names, "JTI", "Access_Token"]) {
      for (const mapping of [{ claims: [name] }, { id: name }, { roles: [["a", name]] }]) {
        expect(codeOf(() => subjectOf({}, mapping))).toBe("options_invalid");
      }
    }
  });

  it.each<[string, unknown]>([
    ["an unknown option", { role: ["roles"] }],
    ["a list that is a string", { roles: "roles" }],
    ["an empty name", { roles: [""] }],
    ["an empty path", { roles: [[]] }],
    ["a name that is a number", { roles: [["roles", 0]] }],
    ["a type that subjects do not have", { type: "robot" }],
    ["two claims of one name", { claims: ["a.b", ["a", "b"]] }],
    ["a flag that is a string", { requireId: "no" }],
    ["no object", null],
  ])("with %s is refused", (_name, mapping) => {
    expect(codeOf(() => subjectOf({}, mapping as SubjectMapping))).toBe("options_invalid");
  });
});

describe("a claim of the wrong type", () => {
  it.each<[string, object, string]>([
    ["a number as id", { sub: 18_151 }, "The claim sub must be a string, got a number."],
    ["an object as id", { sub: { x: "Tr0ub" } }, "The claim sub must be a string, got an object."],
    [
      "a number as roles",
      { roles: 18_151 },
      "The claim roles must be a string or a list of strings, got a number.",
    ],
    [
      "a boolean among roles",
      { roles: ["Tr0ub", true] },
      "The claim roles[1] must be a string, got a boolean.",
    ],
    [
      "null among groups",
      { "cognito:groups": [null] },
      'The claim ["cognito:groups"][0] must be a string, got null.',
    ],
    [
      "a string where an object leads on",
      { realm_access: "Tr0ub" },
      "The claim realm_access must be an object, got a string.",
    ],
    [
      "a list where an object leads on",
      { realm_access: [{ roles: ["Tr0ub"] }] },
      "The claim realm_access must be an object, got an array.",
    ],
  ])("is refused with its name and type: %s", (_name, claims, message) => {
    verifies("identity:types");
    const error = refusalOf(() => subjectOf(claims));
    expect(error).toMatchObject({ code: "claims_invalid", message });
    expect(JSON.stringify(error.data)).not.toMatch(/Tr0ub|18151/);
  });

  it("is nobody's business if the mapping does not name it", () => {
    expect(subjectOf({ roles: 7 }, { roles: [] }).roles).toEqual([]);
  });
});

describe("the id", () => {
  it.each([{}, { sub: null }, { sub: "" }])("has to be there: %j", (claims) => {
    verifies("identity:absent");
    expect(codeOf(() => subjectFromClaims(claims))).toBe("claims_invalid");
    const subject = subjectFromClaims(claims, { requireId: false, type: "service" });
    expect(subject.id).toBeUndefined();
    expect(subject.type).toBe("service");
  });
});

describe("a hostile payload", () => {
  let ran = 0;
  const run = () => {
    ran += 1;
    return "ada";
  };
  it.each<[string, () => unknown]>([
    ["a token that nobody decoded", () => "eyJhbGciOiJub25lIn0.e30."],
    ["what jwtVerify promises", () => Promise.resolve(jwt)],
    ["what jwtVerify returns, instead of its payload", () => ({ payload: jwt })],
    ["a list", () => [jwt]],
    ["null", () => null],
    ["a getter", () => Object.defineProperty({}, "sub", { get: run, enumerable: true })],
    ["a proxy", () => new Proxy(jwt, { get: run, ownKeys: () => ["sub"] })],
    ["an inherited id", () => Object.create({ sub: "ada" })],
    ["an id below __proto__", () => JSON.parse('{"__proto__":{"sub":"ada"}}')],
    ["half a surrogate pair", () => ({ sub: "ada\ud800" })],
    ["half a pair in what nobody reads", () => ({ ...jwt, note: "\udc00" })],
    ["a date", () => ({ sub: new Date(0) })],
    ["a bigint", () => ({ ...jwt, n: 1n })],
    ["a million roles", () => ({ ...jwt, roles: Array.from({ length: 1_000_000 }, () => "a") })],
    ["half a million scopes", () => ({ ...jwt, scope: "a ".repeat(500_000) })],
    ["a sparse list", () => ({ ...jwt, roles: Array(3) })],
    ["a list of forty levels", () => ({ ...jwt, roles: deep(40) })],
    ["a cycle", () => cycle()],
  ])("is refused with a code: %s", (_name, make) => {
    verifies("identity:read-once", "identity:fits");
    const error = refusalOf(() => subjectFromClaims(make() as object));
    expect(error.code).toBe("claims_invalid");
    expect(ran).toBe(0);
  });

  function deep(levels: number): unknown {
    return levels === 0 ? [] : [deep(levels - 1)];
  }

  function cycle(): object {
    const payload: Record<string, unknown> = { ...jwt };
    payload.self = payload;
    return payload;
  }

  it("leaves nothing of itself in a subject", () => {
    verifies("identity:read-once");
    const roles = ["admin"];
    const payload = { sub: "ada", roles };
    const subject = subjectFromClaims(payload);
    roles.push("root");
    expect(subject.roles).toEqual(["admin"]);
    expect(Object.isFrozen(subject) && Object.isFrozen(subject.roles)).toBe(true);
    expect(payload).toEqual({ sub: "ada", roles: ["admin", "root"] });
  });

  it("grows no larger than an envelope may be, however it is mapped", () => {
    verifies("identity:fits");
    const wide = { sub: "ada", big: "\u0001".repeat(900_000) };
    expect(codeOf(() => subjectFromClaims(wide, { claims: ["big"], roles: ["big"] }))).toBe(
      "claims_invalid",
    );
  });
});

describe("a client", () => {
  it("is the program that a token was issued to", () => {
    verifies("identity:client");
    const client = clientFromClaims({ ...jwt, client_id: "cli", azp: "web", scope: "b a" });
    const extensions = createExtensions({ security: { client } });
    expect(extensions.security?.client).toMatchObject({
      client_id: "cli",
      authorized_scopes: ["b", "a"],
      authorized_audiences: ["api"],
      trust_level: "third_party",
    });
    expect(clientFromClaims({ azp: "web" })).not.toHaveProperty("authorized_scopes", []);
    expect(clientFromClaims({ appid: "app" }, { id: ["appid"] })?.client_id).toBe("app");
  });

  it("is not there if the token names none, and refused if it names no string", () => {
    verifies("identity:client", "identity:types");
    expect(clientFromClaims(jwt)).toBeUndefined();
    expect(codeOf(() => clientFromClaims({ client_id: 7 }))).toBe("claims_invalid");
    expect(codeOf(() => clientFromClaims({ client_id: "c", aud: [7] }))).toBe("claims_invalid");
    expect(codeOf(() => clientFromClaims({}, { audience: ["aud"] } as object))).toBe(
      "options_invalid",
    );
  });
});
