/** Names and versions as packages and lockfiles may have them. */

const matches = (pattern: RegExp) => (text: string) => pattern.test(text);

const namePart = "[a-z0-9~-][a-z0-9._~-]*";

/** The name of a plugin with hooks: `pii-scan`. */
export const isHookId = matches(/^[a-z][a-z0-9-]{2,63}$/);
/** The id of the plugin of a package that gives it none: the package's name without its scope. */
export function defaultId(packageName: string): string {
  return packageName.replace(/^@[^/]*\//, "");
}
/** The id of a plugin of another kind: `acme.contrib.scan`. */
export const isKindId = matches(/^(?=.{1,200}$)[a-z][a-z0-9_-]*(?:\.[a-z][a-z0-9_-]*)+$/);
export const isPackageName = matches(
  new RegExp(`^(?=.{1,214}$)(?:@${namePart}/)?${namePart}$`, "i"),
);
/** A capability of any host: `read_labels`, `network.outbound`. */
export const isCapabilityName = matches(/^[A-Za-z][A-Za-z0-9_.:-]{0,127}$/);
/** A hook of any host: `cmf.llm_input`. */
export const isHookName = matches(/^[A-Za-z][A-Za-z0-9_.:-]{0,127}$/);
// No characters of a range, and none that end a string or begin an escape.
export const isVersion = matches(/^[0-9A-Za-z][0-9A-Za-z.+-]{0,127}$/);
