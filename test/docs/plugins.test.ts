/** docs/plugins.md has a section for each stock plugin, with the options of its schema. */
import { type StockPluginName, stockPlugins } from "glassine/plugins";
import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { codeIn, readTable } from "./support/markdown.ts";
import { readPage } from "./support/pages.ts";

const { text, anchors } = readPage("docs/plugins.md");
const names = Object.keys(stockPlugins) as StockPluginName[];

/** Returns the expected rows of a plugin's table of options. */
function rowsOf(name: StockPluginName): readonly (readonly string[])[] {
  const { properties = {}, required = [] } = z.toJSONSchema(stockPlugins[name].options, {
    io: "input",
    unrepresentable: "any",
  });
  return Object.entries(properties).map(([option, schema]) => {
    if (typeof schema === "boolean") throw new Error(`${option} is not described`);
    const set = schema.default === undefined ? "none" : `\`${JSON.stringify(schema.default)}\``;
    const byDefault = required.includes(option) ? "required" : set;
    return [`\`${option}\``, byDefault, schema.description ?? "not described"];
  });
}

/** The values of a schema that takes only certain ones, at any depth. */
function valuesIn(schema: unknown): readonly unknown[] {
  if (typeof schema !== "object" || schema === null) return [];
  return Object.entries(schema).flatMap(([key, inside]) =>
    key === "enum" ? inside : valuesIn(inside),
  );
}

describe("docs/plugins.md", () => {
  it("lists every stock plugin, in the order of their names", () => {
    const listed = readTable(text, "Name").map(([name = ""]) => /`([^`]+)`/.exec(name)?.[1]);
    expect(listed).toEqual(names);
    expect(names).toEqual(names.toSorted());
    expect(anchors).toEqual(expect.arrayContaining(names));
  });

  it.each(names)("has the options of %s with their defaults", (name) => {
    expect(readTable(text, `Option of \`${name}\``)).toEqual(rowsOf(name));
  });

  it.each(names)("names each value that an option of %s takes", (name) => {
    const section = text.split(`\n## \`${name}\`\n`)[1]?.split("\n## ")[0];
    const prose = section?.replaceAll(/^```.*?^```$/gms, "");
    const code = codeIn(prose).map((each) => each.replaceAll('"', ""));
    const { properties } = z.toJSONSchema(stockPlugins[name].options, {
      io: "input",
      unrepresentable: "any",
    });
    // docs/hooks.md lists the hooks.
    const { hooks: _, ...others } = properties ?? {};
    expect(valuesIn(others).filter((value) => !code.includes(String(value)))).toEqual([]);
  });
});
