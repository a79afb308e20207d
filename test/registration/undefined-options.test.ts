/** An undefined option counts as absent, so a host can pass options on without checking them. */
import {
  createPluginManager,
  definePlugin,
  type ManagerOptions,
  type PluginItem,
  type PluginManifest,
  type RunSettings,
} from "glassine";
import { createGateway, type GatewayOptions } from "glassine/gateway";
import { guardModel, type ModelGuardOptions } from "glassine/http";
import { createGuard, type GuardOptions } from "glassine/mcp";
import { type DiscoverOptions, discoverPlugins } from "glassine/node";
import { chatCompletions } from "glassine/openai";
import { expect, it } from "vitest";

/** Every optional option. The compiler reports any that is missing below. */
type None<Options> = {
  readonly [Name in keyof Options as undefined extends Options[Name] ? Name : never]-?: undefined;
};

const ofManager: None<ManagerOptions> = {
  discovered: undefined,
  core: undefined,
  services: undefined,
  config: undefined,
  env: undefined,
  audit: undefined,
  metrics: undefined,
  health: undefined,
  logger: undefined,
  timeoutMs: undefined,
  strict: undefined,
  strictDelegation: undefined,
  timings: undefined,
  limits: undefined,
  payloadLimits: undefined,
  payloadPolicy: undefined,
  payloadHeaders: undefined,
  tampering: undefined,
  maxInFlight: undefined,
  maxBackground: undefined,
  onHandlerError: undefined,
};

const ofSettings: None<RunSettings> = {
  mode: undefined,
  priority: undefined,
  onError: undefined,
  timeoutMs: undefined,
  conditions: undefined,
  stream: undefined,
};

/** Not `grant`, which is refused: it would grant everything. An item has no `capabilities`. */
const ofItem: Omit<None<PluginItem>, "grant" | "capabilities"> = {
  ...ofSettings,
  config: undefined,
};

/** Not `capabilities`: the type of the view depends on them. */
const ofManifest: Omit<None<PluginManifest>, "capabilities"> = {
  description: undefined,
  requiresHost: undefined,
  asyncSafe: undefined,
  hooks: undefined,
  routes: undefined,
  healthCheck: undefined,
  configSchema: undefined,
  dependsOn: undefined,
};

const ofGuard: None<GuardOptions> = {
  envelope: undefined,
  onDeny: undefined,
  pass: undefined,
  serverId: undefined,
  tenant: undefined,
  onWarning: undefined,
  labels: undefined,
  access: undefined,
  onEnd: undefined,
  onResult: undefined,
  onFailure: undefined,
};

const ofModelGuard: None<ModelGuardOptions> = {
  envelope: undefined,
  tenant: undefined,
  labels: undefined,
  allow: undefined,
  toolCalls: undefined,
  access: undefined,
  onEnd: undefined,
  onResult: undefined,
};

const ofDiscovery: None<DiscoverOptions> = {
  host: undefined,
  root: undefined,
  mode: undefined,
  lock: undefined,
  bin: undefined,
  env: undefined,
  verifiers: undefined,
  builtins: undefined,
  reserved: undefined,
  local: undefined,
  onRejected: undefined,
  only: undefined,
  isolate: undefined,
  onOutput: undefined,
  onEnd: undefined,
  kinds: undefined,
  loadTimeoutMs: undefined,
};

const ofGateway: None<GatewayOptions> = {
  audit: undefined,
  secrets: undefined,
  log: undefined,
  metrics: undefined,
  stdio: undefined,
  envoy: undefined,
  onUnused: undefined,
};

it("of a manager and its guards", async () => {
  const manager = await createPluginManager({ plugins: [], ...ofManager });
  expect(createGuard(manager, ofGuard).counts()).toMatchObject({ open: 0 });
  expect(guardModel(chatCompletions, manager, ofModelGuard).begin()).toHaveProperty("judgeRequest");
  const labels = {
    store: undefined,
    session: undefined,
    onStoreError: undefined,
    timeoutMs: undefined,
    fromWire: { meta: undefined, annotations: undefined },
  };
  expect(createGuard(manager, { labels }).counts()).toMatchObject({ open: 0 });
  await manager.close();
});

it("of a plugin, its hooks and its item", async () => {
  const identity = { ...ofManifest, version: "1.0.0" };
  const idle = definePlugin({ ...identity, name: "idle" });
  const evaluate = { ...ofSettings, extensions: undefined, handler: () => {} };
  const plugin = definePlugin({ ...identity, name: "evaluator", hooks: { evaluate } });
  const manager = await createPluginManager({ plugins: [idle, { plugin, ...ofItem }] });
  const { executions } = await manager.invoke("evaluate", { role: "user" });
  expect(executions.map(({ mode, status }) => [mode, status])).toEqual([
    ["sequential", "completed"],
  ]);
  await manager.close();
});

it("of discovery", async () => {
  const found = await discoverPlugins({ ...ofDiscovery, mode: "dev", only: [] });
  expect(found.plugins).toEqual([]);
});

it("of a gateway", async () => {
  const manager = await createPluginManager({ plugins: [] });
  const servers = { small: { url: "http://127.0.0.1:9/mcp" } };
  const config = { servers, listen: { port: 0 } };
  const gateway = await createGateway({
    ...ofGateway,
    config,
    manager,
    log: { info: () => {}, warn: () => {}, error: () => {} },
  });
  expect(gateway.generation).toBe(1);
  await gateway.close();
  await manager.close();
});
