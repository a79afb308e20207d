// A process of its own: it replaces modules.
// Only in test:all: it runs whole command flows.
/** `gateway --check` without the packages that a configuration needs. */
import { expect, it, vi } from "vitest";
import { missingPeers } from "../../../../src/gateway/run/missing-peers.ts";
import { load } from "../config/support.ts";

vi.mock("../../../../src/operate/packages/peer.ts", async (original) => {
  const { loadPeer } = await original<typeof import("../../../../src/operate/packages/peer.ts")>();
  return {
    loadPeer: (peer: Parameters<typeof loadPeer>[0]) =>
      loadPeer({ ...peer, name: `${peer.name}-that-nobody-has` }),
  };
});

const secrets = () => "redis://localhost";

it("names each package that is not installed, and how to install it", async () => {
  const servers = { files: { url: "https://files.example/mcp" } };
  const { config } = await load({
    servers,
    listen: {},
    tracing: true,
    labels: { store: { redis: "redis://localhost" } },
  });
  expect(await missingPeers(config, secrets)).toEqual([
    expect.stringContaining("npm install @modelcontextprotocol/server"),
    expect.stringContaining("npm install @opentelemetry/api"),
    expect.stringContaining("npm install redis"),
  ]);
  const plain = await load({ servers });
  expect(await missingPeers(plain.config, secrets)).toEqual([]);
});
