// A process of its own: it replaces a module.
// Only in test:all: it needs a process for two tests.
import { expect, it, vi } from "vitest";
import type { Peer } from "../../../../src/operate/packages/peer.ts";
import { jwt } from "../../../gateway/identity/support.ts";
import { identifierOf, identityOf, requestOf } from "./support.ts";

vi.mock("../../../../src/operate/packages/peer.ts", async (load) => {
  const original = await load<typeof import("../../../../src/operate/packages/peer.ts")>();
  return {
    loadPeer: (peer: Peer) => original.loadPeer({ ...peer, name: `${peer.name}-that-nobody-has` }),
  };
});

it("a gateway with tokens says at its start what to install", async () => {
  await expect(identifierOf(jwt())).rejects.toMatchObject({
    code: "setting_invalid",
    message:
      "The package jose-that-nobody-has is not installed. Run `npm install jose@6` where glassine is installed, and start again.",
  });
});

it("any other does without it", async () => {
  const trustedHeaders = { from: ["10.0.0.1"], subject: "x-user" };
  const identifier = await identifierOf({ trustedHeaders });
  const ada = await identityOf(identifier, requestOf({ "x-user": "ada" }), "10.0.0.1");
  expect(ada.subject?.id).toBe("ada");
});
