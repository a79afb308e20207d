/** What a gateway needs to know before it listens, and who the caller is without credentials. */
import { describe, expect, it } from "vitest";
import { stdioBefore } from "../attacks/support.ts";
import { callOf } from "../run/support/caller.ts";
import {
  bearing,
  gatewayWith,
  identityOf,
  isOneCaller,
  jwt,
  listensElsewhere,
  refusalOf,
  stopClock,
  tokenOf,
  witness,
} from "./support.ts";

stopClock();

const nobody = { subject: undefined, client: undefined };
const allowedHosts = ["gateway.example.com"];
const trustedHeaders = { from: ["10.0.0.1"], subject: "x-user" };

describe("without an identity", () => {
  it.each([["127.0.0.1"], ["127.9.8.7"], ["localhost"], ["::1"], ["[::1]"]])(
    "a gateway on %s serves anybody on this machine",
    async (host) => {
      const { url } = listensElsewhere();
      const made = await gatewayWith({}, { host, port: 8080 });
      const found = await identityOf({ ...made, url }, { host: "localhost:8080" });
      expect(found).toMatchObject(nobody);
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
    await expect(gatewayWith({}, { host, allowedHosts })).rejects.toMatchObject({
      code: "config_invalid",
      message: `\`config\` is not a valid configuration. identity: expected \`jwt\` or \`trustedHeaders\`, since others can reach "${host}": say who is asking, listen on 127.0.0.1, or write \`anonymous: true\` to let everybody in.`,
    });
  });

  it.each([
    ["anonymous", { anonymous: true }],
    ["tokens", jwt()],
    ["headers", { trustedHeaders }],
  ])("starts on any address with %s, if it knows its own name", async (_name, identity) => {
    listensElsewhere();
    await gatewayWith(identity, { host: "0.0.0.0", allowedHosts });
    for (const hosts of [{}, { allowedHosts: [] }]) {
      await expect(gatewayWith(identity, { host: "0.0.0.0", ...hosts })).rejects.toMatchObject({
        code: "config_invalid",
        message: expect.stringContaining("listen.allowedHosts: expected the `Host` headers"),
      });
    }
  });
});

describe("anonymous", () => {
  it("lets pass who says nothing, and nobody whose credential is wrong", async () => {
    const identity = { ...jwt(), anonymous: true };
    const own = bearing(await tokenOf());
    const made = await gatewayWith(identity);
    expect(await identityOf(made)).toMatchObject(nobody);
    expect((await identityOf(made, own)).subject?.id).toBe("ada");
    expect(await isOneCaller(identity, {}, own)).toBe(false);
    expect((await refusalOf(made, bearing("wrong"))).status).toBe(401);
  });

  it("is not what a gateway with tokens or headers on a local address is", async () => {
    expect(await refusalOf(await gatewayWith(jwt()))).toMatchObject({
      status: 401,
      code: "identity_missing",
    });
    const byProxy = await gatewayWith({ trustedHeaders });
    expect(await refusalOf(byProxy)).toMatchObject({
      status: 403,
      code: "identity_missing",
    });
  });

  it("ignores credentials that nobody asked for", async () => {
    const headers = { authorization: "Bearer x", "x-user": "ada" };
    expect(await identityOf(await gatewayWith({}), headers)).toMatchObject(nobody);
  });
});

describe("over stdio", () => {
  async function shownOf(identity: object) {
    const { plugin, seen } = witness();
    const { send, said } = await stdioBefore(undefined, { identity }, [plugin]);
    send(callOf(1));
    await expect.poll(() => said.length).toBe(1);
    return seen[0];
  }

  it("is whom the operator names", async () => {
    const local = { id: "ada", type: "user", roles: ["b", "a"], teams: ["t"] };
    expect(await shownOf({ local })).toMatchObject({
      subject: { id: "ada", type: "user", roles: ["a", "b"], teams: ["t"] },
    });
  });

  it("is anonymous without a name", async () => {
    expect((await shownOf({}))?.subject).toBeUndefined();
  });
});
