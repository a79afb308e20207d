/** Everything that needs fast-check: only `with-fast-check.ts` loads it, and only if installed. */
export { arbitrariesOf } from "./host-arbitraries.ts";
export { lawsOfPlugin } from "./laws/plugin-laws.ts";
export { lawsOfSlots } from "./laws/slot-laws.ts";
