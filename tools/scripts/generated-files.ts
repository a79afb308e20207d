/** Every file that is derived from the sources, with its expected text. */
import { standardHooks } from "../../src/core/hooks/standard-hooks.ts";
import { standardSlots } from "../../src/core/slots/index.ts";
import { memoryNodeServices } from "../../src/memory-node/index.ts";
import { auditEventJsonSchema } from "./audit-schema.ts";
import { commandSchemas } from "./command-schemas.ts";
import { configJsonSchema } from "./config-schema.ts";
import { extensionsSchema } from "./extensions-schema.ts";
import { formatted } from "./formatted.ts";
import { hookTypesSource } from "./hook-types.ts";
import { mcpPathData, mcpPaths } from "./mcp-paths.ts";
import { messageJsonSchema, partJsonSchemas } from "./message-schemas.ts";
import { messageTypesSource } from "./message-types.ts";
import { capabilitiesPage } from "./pages/capabilities-page.ts";
import { commandsPage } from "./pages/commands-page.ts";
import { errorsPage } from "./pages/errors-page.ts";
import { gatewayReferencePage } from "./pages/gateway-reference-page.ts";
import { guaranteesPage } from "./pages/guarantees-page.ts";
import { hooksPage } from "./pages/hooks-page.ts";
import { isolationPage } from "./pages/isolation-page.ts";
import { mcpPathsPage } from "./pages/mcp-paths-page.ts";
import { memoryNodePage } from "./pages/memory-node-page.ts";
import { slotsPage } from "./pages/slots-page.ts";
import { threatModelPage } from "./pages/threat-model-page.ts";
import { printJson } from "./print-json.ts";
import { readAttacks, readFaults, readLaws } from "./read-attacks.ts";
import { errorJsonSchema, resultJsonSchema, taskJsonSchema } from "./remote-schemas.ts";
import { slotData } from "./slot-data.ts";
import { slotTypesSource } from "./slot-types.ts";
import { standardLevelsSource } from "./standard-levels.ts";

export interface GeneratedFile {
  /** Relative to the root of the repository. */
  readonly path: string;
  readonly text: string;
}

export async function generatedFiles(): Promise<readonly GeneratedFile[]> {
  const texts = await mcpPaths();
  const attacks = readAttacks();
  const evidence = { attacks, laws: readLaws(), faults: readFaults() };
  return [
    {
      path: "spec/schemas/extensions.schema.json",
      text: printJson(extensionsSchema(standardSlots)),
    },
    { path: "spec/schemas/message.schema.json", text: printJson(messageJsonSchema()) },
    ...partJsonSchemas().map(([kind, schema]) => ({
      path: `spec/schemas/parts/${kind}.schema.json`,
      text: printJson(schema),
    })),
    { path: "spec/schemas/task.schema.json", text: printJson(taskJsonSchema()) },
    { path: "spec/schemas/result.schema.json", text: printJson(resultJsonSchema()) },
    { path: "spec/schemas/error.schema.json", text: printJson(errorJsonSchema()) },
    { path: "spec/schemas/audit-event.schema.json", text: printJson(auditEventJsonSchema()) },
    ...commandSchemas().map(([name, schema]) => ({
      path: `spec/schemas/commands/${name}.schema.json`,
      text: printJson(schema),
    })),
    {
      path: "src/core/slots/slot-types.generated.ts",
      text: formatted(slotTypesSource(standardSlots)),
    },
    {
      path: "src/core/slots/standard-levels.generated.ts",
      text: formatted(standardLevelsSource(standardSlots)),
    },
    {
      path: "src/core/messages/message-types.generated.ts",
      text: formatted(messageTypesSource()),
    },
    {
      path: "src/core/hooks/standard-hook-types.generated.ts",
      text: formatted(hookTypesSource(standardHooks)),
    },
    { path: "spec/slots.json", text: printJson(slotData(standardSlots)) },
    { path: "docs/slots.md", text: slotsPage(standardSlots) },
    { path: "docs/capabilities.md", text: capabilitiesPage(standardSlots, memoryNodeServices) },
    { path: "docs/commands.md", text: commandsPage() },
    { path: "spec/schemas/config.schema.json", text: printJson(configJsonSchema()) },
    { path: "docs/gateway-reference.md", text: gatewayReferencePage() },
    { path: "docs/errors.md", text: errorsPage() },
    { path: "docs/hooks.md", text: hooksPage(standardHooks) },
    { path: "docs/isolation.md", text: isolationPage() },
    { path: "spec/mcp-paths.json", text: printJson(mcpPathData(texts)) },
    { path: "docs/mcp-paths.md", text: mcpPathsPage(texts) },
    { path: "docs/memory-node-hooks.md", text: memoryNodePage() },
    { path: "docs/threat-model.md", text: threatModelPage(attacks) },
    { path: "docs/guarantees.md", text: guaranteesPage(evidence) },
  ];
}
