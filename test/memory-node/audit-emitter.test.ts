import { allow, PluginExecutionError } from "glassine";
import { createPluginManager, definePlugin } from "glassine/memory-node";
import { describe, expect, it } from "vitest";
import { fact, req, request } from "./support/examples.ts";

function observer(capabilities: readonly ["audit.emit"] | readonly []) {
  return definePlugin({
    name: "example-plugin",
    version: "1.0.0",
    capabilities: capabilities as readonly ["audit.emit"],
    hooks: {
      pre_assert_authorize: (_facts) => allow(),
      post_assert_audit(_facts, context) {
        const emit = context.getAuditEmitter();
        if (typeof emit === "function") emit({ event_type: "example.plugin.post_assert" });
      },
    },
  });
}

describe("PH-116: a plugin that emits an event of its own", () => {
  const facts = { fact, req, ...request, outcome: { kind: "success" } } as never;

  it("PH-116: sends it to the host's emitter", async () => {
    const taken: unknown[] = [];
    const manager = await createPluginManager({
      plugins: [observer(["audit.emit"])],
      services: { auditEmitter: (event) => taken.push(event) },
    });
    await manager.invoke("post_assert_audit", facts);
    expect(taken).toEqual([{ event_type: "example.plugin.post_assert" }]);
  });

  it("PH-116: completes if the host supplies none", async () => {
    const manager = await createPluginManager({ plugins: [observer(["audit.emit"])] });
    expect(await manager.invoke("post_assert_audit", facts)).toBeUndefined();
  });

  it("PH-116: fails if it did not declare what it uses", async () => {
    const manager = await createPluginManager({ plugins: [observer([])] });
    const failure = manager.invoke("post_assert_audit", facts);
    await expect(failure).rejects.toBeInstanceOf(PluginExecutionError);
    await expect(failure).rejects.toThrow(
      "failed for audit hook 'post_assert_audit': plugin 'example-plugin' cannot call get_audit_emitter: capability 'audit.emit' not declared",
    );
  });
});
