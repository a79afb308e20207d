/** The laws and arbitraries where fast-check is installed: the rest of the kit goes without it. */
import { GlassineError } from "../core/errors/index.ts";

type Made = typeof import("./made-with-fast-check.ts");

const made: Made | undefined = await import("./made-with-fast-check.ts").catch(absent);

function absent(error: unknown): undefined {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  if (code === "ERR_MODULE_NOT_FOUND" && /'fast-check'/.test(String(message))) return undefined;
  throw error;
}

/** @throws GlassineError `setting_invalid` where fast-check is not installed */
export function needingFastCheck(call: string): Made {
  if (made !== undefined) return made;
  throw new GlassineError(
    "setting_invalid",
    `${call} uses the package fast-check, which is not installed. Run \`npm install --save-dev fast-check@4\`.`,
  );
}
