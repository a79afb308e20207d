/** What this part of the library can run under. */
import { GlassineError } from "../../core/errors/index.ts";

/**
 * Deno starts a process without the flags that isolate it, Bun and Deno read folders in ways of
 * their own, and Yarn's Plug'n'Play keeps packages in archives, where nothing is found.
 *
 * @throws GlassineError `setting_invalid` under anything but Node.js with node_modules
 */
export function expectNode(): void {
  const { deno, bun, pnp } = process.versions;
  const other = deno !== undefined ? "Deno" : bun !== undefined ? "Bun" : undefined;
  if (other !== undefined)
    throw new GlassineError(
      "setting_invalid",
      `The command, discovery and isolation need Node.js, and this is ${other}: run it with \`node\`.`,
    );
  if (pnp !== undefined)
    throw new GlassineError(
      "setting_invalid",
      "Plugins are found in node_modules, which Plug'n'Play replaces: set `nodeLinker: node-modules` in .yarnrc.yml, and install again.",
    );
}
