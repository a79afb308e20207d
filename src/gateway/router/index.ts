export { Homes } from "./homes.ts";
export { routerOf } from "./router.ts";
