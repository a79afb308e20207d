export { splitName } from "./names.ts";
export { Router, type RouterOptions } from "./router.ts";
export { RoutingMemory } from "./routing-memory.ts";
