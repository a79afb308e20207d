export { splitName } from "./names.ts";
export { routerOf } from "./router.ts";
export { RoutingMemory } from "./routing-memory.ts";
