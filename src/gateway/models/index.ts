export { beginsExchange, guardrailWebhook, rejectionFor } from "./guardrail-webhook.ts";
export { type ModelRoute, modelRoute, type RouteOptions } from "./model-route.ts";
