/** The optional package that has QuickJS. */
import { loadPeer } from "../../packages/index.ts";

/**
 * Its type is not named, so that the declarations do not need the package.
 *
 * @throws GlassineError (as a rejection) `setting_invalid`: it is not installed, or is of no use
 */
export async function loadQuickJs(): Promise<unknown> {
  return await loadPeer({
    name: "quickjs-emscripten",
    install: "quickjs-emscripten@0.32",
    exports: ["newQuickJSWASMModuleFromVariant", "newVariant"],
  });
}
