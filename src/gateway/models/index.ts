export { type ModelRoute, modelRoute } from "./model-route.ts";
