export { type ChangedDefinition, changedLabel, Definitions } from "./definitions.ts";
export { listTools } from "./list-tools.ts";
export { pinned } from "./pinned.ts";
export { changePins, definitionHash, type Pins, pinFaults, readPins } from "./pins.ts";
