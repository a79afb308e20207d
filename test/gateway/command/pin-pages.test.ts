/** Where `gateway pin` takes a list of tools to end. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folderWith } from "../../support/folder.ts";
import { testServer } from "../router/support/servers.ts";
import { run } from "./support.ts";

interface Page {
  readonly tools: readonly string[];
  readonly nextCursor?: unknown;
}

/** Returns what is pinned of a server, as the command reports it. */
async function pinnedOf(url: string) {
  const cwd = await folderWith({
    "glassine.config.json": { servers: { one: { url } } },
  });
  const { document } = await run(["gateway", "pin", "--json"], { cwd });
  return document().pinned[0] as { readonly added: readonly string[]; readonly fault: unknown };
}

/** The same of a server that answers a request for the page after `cursor`, the nth of all, so. */
async function pinned(pageAfter: (cursor: unknown, nth: number) => Page) {
  let pages = 0;
  const { url } = await testServer({
    "tools/list": ({ params }) => {
      pages += 1;
      const { tools, nextCursor } = pageAfter(params.cursor, pages);
      return { tools: tools.map((name) => ({ name })), nextCursor };
    },
  });
  return { ...(await pinnedOf(url)), pages };
}

it.each([
  ["no cursor", undefined],
  ["null", null],
  ["an empty cursor", ""],
])("a list ends with %s", async (_, end) => {
  const found = await pinned((cursor) =>
    cursor === undefined ? { tools: ["a"], nextCursor: "2" } : { tools: ["b"], nextCursor: end },
  );
  expect(found).toMatchObject({ added: ["a", "b"], pages: 2 });
});

it.each([2, 0, false, true, {}])("a cursor that is %j is an error", async (nextCursor) => {
  const { fault } = await pinned(() => ({ tools: ["a"], nextCursor }));
  expect(fault).toContain("the cursor of the next page of tools is not a string");
});

describe("at a repeated cursor", () => {
  it.each<[string, number, readonly string[], (cursor: unknown) => Page]>([
    ["there is one page", 1, ["a"], () => ({ tools: ["a"], nextCursor: "2" })],
    [
      "the last page names itself",
      2,
      ["a", "b"],
      (cursor) => ({ tools: [cursor === undefined ? "a" : "b"], nextCursor: "2" }),
    ],
    [
      "the last page names an earlier one",
      3,
      ["a", "b", "c"],
      (cursor) =>
        ({
          "2": { tools: ["b"], nextCursor: "3" },
          "3": { tools: ["c"], nextCursor: "2" },
        })[String(cursor)] ?? { tools: ["a"], nextCursor: "2" },
    ],
  ])(
    "the list ends where nothing new comes, and has no tool twice: %s",
    async (_, tools, names, page) => {
      expect(await pinned(page)).toMatchObject({ tools, added: names });
    },
  );

  it("the list goes on while new tools come", async () => {
    const { added } = await pinned((_, nth) => ({
      tools: [`tool-${nth}`],
      nextCursor: nth < 4 ? "more" : undefined,
    }));
    expect(added).toEqual(["tool-1", "tool-2", "tool-3", "tool-4"]);
  });

  it("a list that never ends is an error", async () => {
    const { fault } = await pinned((_, nth) => ({ tools: [`tool-${nth}`], nextCursor: "more" }));
    expect(fault).toContain("does not end after 1000 pages");
  });
});

it("a server that first sends a ping, or asks for what the command cannot do, gets an answer", async () => {
  const server = await testServer({
    "tools/list": (came) => {
      for (const method of ["ping", "roots/list"]) came.tell({ id: method, method });
      void expect
        .poll(() => server.came.filter(({ message }) => message.method === undefined).length)
        .toBe(2)
        .then(() => came.answer({ tools: [{ name: "a" }] }));
      return undefined;
    },
  });
  expect(await pinnedOf(server.url)).toMatchObject({ added: ["a"], fault: null });
  const said = server.came.map(({ message }) => message);
  expect(said.filter(({ method }) => method === undefined)).toMatchObject([
    { id: "ping", result: {} },
    { id: "roots/list", error: { code: -32601 } },
  ]);
});

it("asks for the list in the version that the server chose", async () => {
  const { url, of } = await testServer({
    initialize: () => ({
      protocolVersion: "2025-06-18",
      capabilities: { tools: {} },
      serverInfo: { name: "test", version: "1.0.0" },
    }),
    "tools/list": () => ({ tools: [{ name: "a" }] }),
  });
  expect(await pinnedOf(url)).toMatchObject({ added: ["a"] });
  expect(of("tools/list").map(({ headers }) => headers["mcp-protocol-version"])).toEqual([
    "2025-06-18",
  ]);
});

it("writes the hash of the fields in JSON, sorted by name, without `_meta`", async () => {
  const { url } = await testServer({
    "tools/list": () => ({
      tools: [
        {
          name: "add",
          _meta: { a: 1 },
          inputSchema: {
            type: "object",
            required: ["a"],
            properties: { a: { type: "number", enum: [1, "2", null] } },
          },
          description: "Adds numbers.",
          annotations: { readOnlyHint: true },
        },
      ],
    }),
  });
  const cwd = await folderWith({ "glassine.config.json": { servers: { one: { url } } } });
  expect((await run(["gateway", "pin"], { cwd })).code).toBe(0);
  const pins = JSON.parse(await readFile(join(cwd, "glassine.definitions.json"), "utf8"));
  expect(pins).toEqual({
    one: { add: "sha256:051124bf51f08533227f9fd3593bbb926e8fa282df77a644fe1479101f659bd3" },
  });
});
