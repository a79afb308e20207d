/** `gateway pin`: what changed, and what is written. */
import { execFileSync } from "node:child_process";
import { readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { installFaults } from "../../faults/trust-fs-faults.ts";
import { folderWith } from "../../support/folder.ts";
import { listening } from "../../support/listening.ts";
import { verifies } from "../../support/verifies.ts";
import { everythingOverStdio } from "../run/support/gateway.ts";
import { listing, tool } from "../support/listing.ts";
import { run } from "./support.ts";

const folder = (servers: object, more: object = {}) =>
  folderWith({ "glassine.config.json": { servers, ...more } });

const pin = (cwd: string, ...more: string[]) => run(["gateway", "pin", ...more], { cwd });

it("pins what each server lists, on all pages, and says what is not as it was", async () => {
  verifies("cli:gateway-pin");
  const { server, show } = await listing([tool("add"), tool("echo")]);
  const { server: modern } = await listing([tool("one"), tool("two")], "modern");
  const cwd = await folder({ listing: server, modern });
  const file = join(cwd, "glassine.definitions.json");

  const first = await pin(cwd, "--check");
  expect([first.code, first.stdout.split("\n")]).toEqual([
    1,
    [
      "listing: 2 tools",
      "  new: add",
      "  new: echo",
      "modern: 2 tools",
      "  new: one",
      "  new: two",
      "",
    ],
  ]);
  await expect(readFile(file)).rejects.toMatchObject({ code: "ENOENT" });

  expect((await pin(cwd)).code).toBe(0);
  const pins = JSON.parse(await readFile(file, "utf8"));
  expect(Object.keys(pins)).toEqual(["listing", "modern"]);
  expect(Object.keys(pins.modern)).toEqual(["one", "two"]);
  expect((await pin(cwd, "--check")).code).toBe(0);

  await show([tool("add", "Another thing."), tool("late")]);
  const later = await pin(cwd, "--check", "--json");
  expect(later.document().pinned[0]).toEqual({
    server: "listing",
    tools: 2,
    fault: null,
    added: ["late"],
    changed: ["add"],
    removed: ["echo"],
  });
  expect(JSON.parse(await readFile(file, "utf8"))).toEqual(pins);
});

it("pins what a server shows only to clients that can do what its tools ask for", async () => {
  verifies("cli:gateway-pin");
  const cwd = await folder({ everything: everythingOverStdio });
  expect((await pin(cwd)).code).toBe(0);
  const text = await readFile(join(cwd, "glassine.definitions.json"), "utf8");
  expect(Object.keys(JSON.parse(text).everything)).toEqual(
    expect.arrayContaining([
      "echo",
      "get-roots-list",
      "trigger-elicitation-request",
      "trigger-elicitation-request-async",
      "trigger-sampling-request",
      "trigger-sampling-request-async",
      "trigger-url-elicitation",
    ]),
  );
});

it("says why a server could not be asked, as far as that is known", async () => {
  verifies("cli:gateway-pin");
  const { url } = await listening(({ url }, response) => {
    if (url === "/page") response.setHeader("content-type", "text/html").end("<p>Ahoy");
    else response.writeHead(url === "/moved" ? 308 : 401, { location: "/mcp?key=1" }).end();
  });
  const { url: gone, close } = await listening(() => {});
  await close();
  const cwd = await folder({
    closed: { url: `${url}/closed` },
    moved: { url: `${url}/moved` },
    page: { url: `${url}/page` },
    gone: { url: gone },
  });
  const { code, stdout } = await pin(cwd, "--check");
  expect([code, stdout.replaceAll(url, "URL").split("\n")]).toEqual([
    1,
    [
      "closed: could not be asked: The server refused the request with 401",
      'moved: could not be asked: The server refused the request with 308, a redirect to "URL/mcp". None is followed: if the MCP endpoint is there, configure its URL.',
      expect.stringMatching(
        /^page: could not be asked: .* its type is text\/html and its status 200/,
      ),
      "gone: could not be asked: The server could not be reached: ECONNREFUSED",
      "",
    ],
  ]);
});

it("keeps the pins of a server that it cannot ask, and ends with 1", async () => {
  verifies("cli:gateway-pin");
  const { server } = await listing([tool("add")]);
  const { url } = await listening((_request, response) => void response.writeHead(500).end());
  const cwd = await folder({
    listing: server,
    gone: { url: `${url}/mcp` },
    missing: { command: "no-such-command-anywhere" },
  });
  const file = join(cwd, "glassine.definitions.json");
  const kept = { gone: { old: "sha256:1" } };
  await writeFile(file, JSON.stringify(kept));
  const { code, stdout } = await pin(cwd);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^listing: 1 tool$/m);
  expect(stdout).toContain("gone: could not be asked: The server refused the request with 500");
  expect(stdout).toMatch(/missing: could not be asked: .*no-such-command-anywhere/);
  const pins = JSON.parse(await readFile(file, "utf8"));
  expect(pins).toMatchObject(kept);
  expect(Object.keys(pins.listing)).toEqual(["add"]);
  expect(pins.missing).toBeUndefined();
});

it("leaves the old pins whole if it cannot write new ones, and names the file", async () => {
  verifies("cli:gateway-pins-file");
  const { server, show } = await listing([tool("add")]);
  const cwd = await folder({ listing: server });
  const file = join(cwd, "glassine.definitions.json");
  await pin(cwd);
  const before = await readFile(file, "utf8");
  await show([tool("add", "Another thing.")]);
  const full = installFaults({ folder: cwd, at: /^write glassine\.definitions/, what: "ENOSPC" });
  const { code, stderr } = await pin(cwd);
  full.restore();
  expect([code, stderr]).toEqual([
    2,
    expect.stringMatching(/^Cannot .*definitions\.json.*: ENOSPC/),
  ]);
  expect(await readFile(file, "utf8")).toBe(before);
  expect(await readdir(cwd)).toEqual(["glassine.config.json", "glassine.definitions.json"]);
});

it("writes the file that a link leads to", async () => {
  verifies("cli:gateway-pins-file");
  const { server } = await listing([tool("add")]);
  const cwd = await folder({ listing: server });
  const file = join(cwd, "real.json");
  await writeFile(file, "{}");
  await symlink(file, join(cwd, "glassine.definitions.json"));
  expect((await pin(cwd)).code).toBe(0);
  expect(Object.keys(JSON.parse(await readFile(file, "utf8")))).toEqual(["listing"]);
});

it.each([
  ["a key twice", '{"files":{"add":"sha256:1"},"files":{}}', /has the key "files" twice/],
  ["no hashes", '{"files":["add"]}', /does not have the form/],
])("refuses a file with %s", async (_, text, fault) => {
  verifies("cli:gateway-pins-file");
  const { server } = await listing([tool("add")]);
  const cwd = await folder({ listing: server });
  await writeFile(join(cwd, "glassine.definitions.json"), text);
  const { code, stderr } = await pin(cwd);
  expect([code, stderr]).toEqual([2, expect.stringMatching(fault)]);
});

it.skipIf(process.platform === "win32")("never waits for a pipe", async () => {
  verifies("cli:gateway-pins-file");
  const { server } = await listing([tool("add")]);
  const cwd = await folder({ listing: server });
  execFileSync("mkfifo", [join(cwd, "glassine.definitions.json")]);
  const { code, stderr } = await pin(cwd, "--check");
  expect([code, stderr]).toEqual([2, expect.stringContaining("is not a regular file")]);
});

it("keeps and reports the pins of servers of another configuration, until --prune", async () => {
  verifies("cli:gateway-pin-others");
  const { server } = await listing([tool("add")]);
  const cwd = await folder({ listing: server });
  const file = join(cwd, "glassine.definitions.json");
  await pin(cwd);
  const { listing: pins } = JSON.parse(await readFile(file, "utf8"));
  const both = { listing: pins, old: { add: pins.add } };
  await writeFile(file, JSON.stringify(both));

  const { code, stdout } = await pin(cwd, "--check");
  expect([code, stdout]).toEqual([
    0,
    expect.stringMatching(/^old: not in this configuration; .*--prune/m),
  ]);
  expect((await pin(cwd, "--json")).document()).toMatchObject({
    written: false,
    kept: ["old"],
    dropped: [],
  });
  expect(JSON.parse(await readFile(file, "utf8"))).toEqual(both);

  expect((await pin(cwd, "--check", "--prune")).code).toBe(1);
  const pruned = await pin(cwd, "--prune", "--json");
  expect(pruned.document()).toMatchObject({ written: true, kept: [], dropped: ["old"] });
  expect(JSON.parse(await readFile(file, "utf8"))).toEqual({ listing: pins });
  expect((await pin(cwd, "--check", "--prune")).code).toBe(0);
});

it("loses nothing that another run writes at the same time", async () => {
  verifies("cli:gateway-pins-file");
  const servers = await Promise.all(["one", "two"].map(() => listing([tool("add")])));
  const [one, two] = servers.map(({ server }) => server);
  const definitionsFile = join(await folderWith(), "pins.json");
  const folders = [
    await folder({ one }, { definitionsFile }),
    await folder({ two }, { definitionsFile }),
  ];
  const runs = await Promise.all(folders.map((cwd) => pin(cwd)));
  expect(runs.map(({ code }) => code)).toEqual([0, 0]);
  const pins = JSON.parse(await readFile(definitionsFile, "utf8"));
  expect(Object.keys(pins)).toEqual(["one", "two"]);
});
