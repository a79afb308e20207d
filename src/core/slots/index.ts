export { resolveNames } from "./capabilities.ts";
export {
  type CompiledSlots,
  compileSlots,
  compileTable,
  defaultsOf,
  type Node,
} from "./compile.ts";
export { defineSlots, joinSlots, zodOf } from "./define.ts";
export { derivedLevel, grownLevel, unfitLevel } from "./derived.ts";
export type { DraftOf } from "./draft-types.ts";
export type {
  AgentSlot,
  CompletionSlot,
  CustomSlot,
  DelegationSlot,
  FrameworkSlot,
  HttpSlot,
  LlmSlot,
  McpSlot,
  MetaSlot,
  ProvenanceSlot,
  RequestSlot,
  SecuritySlot,
  StandardSlots,
} from "./slot-types.generated.ts";
export { type HopInput, standardSlots } from "./table.ts";
export type {
  CapabilityIn,
  DeepReadonly,
  Derive,
  ExtensionsInputOf,
  ExtensionsOf,
  Granted,
  GrantIn,
  InputOf,
  OutputOf,
  PlainSchema,
  ProposalOf,
  Schema,
  SlotSpec,
  SlotTable,
  TableIn,
  Take,
  Tier,
  Undeclared,
  ViewOf,
  WithImplied,
} from "./types.ts";
