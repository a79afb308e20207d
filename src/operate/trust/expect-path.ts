import { typeName } from "../../core/data/index.ts";
import { optionsInvalid } from "../../core/errors/index.ts";

/**
 * Refuses what is not a path, such as a URL. `what` takes it, and is named in the message.
 *
 * @throws GlassineError `options_invalid`
 */
export function expectPath(path: unknown, what: string): void {
  if (typeof path === "string") return;
  const hint = path instanceof URL ? " Pass fileURLToPath(url)." : "";
  throw optionsInvalid(`${what} expects a path, a string, got ${typeName(path)}.${hint}`);
}
