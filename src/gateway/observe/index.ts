export { createMetrics, type GatewayMetrics, gatewayMetrics } from "./gateway-metrics.ts";
