export {
  type ConfigInput,
  configSchema,
  defineConfig,
  type GatewayConfig,
  type PluginEntry,
  type RouteConfig,
  type Secret,
  type ServerConfig,
} from "./schema.ts";
