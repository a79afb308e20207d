export { type Filter, filterFor } from "./compile-filter.ts";
