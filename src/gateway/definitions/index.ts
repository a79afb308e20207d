export { changedLabel, Definitions } from "./definitions.ts";
export { listTools } from "./list-tools.ts";
export { type Pinned, pinned } from "./pinned.ts";
export { definitionHash, type Pins, readPins, writePins } from "./pins.ts";
