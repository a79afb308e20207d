/** What a patched realm does to the record of a package that discovery refused. */
// Its process is only for files that patch the realm.
import { createPluginManager } from "glassine";
import type { AuditEvent } from "glassine/audit";
import { describe, expect, it } from "vitest";
import { discover, install, newRoot } from "./support.ts";

describe("a refused package", () => {
  it.each([
    ["plugin", { name: "innocent", version: "9.9.9", capabilities: [], hooks: [], dependsOn: [] }],
    ["plugin", undefined],
    ["vetoedBy", "someone"],
  ])("is recorded by nothing that is on Object.prototype: %s", async (name, value) => {
    const root = await newRoot();
    await install(root, "guard", { code: "export default () => undefined;" });
    const discovered = await discover(root);
    const events: AuditEvent[] = [];
    Object.defineProperty(Object.prototype, name, { value, configurable: true });
    try {
      const audit = { sink: (event: AuditEvent) => events.push(event) };
      await (
        await createPluginManager({ plugins: [], discovered, env: {}, audit, logger: {} })
      ).close();
    } finally {
      Reflect.deleteProperty(Object.prototype, name);
    }
    const [event] = events;
    expect(event).toMatchObject({ targetUri: "plugin:guard", metadata: { package: "guard" } });
    expect(event?.metadata).not.toHaveProperty("vetoed_by");
  });
});
