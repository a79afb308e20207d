/** docs/plugins.md has a section for each stock plugin, with the options of its schema. */
import { type StockPluginName, stockPlugins } from "glassine/plugins";
import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { readTable } from "./support/markdown.ts";
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
});
