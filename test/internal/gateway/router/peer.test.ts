/** The connection to one of several servers. */
import { expect, it } from "vitest";
import { Peer } from "../../../../src/gateway/router/peer.ts";
import type { Message, Transport } from "../../../../src/gateway/transports/index.ts";

/** A peer, the connections made for it, and what its caller got and the server was sent. */
function peerOf(connect: (made: readonly Transport[]) => Promise<void> = async () => {}) {
  const made: Transport[] = [];
  const closed: Transport[] = [];
  const sent: Message[] = [];
  const received: Message[] = [];
  const peer = new Peer({
    name: "one",
    sessionId: "s",
    reconnects: true,
    log: { warn() {}, error() {} },
    async connect(transport) {
      made.push(transport);
      await connect(made);
      transport.onmessage = (message) => void sent.push(message as Message);
      transport.onclose = () => void closed.push(transport);
    },
    receive: async (message) => void received.push(message),
    isAwaited: () => false,
    onJoined() {},
    onRefused() {},
    onLost() {},
  });
  return { peer, made, closed, sent, received };
}

const requestOf = (id: number) => ({ jsonrpc: "2.0", id, method: "tools/list" });

it("is ended if it was just being made again when its caller left", async () => {
  let goOn = () => {};
  const { peer, made, closed } = peerOf(async ({ length }) => {
    if (length > 1)
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
  });
  await peer.connect();
  await made[0]?.close();
  peer.send(requestOf(1), undefined);
  peer.close();
  goOn();
  await expect.poll(() => closed).toContain(made[1]);
  expect(made).toHaveLength(2);
});

it("takes nothing more from a server that it has lost, since ids may be used again", async () => {
  const { peer, made, sent, received } = peerOf();
  await peer.connect();
  await made[0]?.close();
  peer.send(requestOf(1), undefined);
  await expect.poll(() => sent).toEqual([requestOf(1)]);
  for (const [at, each] of made.entries())
    await each.send({ jsonrpc: "2.0", id: 1, result: { at } });
  expect(received).toMatchObject([{ result: { at: 1 } }]);
});

it("holds at most 100 messages while it begins, and none of a cancelled request", async () => {
  const { peer, made, sent, received } = peerOf();
  await peer.connect();
  peer.send({ jsonrpc: "2.0", id: 0, method: "initialize" }, undefined);
  for (let id = 1; id <= 101; id += 1) peer.send(requestOf(id), undefined);
  expect(received).toMatchObject([{ id: 101, error: { data: { code: "too_many_unanswered" } } }]);
  const params = { requestId: 7 };
  peer.send({ jsonrpc: "2.0", method: "notifications/cancelled", params }, undefined);
  await made[0]?.send({ jsonrpc: "2.0", id: 0, result: {} });
  const begun = Array.from({ length: 101 }, (_, id) => id).filter((id) => id !== 7);
  expect(sent.map(({ id }) => id)).toEqual(begun);
});
