/** Where a list of tools ends. */
import { expect, it } from "vitest";
import { listTools } from "../../../../src/gateway/definitions/list-tools.ts";
import type { Message, Transport } from "../../../../src/gateway/transports/index.ts";

/** A server whose pages have these cursors, and the last of them from then on. */
function listingServer(cursors: readonly unknown[]): Transport {
  let pages = 0;
  const answer = ({ method }: Message): Message => {
    if (method === "initialize") return { protocolVersion: "2025-11-25" };
    const nextCursor = cursors[Math.min(pages, cursors.length - 1)];
    pages += 1;
    return { tools: [{ name: `tool-${pages}` }], nextCursor };
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

it.each<[string, number, readonly unknown[]]>([
  ["no cursor", 2, ["a", undefined]],
  ["null", 2, ["a", null]],
  ["an empty cursor", 2, ["a", ""]],
  ["the same cursor again", 2, ["a"]],
  ["an earlier cursor", 3, ["a", "b", "a"]],
])("a list ends with %s", async (_, count, cursors) => {
  expect(await listTools(() => listingServer(cursors))).toHaveLength(count);
});
