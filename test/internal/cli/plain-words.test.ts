/** The words for capabilities, and for dependencies that changed. */
import { memoryNode } from "glassine/memory-node";
import { describe, expect, it } from "vitest";
import { dependencyChange, wordsOf } from "../../../src/operate/cli/plain-words.ts";
import { verifies } from "../../support/verifies.ts";

describe("capabilities in plain words", () => {
  it("are those of the slots", () => {
    verifies("cli:describe-permissions");
    const words = wordsOf(undefined);
    expect(words.of("read_labels")).toBe("Sees labels in security.");
    expect(words.of("append_labels")).toBe("Sees labels in security. Adds to labels in security.");
    expect(words.of("write_headers")).toContain("Changes http, but not its method");
    expect(words.of("constructor")).toBe('Asks for "constructor", no capability of this host.');
  });

  it("are those of the host's services", () => {
    verifies("cli:describe-permissions");
    const words = wordsOf(memoryNode);
    expect(words.of("network.outbound")).toBe(
      "Uses network.outbound: Talks to other machines. Before it is granted: High. Data can leave by it.",
    );
    expect(words.of("read_labels")).toBe("Sees labels in security.");
  });

  it("mark what reviewers look at first", () => {
    const names = Object.keys(memoryNode.capabilities).filter((name) => name.includes("."));
    expect(wordsOf(memoryNode).highImpact(names)).toEqual([
      ...["audit.read", "facts.write", "federation.write", "identity.read", "network.outbound"],
      ...["recall.write", "tenant.write"],
    ]);
  });
});

describe("a dependency that changed", () => {
  it("is paired with its predecessor only if one was added and one removed", () => {
    const of = (name: string, version: string) => ({ name, version, hash: `sha256:${version}` });
    const was = [of("a", "1"), of("a", "2"), of("b", "1")];
    expect(dependencyChange(was, [of("a", "3"), of("b", "2")])).toEqual({
      changed: [{ was: of("b", "1"), now: of("b", "2") }],
      added: [of("a", "3")],
      removed: [of("a", "1"), of("a", "2")],
    });
    expect(dependencyChange(was, [...was, of("a", "3")])).toEqual({
      ...{ changed: [], removed: [] },
      added: [of("a", "3")],
    });
    expect(dependencyChange(was, was)).toEqual({ changed: [], added: [], removed: [] });
  });
});
