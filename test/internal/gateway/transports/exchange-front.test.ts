import { describe, expect, it } from "vitest";
import { exchangeFront } from "../../../../src/gateway/transports/exchange-front.ts";

const frontOf = (request: Request) =>
  exchangeFront({
    request,
    message: { jsonrpc: "2.0", id: 1, method: "tools/list" },
    authInfo: undefined,
    queuedBytes: 65_536,
    onCut() {},
  });

describe("the front of an exchange", () => {
  it("answers with JSON and its status where what came before could not be written", async () => {
    const { transport, answer } = frontOf(new Request("http://localhost/mcp"));
    const response = answer();
    // JSON has no such number.
    const note = { jsonrpc: "2.0", method: "notifications/message", params: { data: 1n } } as const;
    await expect(transport.send(note)).rejects.toThrow(TypeError);
    const error = { code: -32601, message: "There is no such method." };
    await transport.send({ jsonrpc: "2.0", id: 1, error });
    const { status, headers } = await response;
    expect({ status, type: headers.get("content-type") }).toEqual({
      status: 404,
      type: "application/json",
    });
  });

  it.each([202, 205, 304, 600])("gives an answer with the status %i its body", async (given) => {
    const { transport, answer } = frontOf(new Request("http://localhost/mcp"));
    const answered = { jsonrpc: "2.0", id: 1, result: {} };
    const responding = answer();
    await transport.send(answered, { status: given });
    const response = await responding;
    expect([response.status, await response.json()]).toEqual([200, answered]);
  });

  it("passes nothing on for a caller that has left already", async () => {
    const { transport, answer } = frontOf(
      new Request("http://localhost/mcp", { signal: AbortSignal.abort() }),
    );
    const seen: unknown[] = [];
    transport.onmessage = (message) => seen.push(message);
    transport.onclose = () => seen.push("closed");
    expect((await answer()).status).toBe(499);
    expect(seen).toEqual(["closed"]);
  });

  it("of a notification stays open until it is closed, and takes no messages", async () => {
    const leaving = new AbortController();
    const { transport, answer } = exchangeFront({
      request: new Request("http://localhost/mcp", { signal: leaving.signal }),
      message: { jsonrpc: "2.0", method: "notifications/x" },
      authInfo: undefined,
      queuedBytes: 65_536,
      onCut() {},
    });
    let closed = 0;
    transport.onclose = () => {
      closed += 1;
    };
    expect((await answer()).status).toBe(202);
    leaving.abort();
    const note = { jsonrpc: "2.0", method: "notifications/message" };
    await expect(transport.send(note)).rejects.toThrow("The exchange is over.");
    expect(closed).toBe(0);
    await transport.close();
    await transport.close();
    expect(closed).toBe(1);
  });
});
