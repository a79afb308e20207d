export { changedLabel, Definitions } from "./definitions.ts";
export { listTools } from "./list-tools.ts";
export { type Pinned, pinned } from "./pinned.ts";
export { changePins, definitionHash, type Pins, pinFaults, readPins } from "./pins.ts";
