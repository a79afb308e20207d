export { checkBehindEnvoy, serverPaths } from "./behind-envoy.ts";
export { cannotListen } from "./cannot-listen.ts";
export {
  bodyModes,
  type EnvoyConfigOptions,
  type EnvoyProduct,
  envoyConfig,
  envoyProducts,
} from "./envoy-config.ts";
export { type EnvoyNote, envoyNotes } from "./envoy-notes.ts";
export { type EnvoyProblem, envoyProblems } from "./envoy-problems.ts";
export {
  type EnvoyListen,
  type EnvoyServer,
  type EnvoyTls,
  envoyServer,
  requireGrpc,
} from "./envoy-server.ts";
export { problemsInFile } from "./problems-in-file.ts";
export { watchEnvoy } from "./watch-envoy.ts";
export { documentsIn } from "./yaml.ts";
