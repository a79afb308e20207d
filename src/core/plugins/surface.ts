import type { HookTable } from "../hooks/index.ts";
import type { CapabilityBits } from "../slots/index.ts";
import type { ServiceTable } from "./define-services.ts";
import type { HostProfile } from "./profile.ts";

/** What a host knows, to check a manifest against. */
export interface Surface {
  readonly hooks: HookTable;
  /** The capabilities of slots. */
  readonly capabilities: CapabilityBits;
  /** The services by the capabilities that open them. */
  readonly services: ServiceTable;
  readonly profile: HostProfile;
}
