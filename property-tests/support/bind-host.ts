/** The functions of a host for a compiled slot table, with the standard hooks. */
import { type StandardHooks, standardHooks } from "../../src/core/hooks/index.ts";
import { hostOf } from "../../src/core/host/define-host.ts";
import type { Host } from "../../src/core/host/index.ts";
import { standardProfile } from "../../src/core/plugins/index.ts";
import type { CompiledSlots, SlotTable } from "../../src/core/slots/index.ts";

export function bindStandard<Table extends SlotTable>(
  slots: CompiledSlots,
): Host<Table, StandardHooks> {
  const surface = { slots, hooks: standardHooks, services: {}, profile: standardProfile };
  return hostOf(surface);
}
