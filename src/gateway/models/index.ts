export { beginsExchange, guardrailWebhook, rejectionFor } from "./guardrail-webhook.ts";
export { type ModelRoute, modelRoute } from "./model-route.ts";
