export { checkBehindEnvoy, serverPaths } from "./behind-envoy.ts";
export { cannotListen, type ListenSetting } from "./cannot-listen.ts";
export { type EnvoyConfigOptions, envoyConfig } from "./envoy-config.ts";
export { type EnvoyProblem, envoyProblems, problemsInText } from "./envoy-problems.ts";
export {
  type EnvoyListen,
  type EnvoyServer,
  type EnvoyTls,
  envoyServer,
  requireGrpc,
} from "./envoy-server.ts";
export { type EnvoyNote, envoyNotes } from "./side-stream.ts";
export { watchEnvoy } from "./watch-envoy.ts";
export { documentsIn } from "./yaml.ts";
