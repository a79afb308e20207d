/** docs/embed.md and docs/host.md list every option and field, in the order of the sources. */
import { readFileSync } from "node:fs";
import { createPluginManager, definePlugin, deny, type Limits } from "glassine";
import { describe, expect, it } from "vitest";
import { extensionsLimits, payloadLimits } from "../../src/core/data/index.ts";
import { conditionKinds } from "../../src/core/hooks/index.ts";
import { hookSettings } from "../../src/core/hooks/semantics.ts";
import { standardProfile } from "../../src/core/plugins/index.ts";
import { codeIn, readTable } from "./support/markdown.ts";
import { readPage, root } from "./support/pages.ts";

const text = readPage("docs/embed.md").text + readPage("docs/host.md").text;
const table = (first: string) => readTable(text, first);

/** Returns the names in the first column of a table. */
function named(first: string): readonly (string | undefined)[] {
  return table(first).map(([cell]) => codeIn(cell)[0]);
}

/** Returns the fields of an interface in the order of its source. */
function fieldsOf(path: string, name: string): readonly string[] {
  const source = readFileSync(`${root}src/core/${path}`, "utf8");
  const [, body = ""] =
    new RegExp(`^export interface ${name}\\b[^{]*\\{(.*?)^\\}`, "ms").exec(source) ?? [];
  const fields = [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map((match) => match[1] as string);
  expect(fields, name).not.toEqual([]);
  return fields;
}

describe("docs/embed.md and docs/host.md", () => {
  it.each([
    ["Manager option", fieldsOf("plugins/manager-options.ts", "ManagerOptions")],
    [
      "Plugin setting",
      [
        ...fieldsOf("plugins/types.ts", "PluginItem"),
        ...fieldsOf("plugins/types.ts", "RunSettings"),
      ],
    ],
    ["Condition", conditionKinds],
    ["Invoke option", fieldsOf("plugins/types.ts", "InvokeOptions")],
    ["Violation field", fieldsOf("hooks/results.ts", "Violation")],
    ["Hook setting", Object.keys(hookSettings)],
    ["Profile field", Object.keys(standardProfile)],
    ["Handler field", fieldsOf("plugins/handler-info.ts", "HandlerInfo")],
    ["Health report", fieldsOf("plugins/health.ts", "HealthReport")],
    ["Health option", fieldsOf("plugins/health.ts", "HealthOptions")],
  ])("has every row of the table %s", (first, fields) => {
    expect(named(first)).toEqual(fields);
  });

  it("has every setting of a slot", () => {
    const settings = [
      ...fieldsOf("slots/types.ts", "FieldSpec"),
      ...fieldsOf("slots/types.ts", "SlotSpec"),
    ];
    expect(named("Slot setting")).toEqual([...new Set(settings)]);
  });

  it("has every limit with its defaults", () => {
    const shown = (count: number) => String(count).replaceAll(/\B(?=(\d{3})+$)/g, " ");
    const rows = table("Limit").map(([name, ...cells]) => [codeIn(name)[0], ...cells.slice(0, 2)]);
    const names = Object.keys(extensionsLimits) as (keyof Limits)[];
    expect(rows).toEqual(
      names.map((name) => [name, shown(extensionsLimits[name]), shown(payloadLimits[name])]),
    );
  });

  it("has every status", () => {
    const source = readFileSync(`${root}src/core/hooks/dispatch/types.ts`, "utf8");
    const [, union = ""] = /^export type Status =(.*?);/ms.exec(source) ?? [];
    expect(named("Status")).toEqual([...union.matchAll(/"(\w+)"/g)].map((match) => match[1]));
  });

  it("has every field of a manager, a result, a record and a report", async () => {
    const plugin = definePlugin({
      name: "denies",
      version: "1.0.0",
      hooks: { evaluate: (_message) => deny("No") },
    });
    const manager = await createPluginManager({ plugins: [plugin] });
    const result = await manager.invoke("evaluate", { role: "user" });
    const report = await manager.close();
    const names = (of: object | undefined) => Object.keys(of ?? {});
    expect(named("Manager member")).toEqual(names(manager));
    expect(named("Result field").toSorted()).toEqual(names(result).toSorted());
    expect(named("Record field")).toEqual(names(result.executions[0]));
    expect(named("Report field")).toEqual(names(report));
    expect(named("Field of `background`")).toEqual(names(report.background));
  });
});
