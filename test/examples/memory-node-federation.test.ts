/** Federation of the example node: facts are received one by one, but sent all or none. */
// Only in test:all: it runs example programs.
import { definePlugin, type Fact } from "glassine/memory-node";
import { describe, expect, it } from "vitest";
import {
  federationInbound,
  federationOutbound,
  registerPeer,
} from "../../examples/memory-node/federation.ts";
import { steward } from "../../examples/memory-node/steward.ts";
import { caller, refusalOf, request, started, type Watched } from "./support/memory-node.ts";

const showing = { peer: { node_id: "node:berlin" }, tokenPayload: { scopes: ["public", "team"] } };
const factOf = (id: string, changes: Partial<Fact> = {}): Fact => ({ ...request, id, ...changes });
const batch = [factOf("f0", { attested: true }), factOf("f1", { scope: "team" }), factOf("f2")];
const stored = ({ node }: Watched) =>
  node.store.ofScopes(["public", "team"], "default").map(({ id }) => id);

describe("facts that come in", () => {
  it("are validated and filtered one by one; a denial rejects its fact, and the batch goes on", async () => {
    const watched = await started([], [steward]);
    expect(await federationInbound(watched.node, batch, showing)).toEqual({
      accepted: ["f0", "f2"],
      rejected: [{ fact_id: "f1", error: "only public facts come in" }],
    });
    expect(stored(watched)).toEqual(["f0", "f2"]);
    expect(watched.node.store.get("f0", "default")).toMatchObject({
      received_from: "node:berlin",
      attested: false,
    });
    const validate = "federation_inbound_validate";
    const filter = "federation_inbound_filter";
    expect(watched.seen).toEqual([validate, filter, validate, validate, filter]);
  });

  it.each(["federation_inbound_validate", "federation_inbound_filter"])(
    "are not stored if %s fails, and the peer does not learn why",
    async (site) => {
      const watched = await started([site]);
      const { accepted, rejected } = await federationInbound(watched.node, batch, showing);
      expect(accepted).toEqual([]);
      expect(rejected).toEqual(batch.map(({ id }) => ({ fact_id: id, error: "internal error" })));
      expect(stored(watched)).toEqual([]);
    },
  );

  it("are rejected if invalid or already known; the others are stored", async () => {
    const watched = await started();
    const mixed = [factOf("f0", { confidence: 9 }), factOf("f1"), factOf("f1"), factOf("f2")];
    expect(await federationInbound(watched.node, mixed, showing)).toEqual({
      accepted: ["f1", "f2"],
      rejected: [
        { fact_id: "f0", error: "malformed" },
        { fact_id: "f1", error: "duplicate" },
      ],
    });
  });
});

describe("facts that go out", () => {
  async function sent(watched: Watched) {
    const batches: (readonly Fact[])[] = [];
    const pending = federationOutbound(watched.node, showing, async (facts) => {
      batches.push(facts);
    });
    return { pending, batches };
  }

  it("are filtered, then signed, then sent", async () => {
    const watched = await started([], [steward]);
    for (const fact of batch) watched.node.store.insert(fact, "default");
    const { pending, batches } = await sent(watched);
    expect(await pending).toBe(2);
    expect(batches).toHaveLength(1);
    expect(batches[0]).toMatchObject([
      { id: "f0", digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
      { id: "f2", digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
    expect(watched.seen).toEqual(["federation_outbound_filter", "federation_outbound_sign"]);
  });

  it.each(["federation_outbound_filter", "federation_outbound_sign"])(
    "are not sent at all if %s fails",
    async (site) => {
      const watched = await started([site], [steward]);
      for (const fact of batch) watched.node.store.insert(fact, "default");
      const { pending, batches } = await sent(watched);
      expect((await refusalOf(pending)).status).toBe(500);
      expect(batches).toEqual([]);
    },
  );

  it("are those that plugins left, and no others", async () => {
    const shy = definePlugin({
      name: "shy",
      version: "1.0.0",
      hooks: { federation_outbound_filter: (_facts) => [] },
    });
    const watched = await started([], [shy]);
    for (const fact of batch) watched.node.store.insert(fact, "default");
    const { pending, batches } = await sent(watched);
    expect(await pending).toBe(0);
    expect(batches).toEqual([[]]);
  });
});

describe("a peer", () => {
  it("is registered if it is authentic, else it gets a 403 or 500", async () => {
    const { node } = await started([], [steward]);
    const peer = { node_id: "node:berlin", node_url: "https://berlin.example" };
    expect(await registerPeer(node, peer, caller)).toEqual(peer);
    const plain = { ...peer, node_url: "http://berlin.example" };
    const refusal = await refusalOf(registerPeer(node, plain, caller));
    expect([refusal.status, refusal.message]).toEqual([403, "peers speak https"]);
    const failing = await started(["federation_peer_authenticate"]);
    expect((await refusalOf(registerPeer(failing.node, peer, caller))).status).toBe(500);
  });
});
