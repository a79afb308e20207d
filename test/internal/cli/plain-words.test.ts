/** Capabilities described in plain words. */
import { memoryNode } from "glassine/memory-node";
import { describe, expect, it } from "vitest";
import { wordsOf } from "../../../src/operate/cli/plain-words.ts";
import { verifies } from "../../support/verifies.ts";

describe("capabilities in plain words", () => {
  it("are those of the slots", () => {
    verifies("cli:describe-permissions");
    const words = wordsOf(undefined);
    expect(words.of("read_labels")).toBe("Sees security.labels.");
    expect(words.of("append_labels")).toBe("Sees security.labels. Adds to security.labels.");
    expect(words.of("write_headers")).toContain("Changes http, but not its method");
    expect(words.of("constructor")).toBe(
      'Asks for "constructor", which is not a capability of this host.',
    );
  });

  it("are those of the host's services", () => {
    verifies("cli:describe-permissions");
    const words = wordsOf(memoryNode);
    expect(words.of("network.outbound")).toBe(
      "Uses network.outbound: Talks to other machines. Before it is granted: High. Data can leave through it.",
    );
    expect(words.of("read_labels")).toBe("Sees security.labels.");
  });

  it("mark what reviewers look at first", () => {
    const names = Object.keys(memoryNode.capabilities).filter((name) => name.includes("."));
    expect(wordsOf(memoryNode).highImpact(names)).toEqual([
      "audit.read",
      "facts.write",
      "federation.write",
      "identity.read",
      "network.outbound",
      "recall.write",
      "tenant.write",
    ]);
  });
});
