export { type CpexFileOptions, cpexPlugins } from "./cpex/cpex-file.ts";
export {
  type CpexHostOptions,
  type CpexOptions,
  type CpexPlugin,
  cpexPlugin,
} from "./cpex/cpex-plugin.ts";
export type { Unsupported } from "./cpex/guest.ts";
export type { Wheel, WheelLock } from "./cpex/wheels.ts";
export type { CpexTurn } from "./cpex/worker-link.ts";
export { type IsolatedPlugin, type IsolateOptions, isolatePlugin } from "./isolate-plugin.ts";
export type { Isolation, Opening } from "./kinds.ts";
export type { Counts } from "./supervisor.ts";
