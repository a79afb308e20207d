export { Homes } from "./homes.ts";
export { splitName } from "./names.ts";
export { routerOf } from "./router.ts";
