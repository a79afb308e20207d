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

  it.each<[Partial<HostProfile>, string]>([
    [{}, "requires_glassine"],
    [{ hostName: "acme-node" }, "requires_acme_node"],
    [{ hostName: "a".repeat(64) }, `requires_${"a".repeat(64)}`],
    [{ hostName: "acme", requiresField: "needs_acme" }, "needs_acme"],
  ])("names the host in messages: %j", async (profile, name) => {
    const host = defineHost({ profile: { hostVersion: "1.0.0", ...profile } });
    const plugin = host.definePlugin({ name: "aaa", version: "1.0.0", requiresHost: "?" });
    await expect(host.createPluginManager({ plugins: [plugin] })).rejects.toThrow(
      `plugin 'aaa' has invalid ${name} '?'`,
    );
  });

  const { proxy: revoked, revoke } = Proxy.revocable({}, {});
  revoke();
  const revokedFunction = Proxy.revocable(() => 1, {});
  revokedFunction.revoke();
  const values: readonly [unknown, string][] = [
    [null, "null"],
    [false, "a boolean"],
    [1.5, "1.5"],
    [1n, "a bigint"],
    ["Secret", '"Secret"'],
    [Symbol("secret"), "a symbol"],
    [() => 1, "a function"],
    [["secret"], "an array"],
    [{ key: "secret" }, "an object"],
    [new (class {})(), "an object"],
    [Promise.resolve("secret"), "a promise"],
    [new Proxy([], {}), "a proxy"],
    [revoked, "a proxy"],
    [revokedFunction.proxy, "a proxy"],
  ];
  it("is refused with the kind of what came, and quotes no object", () => {
    for (const [hostName, kind] of values)
      expect(() => defineHost({ profile: { hostName } as never })).toThrow(`, got ${kind}.`);
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
