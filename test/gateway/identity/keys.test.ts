/** Keys from files and servers: a bad key file is refused at the start, a bad answer later. */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import type { RequestListener } from "node:http";
import { describe, expect, it, vi } from "vitest";
import { afterTest } from "../../support/cleanup.ts";
import { listening } from "../../support/listening.ts";
import {
  bearing,
  ec,
  ed,
  fileOf,
  gatewayWith,
  identityOf,
  jwkOf,
  jwt,
  otherRsa,
  pemOf,
  refusalOf,
  rsa,
  send,
  stopClock,
  tokenOf,
} from "./support.ts";

stopClock();

const jwks = (...keys: readonly object[]) => JSON.stringify({ keys });

describe("a key file", () => {
  const weak = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const privatePem = rsa.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const privateJwk = rsa.privateKey.export({ format: "jwk" });

  it.each([
    ["a public key in PEM", pemOf(rsa.publicKey)],
    ["the same of PKCS #1", rsa.publicKey.export({ type: "pkcs1", format: "pem" })],
    [
      "PEM with Windows line ends and a byte order mark",
      `\uFEFF${pemOf(rsa.publicKey).replaceAll("\n", "\r\n")}`,
    ],
    ["a JWKS document", jwks(jwkOf(rsa))],
    [
      "a JWKS document with keys for other things",
      jwks({ kty: "new" }, jwkOf(ec), jwkOf(rsa, { use: "sig" })),
    ],
  ])("may be %s", async (_name, content) => {
    const algorithms = ["ES512", "RS256"];
    const made = await gatewayWith(jwt({ algorithms, keys: { file: fileOf(content) } }));
    expect((await identityOf(made, bearing(await tokenOf()))).subject?.id).toBe("ada");
    const forged = bearing(await tokenOf({ key: otherRsa.privateKey }));
    expect((await refusalOf(made, forged)).status).toBe(401);
  });

  it.each([
    ["is empty", "", "is neither a JWKS document nor a public key in PEM"],
    ["is a text", "secret-text", "is neither a JWKS document nor a public key in PEM"],
    ["is random bytes", randomBytes(64), "is neither"],
    ["is broken JSON", '{"keys": [secret-text', "is neither valid JSON nor PEM"],
    ["is JSON of something else", '{"secret-text": 1}', "is not a JWKS document"],
    ["has a list of no keys", '{"keys": ["secret-text"]}', "is not a JWKS document"],
    ["has no keys", jwks(), "has no key for RS256"],
    [
      "is a broken key",
      "-----BEGIN PUBLIC KEY-----\nsecret-text\n-----END PUBLIC KEY-----",
      "is not a public key in PEM that can be read",
    ],
    ["is a private key", privatePem, "contains a private key"],
    [
      "is a JWKS document with a private key",
      jwks(jwkOf(ec), privateJwk),
      "contains a private key",
    ],
    ["has a secret for HMAC", jwks({ kty: "oct", k: "c2VjcmV0LXRleHQ" }), "contains a private key"],
    ["is of another kind", pemOf(ec.publicKey), "has no key for RS256"],
    ["has only other kinds", jwks(jwkOf(ec), jwkOf(ed)), "has no key for RS256"],
    ["is too short to be safe", pemOf(weak.publicKey), "has no key for RS256"],
    [
      "has several keys in PEM",
      pemOf(rsa.publicKey) + pemOf(otherRsa.publicKey),
      "has several PEM blocks",
    ],
    ["is larger than keys are", " ".repeat(1_048_577), "is larger than 1024 KiB"],
  ])("that %s is refused at the start", async (_name, content, fault) => {
    const file = fileOf(content);
    const error = await gatewayWith(jwt({ keys: { file } })).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "config_unreadable" });
    expect(error.message).toContain(`The key file "${file}" ${fault}`);
    expect(error.message).not.toMatch(/secret-text|MII|AAAA/);
  });

  it.each([
    ["/nowhere/keys.json", "does not exist"],
    ["/", "is not a regular file"],
  ])("%s %s", async (file, fault) => {
    await expect(gatewayWith(jwt({ keys: { file } }))).rejects.toMatchObject({
      code: "config_unreadable",
      message: `The key file "${file}" ${fault}.`,
    });
  });
});

describe("a JWKS URL", () => {
  /** A gateway with keys from a server, which counts its requests. */
  async function withServer(listener: RequestListener) {
    const asked = { times: 0 };
    const { url: origin } = await listening((request, response) => {
      asked.times += 1;
      listener(request, response);
    });
    const url = `${origin}/keys`;
    return { made: await gatewayWith(jwt({ keys: { url } })), asked, url };
  }

  const serving =
    (body: string): RequestListener =>
    (_request, response) =>
      response.end(body);
  const withKid = async (kid: string, key = rsa.privateKey) =>
    bearing(await tokenOf({ header: { kid }, key }));

  it("is asked at the first token, once, whatever tokens come", async () => {
    const { made, asked } = await withServer(serving(jwks(jwkOf(rsa, { kid: "1" }))));
    expect(asked.times).toBe(0);
    const requests = await Promise.all(Array.from({ length: 20 }, () => withKid("1")));
    const answers = await Promise.all(requests.map((request) => send(made, request)));
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([200]));
    for (let i = 0; i < 20; i += 1) {
      const refusal = await refusalOf(made, await withKid(`unknown-${i}`));
      expect(refusal).toMatchObject({ status: 401, message: "There is no key for the token." });
    }
    expect(asked.times).toBe(1);
  });

  it.each<[string, RequestListener, string]>([
    [
      "fails",
      (_, response) => response.writeHead(500).end(),
      "The server answered with status 500.",
    ],
    [
      "redirects",
      (_, response) => response.writeHead(302, { location: "/other" }).end(),
      "The server answered with status 302.",
    ],
    ["hangs up", (_, response) => void response.destroy(), "fetch failed"],
    ["is not JSON", serving("<html>secret-text"), "The answer is not JSON."],
    ["is of something else", serving('{"secret-text":1}'), "The answer is not a JWKS document."],
    ["has keys that are no keys", serving('{"keys":"secret-text"}'), "JSON Web Key Set malformed"],
    [
      "has no end",
      (_, response) => void response.write(" ".repeat(1_100_000)),
      "The answer is larger than 1048576 bytes.",
    ],
  ])("whose answer %s: 503, in words for the operator", async (_name, listener, why) => {
    const { made, url } = await withServer(listener);
    const refusal = await refusalOf(made, bearing(await tokenOf()));
    expect(refusal.text).toContain('"retry-after":"5"');
    expect(refusal).toMatchObject({
      status: 503,
      code: "keys_unavailable",
      message: "Tokens cannot be checked at the moment.",
      challenge: undefined,
    });
    const text = `The keys of ${new URL(url).origin} cannot be used: ${why}`;
    expect(made.refusals()).toMatchObject([{ text: expect.stringContaining(text) }]);
    expect(JSON.stringify(made.refusals()) + refusal.text).not.toContain("secret-text");
  });

  it("that fails is left alone for a while, and then asked again", async () => {
    let works = false;
    const { made, asked } = await withServer((_request, response) => {
      if (works) response.end(jwks(jwkOf(rsa, { kid: "1" })));
      else response.writeHead(500).end();
    });
    for (let i = 0; i < 20; i += 1) {
      expect((await refusalOf(made, await withKid(`made-up-${i}`))).status).toBe(503);
    }
    expect(asked.times).toBe(1);
    works = true;
    vi.setSystemTime(Date.now() + 5000);
    afterTest(() => vi.setSystemTime(Date.now() - 5000));
    expect((await identityOf(made, await withKid("1"))).subject?.id).toBe("ada");
    expect(asked.times).toBe(2);
  });

  it("is not asked on the way of a redirect", async () => {
    let followed = 0;
    const { made } = await withServer((request, response) => {
      if (request.url === "/keys") response.writeHead(307, { location: "/elsewhere" }).end();
      else {
        followed += 1;
        response.end(jwks(jwkOf(rsa)));
      }
    });
    expect((await refusalOf(made, bearing(await tokenOf()))).status).toBe(503);
    expect(followed).toBe(0);
  });

  it("that is not encrypted is refused at the start, but for this machine", async () => {
    const keys = { url: "http://login.example.com/keys?secret-text" };
    await expect(gatewayWith(jwt({ keys }))).rejects.toMatchObject({
      code: "config_invalid",
      message: `\`config\` is not a valid configuration. identity.jwt.keys.url: expected https, since anybody on the way to "http://login.example.com" could answer with keys of their own: use https, or a key file.`,
    });
    await gatewayWith(jwt({ keys: { url: "https://login.example.com/keys" } }));
  });
});

describe("the mapping of claims", () => {
  it.each([
    [{ subject: { id: "jti" } }, 'names "jti", which stays secret'],
    [{ subject: { claims: [["a", "b"], ["a.b"]] } }, "two claims of the same name"],
    [{ scopes: ['a" b'] }, "expected scopes, got"],
    [{ scopes: ["a b"] }, "expected scopes, got"],
  ])("%j is refused at the start", async (settings, why) => {
    await expect(gatewayWith(jwt(settings))).rejects.toMatchObject({
      code: "config_invalid",
      message: expect.stringContaining(why),
    });
  });
});
