/** The functions of a host for a compiled table of slots, with the standard hooks. */
import { type StandardHooks, standardHooks } from "../../src/core/hooks/index.ts";
import { bindFunctions } from "../../src/core/host/define-host.ts";
import type { EnvelopeFunctions } from "../../src/core/host/envelope-functions.ts";
import { standardProfile } from "../../src/core/plugins/index.ts";
import type { WireFunctions } from "../../src/core/remote/index.ts";
import type { CompiledSlots, SlotTable, StandardSlots } from "../../src/core/slots/index.ts";

export function bindEnvelope<Table extends SlotTable>(
  slots: CompiledSlots,
): EnvelopeFunctions<Table> {
  return bindStandard(slots) as unknown as EnvelopeFunctions<Table>;
}

export function bindWire(slots: CompiledSlots): WireFunctions<StandardSlots, StandardHooks> {
  return bindStandard(slots) as unknown as WireFunctions<StandardSlots, StandardHooks>;
}

function bindStandard(slots: CompiledSlots) {
  const { capabilities } = slots;
  const surface = { hooks: standardHooks, capabilities, services: {}, profile: standardProfile };
  return bindFunctions({ slots, surface });
}
