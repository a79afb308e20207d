/** Secrets that change while the gateway runs. */
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { afterTest } from "../../support/cleanup.ts";
import { folderWith } from "../../support/folder.ts";
import { loggedBy } from "../attacks/support.ts";
import { sessionOf } from "./support/caller.ts";
import { fakeServer } from "./support/fake-server.ts";
import { startGateway } from "./support/gateway.ts";

async function opened() {
  const token = join(await folderWith({ token: "Bearer old\n" }), "token");
  const server = await fakeServer((came) => came.answer("fine"));
  afterTest(server.close);
  const fake = { url: server.url, headers: { authorization: { file: token } } };
  const made = await startGateway({ servers: { fake } }, [], { secrets: null });
  afterTest(made.close);
  const sent = () => server.of("tools/call").map(({ request }) => request.headers.authorization);
  return { ...made, token, sent, own: await sessionOf(made.url) };
}

it("an open session sends a secret as it is now", async () => {
  const { own, token, sent } = await opened();
  await own.call(1);
  await writeFile(token, "Bearer new\n");
  expect((await own.call(2)).messages).toMatchObject([{ id: 2, result: {} }]);
  expect(sent()).toEqual(["Bearer old", "Bearer new"]);
});

it("an open session sends nothing while a secret is missing", async () => {
  const made = await opened();
  const { own, token, sent } = made;
  await own.call(1);
  await rm(token);
  const refused = await own.call(2);
  expect(refused).toMatchObject({ status: 200, code: "peer_unreachable" });
  expect(refused.text).not.toContain(token);
  expect(loggedBy(made, "server_error")).toMatchObject([
    { server: "fake", code: "secret_missing", text: `the file "${token}" does not exist` },
  ]);
  await writeFile(token, "Bearer new\n");
  expect((await own.call(3)).messages).toMatchObject([{ id: 3, result: {} }]);
  expect(sent()).toEqual(["Bearer old", "Bearer new"]);
});

it("a process that is started again gets a secret as it is now", async () => {
  const token = join(await folderWith({ token: "old" }), "token");
  const args = [fileURLToPath(new URL("./support/small-server.mjs", import.meta.url))];
  const small = { command: process.execPath, args, env: { TOKEN: { file: token } } };
  const made = await startGateway({ servers: { small } }, [], { secrets: null });
  afterTest(made.close);
  const own = await sessionOf(made.url);
  const answer = async () => (await own.call(1, { name: "token" })).messages;
  expect(await answer()).toMatchObject([{ result: { content: [{ text: "old" }] } }]);
  await writeFile(token, "new");
  expect((await own.call(2, { name: "die" })).code).toBe("peer_died");
  expect(await answer()).toMatchObject([{ result: { content: [{ text: "new" }] } }]);
  await rm(token);
  expect((await own.call(3, { name: "die" })).code).toBe("peer_died");
  expect((await own.call(4, { name: "token" })).code).toBe("peer_unreachable");
  const text = `the file "${token}" does not exist`;
  const missing = { server: "small", code: "secret_missing", text };
  expect(loggedBy(made, "server_error")).toContainEqual(expect.objectContaining(missing));
  await writeFile(token, "newest");
  await expect.poll(answer).toMatchObject([{ result: { content: [{ text: "newest" }] } }]);
});

it("keeps the secrets of before a reload out of the log", async () => {
  const server = await fakeServer((came) => came.answer("fine"));
  afterTest(server.close);
  const fake = { url: server.url, headers: { "x-token": { env: "TOKEN" } } };
  const made = await startGateway({ servers: { fake } }, [], { secrets: () => "first-secret" });
  afterTest(made.close);
  await (await sessionOf(made.url)).call(1);
  await made.gateway.reload({ ...made.parts, secrets: () => "second-secret" });
  await (await sessionOf(made.url)).call(1);
  expect(server.of("tools/call").map(({ request }) => request.headers["x-token"])).toEqual([
    "first-secret",
    "second-secret",
  ]);
  await fetch(new URL("/first-secret,second-secret,none", made.url));
  const [line] = loggedBy(made, "refused");
  expect(line?.path).toContain("none");
  expect(line?.path).not.toContain("-secret");
});
