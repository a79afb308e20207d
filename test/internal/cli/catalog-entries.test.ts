/** How a catalogue entry is found, and how it is printed for a shell. */
import { describe, expect, it } from "vitest";
import { entryOf, installCommand, shellQuoted } from "../../../src/operate/cli/catalog.ts";
import { verifies } from "../../support/verifies.ts";

it("an entry is found by its name with and without the host's prefix", () => {
  verifies("cli:catalog-names");
  const entry = {
    slug: "acl",
    package: "stigmem-plugin-garden-acl",
    env_var: null,
    summary: "A.",
  };
  const find = (name: string) => entryOf([entry], name, "stigmem");
  for (const name of ["acl", "stigmem-plugin-garden-acl", "garden-acl", "stigmem-plugin-acl"])
    expect(find(name)).toBe(entry);
  for (const name of ["garden", "", "stigmem-plugin-", "other-plugin-acl"])
    expect(find(name)).toBeUndefined();
});

describe("what is printed for a shell", () => {
  it.each([
    ["plain-name@1.2.3", "plain-name@1.2.3"],
    ["name@>=0.1.0 <2.0.0", "'name@>=0.1.0 <2.0.0'"],
    ["it's", "'it'\\''s'"],
    ["$(rm)", "'$(rm)'"],
    ["", "''"],
    ["~x", "'~x'"],
  ])("is %j quoted as %j", (text, quoted) => {
    verifies("cli:enable");
    expect(shellQuoted(text)).toBe(quoted);
  });

  it("quotes what is installed", () => {
    const entry = { slug: "a", package: "@acme/a", env_var: null, summary: "A." };
    expect(installCommand(entry, "1")).toBe("npm install @acme/a@1");
  });
});
