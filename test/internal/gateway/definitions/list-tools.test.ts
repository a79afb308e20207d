/** Where a list of tools ends. */
import { describe, expect, it } from "vitest";
import { listTools } from "../../../../src/gateway/definitions/list-tools.ts";
import type { Message, Transport } from "../../../../src/gateway/transports/index.ts";

interface Page {
  readonly tools: readonly string[];
  readonly nextCursor?: unknown;
}

/** A server that answers a request for the page after `cursor`, the nth request of all, so. */
function listingServer(pageAfter: (cursor: unknown, nth: number) => Page): Transport {
  let pages = 0;
  const answer = ({ method, params }: Message): Message => {
    if (method === "initialize") return { protocolVersion: "2025-11-25" };
    pages += 1;
    const { tools, nextCursor } = pageAfter((params as Message).cursor, pages);
    return { tools: tools.map((name) => ({ name })), nextCursor };
  };
  const transport: Transport = {
    start: async () => {},
    async send(message) {
      const { id } = message;
      if (id !== undefined) transport.onmessage?.({ jsonrpc: "2.0", id, result: answer(message) });
    },
    close: async () => {},
  };
  return transport;
}

async function namesFrom(pageAfter: (cursor: unknown, nth: number) => Page) {
  const tools = await listTools(() => listingServer(pageAfter));
  return tools.map(({ name }) => name);
}

it.each([
  ["no cursor", undefined],
  ["null", null],
  ["an empty cursor", ""],
])("a list ends with %s", async (_, end) => {
  const names = await namesFrom((cursor) =>
    cursor === undefined ? { tools: ["a"], nextCursor: "2" } : { tools: ["b"], nextCursor: end },
  );
  expect(names).toEqual(["a", "b"]);
});

it.each([2, 0, false, true, {}])("a cursor that is %j is an error", async (nextCursor) => {
  await expect(namesFrom(() => ({ tools: ["a"], nextCursor }))).rejects.toThrow(
    "the cursor of the next page of tools is not a string",
  );
});

describe("at a repeated cursor", () => {
  it.each<[string, readonly string[], (cursor: unknown) => Page]>([
    ["there is one page", ["a"], () => ({ tools: ["a"], nextCursor: "2" })],
    [
      "the last page names itself",
      ["a", "b"],
      (cursor) => ({ tools: [cursor === undefined ? "a" : "b"], nextCursor: "2" }),
    ],
    [
      "the last page names an earlier one",
      ["a", "b", "c"],
      (cursor) =>
        ({
          "2": { tools: ["b"], nextCursor: "3" },
          "3": { tools: ["c"], nextCursor: "2" },
        })[String(cursor)] ?? { tools: ["a"], nextCursor: "2" },
    ],
  ])("the list ends where nothing new comes, and has no tool twice: %s", async (_, names, page) => {
    expect(await namesFrom(page)).toEqual(names);
  });

  it("the list goes on while new tools come", async () => {
    const names = await namesFrom((_, nth) => ({
      tools: [`tool-${nth}`],
      nextCursor: nth < 4 ? "more" : undefined,
    }));
    expect(names).toEqual(["tool-1", "tool-2", "tool-3", "tool-4"]);
  });

  it("a list that never ends is an error", async () => {
    const endless = namesFrom((_, nth) => ({ tools: [`tool-${nth}`], nextCursor: "more" }));
    await expect(endless).rejects.toThrow("does not end after 1000 pages");
  });
});

it("a server that first sends a ping, or asks for what the command cannot do, gets an answer", async () => {
  const inner = listingServer(() => ({ tools: ["a"] }));
  const said: Message[] = [];
  const asking: Transport = {
    ...inner,
    async send(message) {
      inner.onmessage = asking.onmessage;
      if (message.method !== undefined) {
        if (message.method === "tools/list")
          for (const method of ["ping", "roots/list"])
            asking.onmessage?.({ jsonrpc: "2.0", id: method, method });
        // Lists its tools only when it has had both answers.
        await Promise.resolve();
        if (message.method !== "tools/list" || said.length === 2) await inner.send(message);
      } else said.push(message);
    },
  };
  expect(await listTools(() => asking)).toEqual([{ name: "a" }]);
  expect(said).toMatchObject([
    { id: "ping", result: {} },
    { id: "roots/list", error: { code: -32601 } },
  ]);
});
