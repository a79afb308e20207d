/** Addresses at which Envoy's service cannot listen, and what to do about them. */
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { cannotListen, envoyServer } from "../../../../src/gateway/envoy/index.ts";
import { folderWith } from "../../../support/folder.ts";
import { listening } from "../../../support/listening.ts";

it("does not take what is no socket for one that is in use", async () => {
  const listen = { socket: join(await folderWith({ plain: "" }), "plain") };
  const refused = envoyServer({
    listen,
    single: () => false,
    onNote: () => {},
    respond: async () => new Response(),
  });
  await expect(refused).rejects.toThrow("is not a socket: choose a path where nothing is");
});

it("says that its address is in use", async () => {
  const { port } = await listening(createServer());
  const taken = envoyServer({
    listen: { host: "127.0.0.1", port },
    single: () => false,
    onNote: () => {},
    respond: async () => new Response(),
  });
  await expect(taken).rejects.toMatchObject({
    code: "setting_invalid",
    message: expect.stringContaining(
      `--listen: 127.0.0.1:${port} is in use: stop the program that listens there`,
    ),
  });
});

it("says where a socket can be", async () => {
  const socket = `${await folderWith({})}/missing/proxy.sock`;
  const refused = envoyServer({
    listen: { socket },
    single: () => false,
    onNote: () => {},
    respond: async () => new Response(),
  });
  await expect(refused).rejects.toMatchObject({
    code: "setting_invalid",
    message: expect.stringContaining("a socket in a folder that exists"),
  });
});

it.each([
  ["port 80 of 127.0.0.1", "EACCES", "choose a port above 1023"],
  ["port 80 of 127.0.0.1", "EPERM", "choose a port above 1023"],
  ["unix:/run/proxy.sock", "EACCES", "choose a socket in a folder that exists"],
  ["unix:/none/proxy.sock", "ENOENT", "choose a socket in a folder that exists"],
  ["port 80 of 127.0.0.1", "EADDRINUSE", "choose another port"],
  ["port 80 of 127.0.0.1", "EMFILE", "it cannot listen at port 80 of 127.0.0.1: EMFILE"],
  ["port 80 of 203.0.113.1", "EADDRNOTAVAIL", "choose an address of this machine"],
  ["port 80 of nowhere.invalid", "ENOTFOUND", "the address is unknown"],
  ["unix:/run/proxy.sock", "EADDRINUSE", "choose another socket"],
])("says of %s after %s what to do", (at, code, remedy) => {
  const { code: own, message } = cannotListen("listen", at, code);
  expect([own, message]).toEqual(["setting_invalid", expect.stringMatching(/^listen: /)]);
  expect(message).toContain(at);
  expect(message).toContain(remedy);
});
