export { Homes } from "./homes.ts";
export { type Router, routerOf } from "./router.ts";
