/** All that needs fast-check. Nothing else of `glassine/testing` imports it when it is run. */
export { arbitrariesOf } from "./host-arbitraries.ts";
export { lawsOfPlugin } from "./laws/plugin-laws.ts";
export { lawsOfSlots } from "./laws/slot-laws.ts";
