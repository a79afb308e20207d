/** The smallest plugin works as its page says. */
// Only in test:all: it runs example programs.
import process from "node:process";
import { createPluginManager } from "glassine/memory-node";
import { expect, it } from "vitest";
import { sourceGuard } from "../../examples/source-guard/plugin.ts";
import { compile, run } from "../docs/support/compile.ts";

const example = "examples/source-guard";

it("PH-115: denies the source agent:blocked with its reason, and allows any other", async () => {
  const manager = await createPluginManager({ plugins: [sourceGuard] });
  expect(manager.plugins.map(({ name }) => name)).toEqual(["example-stigmem-plugin"]);
  const decide = (source: string) =>
    manager.invoke("pre_assert_authorize", {
      req: { entity: "project:apollo", relation: "status", source },
      identity: {},
      tenant: { tenantId: "default", metadata: {} },
      requestId: "0c9f1a0e-7f3b-4c6d-8f0a-2f6a1f1f5a11",
    });
  expect(await decide("agent:blocked")).toMatchObject({
    allow: false,
    plugin: "example-stigmem-plugin",
    reason: "source is blocked by example-stigmem-plugin",
  });
  expect(await decide("agent:ada")).toMatchObject({ allow: true });
});

it("PH-115: runs as a user runs it, and observes the assertion", async () => {
  const { out, problems } = await compile("source-guard", [example]);
  expect(problems).toEqual([]);
  const ran = await run(process.execPath, [`${out}${example}/main.js`], 240_000);
  expect(ran).toMatchObject({ code: 0, complaints: "" });
  expect(ran.output.trimEnd().split("\n")).toEqual([
    "agent:blocked: source is blocked by example-stigmem-plugin",
    "agent:ada: allowed",
    "assertion: success",
  ]);
}, 180_000);
