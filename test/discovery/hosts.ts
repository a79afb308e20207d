/** Hosts with one plugin, and the codes for which they are refused. */
import { createPluginManager, definePlugin } from "glassine";
import { rejection } from "../operations/support.ts";

/** The code of the error that a promise is rejected with. */
export const codeOf = async (work: Promise<unknown>) =>
  ((await rejection(work)) as { code: string }).code;

/** A manager with one plugin, and with a test's options and manifest, valid or not. */
export const manage = (options: object, manifest: object = {}) =>
  createPluginManager({
    plugins: [definePlugin({ name: "guard", version: "1.0.0", hooks: {}, ...manifest } as never)],
    env: {},
    logger: {},
    ...options,
  } as never);
