/** What a gateway needs to know before it listens, and who the caller is without credentials. */
import { describe, expect, it } from "vitest";
import { createIdentifier, localIdentity } from "../../../../src/gateway/identity/index.ts";
import {
  bearing,
  identifierOf,
  identityOf,
  jwt,
  refusalOf,
  requestOf,
  settingsOf,
  tokenOf,
} from "./support.ts";

const allowedHosts = ["gateway.example.com"];
const trustedHeaders = { from: ["10.0.0.1"], subject: "x-user" };

describe("without an identity", () => {
  it.each([["127.0.0.1"], ["127.9.8.7"], ["localhost"], ["::1"], ["[::1]"]])(
    "a gateway on %s serves anybody on this machine",
    async (host) => {
      const identifier = await identifierOf({}, { host });
      expect(await identityOf(identifier, requestOf())).toEqual({
        key: '["anonymous"]',
      });
    },
  );

  it.each([
    ["0.0.0.0"],
    ["::"],
    ["10.0.0.5"],
    ["192.168.1.2"],
    ["gateway.example.com"],
    ["localhost.example.com"],
    ["127.0.0.1.example.com"],
    ["2130706433"],
    ["LOCALHOST."],
    ["::ffff:127.0.0.1"],
    ["127.1"],
    ["*"],
  ])("a gateway on %s does not start, and says what to do", async (host) => {
    await expect(identifierOf({}, { host, allowedHosts })).rejects.toMatchObject({
      code: "config_invalid",
      message: `This is not a valid configuration. identity: expected \`jwt\` or \`trustedHeaders\`, since others can reach "${host}": say who is asking, listen on 127.0.0.1, or write \`anonymous: true\` to let everybody in.`,
    });
  });

  it.each([
    ["anonymous", { anonymous: true }],
    ["tokens", jwt()],
    ["headers", { trustedHeaders }],
  ])("starts on any address with %s, if it knows its own name", async (_name, identity) => {
    await identifierOf(identity, { host: "0.0.0.0", allowedHosts });
    for (const hosts of [{}, { allowedHosts: [] }]) {
      await expect(identifierOf(identity, { host: "0.0.0.0", ...hosts })).rejects.toMatchObject({
        code: "config_invalid",
        message: expect.stringContaining("listen.allowedHosts: expected the `Host` headers"),
      });
    }
  });
});

describe("anonymous", () => {
  it("lets pass who says nothing, and nobody whose credential is wrong", async () => {
    const identifier = await identifierOf({ ...jwt(), anonymous: true });
    const nobody = await identityOf(identifier, requestOf());
    expect(nobody).toEqual({ key: '["anonymous"]' });
    const ada = await identityOf(identifier, bearing(await tokenOf()));
    expect(ada.subject?.id).toBe("ada");
    expect(ada.key).not.toBe(nobody.key);
    expect((await refusalOf(identifier, bearing("wrong"))).status).toBe(401);
  });

  it("is not what a gateway with tokens or headers on a local address is", async () => {
    expect(await refusalOf(await identifierOf(jwt()), requestOf())).toMatchObject({
      status: 401,
      code: "identity_missing",
    });
    const byProxy = await identifierOf({ trustedHeaders });
    expect(await refusalOf(byProxy, requestOf())).toMatchObject({
      status: 403,
      code: "identity_missing",
    });
  });

  it("ignores credentials that nobody asked for", async () => {
    const identifier = await identifierOf({});
    const request = requestOf({ authorization: "Bearer x", "x-user": "ada" });
    expect(await identityOf(identifier, request)).toEqual({ key: '["anonymous"]' });
  });
});

describe("over stdio", () => {
  it("is whom the operator names", () => {
    const { identity } = settingsOf({
      local: { id: "ada", type: "user", roles: ["b", "a"], teams: ["t"] },
    });
    expect(localIdentity(identity)).toMatchObject({
      key: '["local","ada"]',
      subject: { id: "ada", type: "user", roles: ["a", "b"], teams: ["t"] },
    });
  });

  it("is anonymous without a name", () => {
    expect(localIdentity(settingsOf({}).identity)).toEqual({ key: '["local"]' });
  });
});

describe("an observer of refusals", () => {
  it("that throws changes nothing", async () => {
    const { identity, listen } = settingsOf(jwt());
    const identifier = await createIdentifier(identity, {
      listen,
      onRefused: () => {
        throw new Error("full disk");
      },
    });
    expect((await refusalOf(identifier, requestOf())).status).toBe(401);
  });
});
