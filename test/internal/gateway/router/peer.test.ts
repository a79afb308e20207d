/** The connection to one of several servers. */
import { expect, it } from "vitest";
import { Peer } from "../../../../src/gateway/router/peer.ts";
import type { Transport } from "../../../../src/gateway/transports/index.ts";

it("is ended if it was just being made again when its caller left", async () => {
  const made: Transport[] = [];
  const closed: Transport[] = [];
  let goOn = () => {};
  const peer = new Peer({
    name: "one",
    sessionId: "s",
    reconnects: true,
    log: { warn() {}, error() {} },
    async connect(transport) {
      made.push(transport);
      if (made.length > 1)
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
      transport.onclose = () => void closed.push(transport);
    },
    receive: async () => {},
    isAwaited: () => false,
    onJoined() {},
    onRefused() {},
    onLost() {},
  });
  await peer.connect();
  await made[0]?.close();
  peer.send({ jsonrpc: "2.0", id: 1, method: "tools/list" }, undefined);
  peer.close();
  goOn();
  await expect.poll(() => closed).toContain(made[1]);
  expect(made).toHaveLength(2);
});
