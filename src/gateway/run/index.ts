/** glassine/gateway: the ready-made gateway, and the types of its configuration. */
export { type ConfigInput, defineConfig, type GatewayConfig } from "../config/index.ts";
export { createMetrics, type GatewayMetrics } from "../observe/index.ts";
export { createGateway } from "./create-gateway.ts";
export type {
  Address,
  AuditedTraffic,
  Gateway,
  GatewayCounts,
  GatewayLog,
  GatewayOptions,
} from "./parts.ts";
