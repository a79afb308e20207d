/** How the arguments of `glassine extproc` are read. */
import { type AddressInfo, createServer } from "node:net";
import { expect, it } from "vitest";
import { cannotListen, envoyServer } from "../../../../src/gateway/envoy/index.ts";
import { folderWith } from "../../../gateway/support/folder.ts";
import { verifies } from "../../../support/verifies.ts";
import { double, run, start } from "./support.ts";

const config = {
  servers: { notes: { url: "http://127.0.0.1:3000/mcp" } },
  identity: { anonymous: true },
};
const folder = () => folderWith({ "glassine.config.json": JSON.stringify(config) });
const local = ["--listen", "127.0.0.1:9002"];

it.each([
  [[], "extproc expects --listen"],
  [["--listen", "somewhere"], "--listen expects unix:PATH or HOST:PORT, got somewhere"],
  [["--listen", "0.0.0.0:9002"], "others can connect to 0.0.0.0"],
  [[...local, "--webhook", "0.0.0.0:9003"], "others can connect to 0.0.0.0"],
  [[...local, "--webhook", "unix:/run/hook.sock"], "--webhook expects HOST:PORT"],
  [[...local, "--mask-answers"], "--mask-answers goes with --webhook"],
  [[...local, "--tls-cert", "a.pem"], "--tls-cert, --tls-key and --tls-ca go together"],
  [[...local, "--json"], "--json goes with --check"],
  [[...local, "--envoy-admin", "nowhere"], "--envoy-admin expects a URL"],
])("says what is wrong with %j", async (args, text) => {
  const { code, stderr } = await run(["extproc", ...args], { cwd: await folder() });
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(text) });
});

it("does not begin in production where nothing is known of what is in front", async () => {
  verifies("envoy:safe");
  const cwd = await folderWith({
    "glassine.config.json": JSON.stringify(config),
    "plugins.lock": "",
    "open.yaml": "policies: { extProc: { host: 127.0.0.1:9002, failureMode: failOpen } }",
  });
  const production = ["extproc", ...local, "--plugin-mode", "production"];
  const unknown = await run(production, { cwd });
  expect(unknown.stderr).toContain("production expects --envoy-admin or --envoy-config");
  const open = await run([...production, "--envoy-config", "open.yaml"], { cwd });
  expect(open.code).not.toBe(0);
  expect(open.stderr).toContain("`failureMode` of `extProc` is failOpen");
});

it("listens for Envoy and for the webhook where it was said", async () => {
  const { state, openGateway } = double();
  const args = [...local, "--webhook", "127.0.0.1:9003", "--mask-answers"];
  const running = start(["extproc", ...args], { cwd: await folder(), openGateway });
  await running.seen("ready");
  running.signals.emit("SIGTERM");
  expect(await running.code).toBe(0);
  expect(state.parts[0]?.envoy).toMatchObject({
    at: { host: "127.0.0.1", port: 9002 },
    webhook: { host: "127.0.0.1", port: 9003, masksAnswers: true },
  });
});

it("says with --check where it would listen", async () => {
  const args = [...local, "--webhook", "127.0.0.1:9003", "--check"];
  const { document } = await run(["extproc", ...args, "--json"], { cwd: await folder() });
  expect(document()).toMatchObject({
    listens_at: "127.0.0.1:9002",
    webhook_at: "127.0.0.1:9003",
    served_at: { "/mcp": "notes" },
  });
  const { stdout } = await run(["extproc", ...args], { cwd: await folder() });
  expect(stdout).toContain("webhook at: 127.0.0.1:9003");
});

it("says that its address is in use", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const taken = envoyServer({
    listen: { host: "127.0.0.1", port },
    single: () => false,
    onNote: () => {},
    respond: async () => new Response(),
  });
  await expect(taken).rejects.toMatchObject({
    code: "setting_invalid",
    message: expect.stringContaining(
      `127.0.0.1:${port} is in use: stop the program that listens there`,
    ),
  });
  server.close();
});

it("says where a socket can be", async () => {
  const socket = `${await folder()}/missing/proxy.sock`;
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
  const { code: own, message } = cannotListen(at, code);
  expect(own).toBe("setting_invalid");
  expect(message).toContain(at);
  expect(message).toContain(remedy);
});
