/**
 * Messages that `JSON.parse` reads, but that cannot be written as they came: nested so deep that
 * writing them overflows the stack, or with a number that would become null.
 */
import { describe, expect, it } from "vitest";
import { ada, gatewayBefore, loggedBy, stdioBefore } from "../attacks/support.ts";
import { exchange } from "../router/support/servers.ts";
import { callerOf, callOf, sessionOf } from "./support/caller.ts";
import type { Came } from "./support/fake-server.ts";

const levels = 4300;

const invalid = (id: unknown) => ({ id, error: { code: -32014, data: { code: "peer_invalid" } } });
const why = /^The message (is nested more than 1000 levels deep|has a number that is too large)/;
const errored = [{ method: "tools/call", outcome: "errored", code: "peer_invalid" }];
const calls = (made: Parameters<typeof loggedBy>[0]) =>
  loggedBy(made, "request").filter(({ method }) => method === "tools/call");

describe.each([
  ["lists within lists", "[".repeat(levels) + "]".repeat(levels)],
  ["a number that is too large", "[1e999]"],
  ["a number that is too small", "-1e999"],
])("with %s", (_, json) => {
  function answer({ message, response }: Came): void {
    const id = JSON.stringify(message.id);
    response.setHeader("content-type", "application/json");
    const result = `{"content":[],"structuredContent":{"a":${json}}}`;
    response.end(`{"jsonrpc":"2.0","id":${id},"result":${result}}`);
  }

  it("an answer in a session is refused, and its request has errored", async () => {
    const made = await gatewayBefore(answer);
    const own = await sessionOf(made.url, ada);
    expect((await own.call(1)).messages).toMatchObject([invalid(1)]);
    expect(calls(made)).toMatchObject(errored);
    expect(loggedBy(made, "server_error")).toMatchObject([{ text: expect.stringMatching(why) }]);
  });

  it("an answer in an exchange is refused, and its place is free again", async () => {
    const made = await gatewayBefore(answer, { limits: { inFlight: 1 } });
    for (const _ of [1, 2])
      expect(await exchange(callerOf(made.url, ada), "tools/call", { name: "x" })).toMatchObject(
        invalid(1),
      );
    expect(calls(made)).toMatchObject([...errored, ...errored]);
  });

  it("an answer over stdio is refused, and its request has errored", async () => {
    const made = await stdioBefore(answer);
    made.send(callOf(1));
    await expect.poll(() => made.said).toMatchObject([invalid(1)]);
    expect(calls(made)).toMatchObject(errored);
    expect(loggedBy(made, "server_error")).toMatchObject([{ text: expect.stringMatching(why) }]);
  });

  it("what a server asks is refused, and dropped is what nobody waits for", async () => {
    const made = await gatewayBefore(({ message, response }) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const head of [
        '"id":7,"method":"sampling/createMessage","params"',
        '"method":"notifications/message","params"',
        '"id":9,"result"',
      ])
        response.write(`data: {"jsonrpc":"2.0",${head}:{"a":${json}}}\n\n`);
      const id = JSON.stringify(message.id);
      response.end(`data: {"jsonrpc":"2.0","id":${id},"result":{"content":[]}}\n\n`);
    });
    const own = await sessionOf(made.url, ada);
    expect((await own.call(1)).messages).toMatchObject([{ id: 1, result: {} }]);
    const answers = () => made.server.came.filter(({ message }) => message.id === 7);
    await expect.poll(() => answers().length).toBe(1);
    expect(answers()[0]?.message.error).toMatchObject({ data: { code: "message_invalid" } });
    expect(made.gateway.counts().dropped).toBe(2);
  });

  it("a caller's message is refused as invalid, with its id, and reaches no server", async () => {
    const call = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"a":${json}}}`;
    const made = await gatewayBefore();
    const own = await sessionOf(made.url, ada);
    const refused = { code: "message_invalid", messages: [{ id: 1 }] };
    expect(await own.post(call)).toMatchObject({ status: 400, ...refused });
    expect(loggedBy(made, "refused")).toMatchObject([{ text: expect.stringMatching(why) }]);
    const stdio = await stdioBefore();
    stdio.write(`${call}\n`);
    const error = { code: -32600, data: { code: "message_invalid" } };
    await expect.poll(() => stdio.said).toMatchObject([{ id: 1, error }]);
    expect([...made.server.of("tools/call"), ...stdio.server.of("tools/call")]).toEqual([]);
  });
});
