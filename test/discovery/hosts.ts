/** Hosts with one plugin, and the codes with which they are refused. */
import { createPluginManager, definePlugin } from "glassine";
import { rejection } from "../operations/support.ts";

/** Of what a promise is rejected with. */
export const codeOf = async (work: Promise<unknown>) =>
  ((await rejection(work)) as { code: string }).code;

/** A manager whose one plugin has what a test gives, be it no options and no manifest. */
export const manage = (options: object, manifest: object = {}) =>
  createPluginManager({
    plugins: [definePlugin({ name: "guard", version: "1.0.0", hooks: {}, ...manifest } as never)],
    env: {},
    logger: {},
    ...options,
  } as never);
