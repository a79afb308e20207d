import { isGlassineError } from "glassine";
import { defineHost, type HostProfile } from "glassine/host";
import { describe, expect, it } from "vitest";
import { codeIn, readTable } from "../docs/support/markdown.ts";
import { readPage } from "../docs/support/pages.ts";

describe("the profile of a host", () => {
  it.each<readonly [keyof HostProfile, unknown, string]>([
    ["hostName", "Acme", 'letters, digits and hyphens, a letter first, got "Acme".'],
    ["envPrefix", "acme", 'a letter first and an underscore last, got "acme".'],
    ["hostVersion", "1.2", 'a version, such as 1.2.0 or 1.2.0-rc.1, got "1.2".'],
    ["requiresField", "requires-acme", 'underscores, a letter first, got "requires-acme".'],
    ["requiresDefault", "", 'such as * or >=1.2.0, got "".'],
    ["accessorSpelling", "kebab", 'expected camel or snake, got "kebab".'],
    ["maxTimeoutMs", 0, "expected a number above 0, at most 2147483647, got 0."],
    ["metricPrefix", { toString: null }, "an underscore last, got an object."],
    ["evidenceName", "", 'printable ASCII characters, a letter first, got "".'],
  ])("has a rule for %s, which the refusal states", (field, value, text) => {
    const make = () => defineHost({ profile: { [field]: value } });
    expect(make).toThrow(`The ${field} of the profile: expected `);
    expect(make).toThrow(text);
    expect(make).toThrow(expect.objectContaining({ code: "options_invalid", data: { field } }));
    expect(make).toThrow(expect.toSatisfy(isGlassineError));
  });

  it("has the rules that docs/host.md lists", () => {
    const rows = readTable(readPage("docs/host.md").text, "Profile field");
    for (const [field = "", , , rule = ""] of rows) {
      const [name = ""] = codeIn(field);
      const expected = rule.replace("the default", `${2 ** 31 - 1}`);
      const [, reported = ""] = /expected (.*), got/.exec(refusal(name)) ?? [];
      const words = (text: string) => text.toLowerCase().replaceAll(/[`.]|, such as.*/g, "");
      expect(words(reported), name).toBe(words(expected));
    }
  });

  it("names the host in messages", async () => {
    const host = defineHost({ profile: { hostName: "acme-node", hostVersion: "1.0.0" } });
    const plugin = host.definePlugin({ name: "aaa", version: "1.0.0", requiresHost: "?" });
    await expect(host.createPluginManager({ plugins: [plugin] })).rejects.toThrow(
      "plugin 'aaa' has invalid requires_acme_node '?'",
    );
  });
});

function refusal(field: string): string {
  try {
    defineHost({ profile: { [field]: Symbol("none") } });
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}
