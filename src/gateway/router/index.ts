export { splitName } from "./names.ts";
export { Router } from "./router.ts";
export { RoutingMemory } from "./routing-memory.ts";
