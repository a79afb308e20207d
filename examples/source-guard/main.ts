/** Runs the plugin on a minimal host, so that it can be tried without a node. */
import { createPluginManager } from "glassine/memory-node";
import { sourceGuard } from "./plugin.ts";

const manager = await createPluginManager({ plugins: [sourceGuard] });
const request = {
  identity: { entity_uri: "agent:ada" },
  tenant: { tenantId: "default", metadata: {} },
  requestId: crypto.randomUUID(),
};
for (const source of ["agent:blocked", "agent:ada"]) {
  const req = { entity: "project:apollo", relation: "status", value: "launched", source };
  const decision = await manager.invoke("pre_assert_authorize", { req, ...request });
  console.log(`${source}: ${decision.allow ? "allowed" : decision.reason}`);
  if (!decision.allow) continue;
  const fact = { id: "fact-1", ...req };
  await manager.invoke("post_assert_audit", {
    fact,
    req,
    ...request,
    outcome: { kind: "success" },
  });
}
await manager.close();
