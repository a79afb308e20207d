/** Names and versions as packages and lockfiles may have them. */

const hookPlugin = /^[a-z][a-z0-9-]{2,63}$/;
const ofKind = /^(?=.{1,200}$)[a-z][a-z0-9_-]*(?:\.[a-z][a-z0-9_-]*)+$/;
const namePart = "[a-z0-9~-][a-z0-9._~-]*";
const packageName = new RegExp(`^(?=.{1,214}$)(?:@${namePart}/)?${namePart}$`, "i");
// No character of a range, and none that ends a string or begins an escape.
const exactVersion = /^[0-9A-Za-z][0-9A-Za-z.+-]{0,127}$/;
const hook = /^[A-Za-z][A-Za-z0-9_.:-]{0,127}$/;
const capability = /^[A-Za-z][A-Za-z0-9_.:-]{0,127}$/;

/** The name of a plugin with hooks: `pii-scan`. */
export const isHookId = (text: string): boolean => hookPlugin.test(text);
/** The id of a plugin of another kind: `acme.contrib.scan`. */
export const isKindId = (text: string): boolean => ofKind.test(text);
export const isPackageName = (text: string): boolean => packageName.test(text);
/** What can be granted, of whatever host: `read_labels`, `network.outbound`. */
export const isCapabilityName = (text: string): boolean => capability.test(text);
/** What handlers can be on, of whatever host: `cmf.llm_input`. */
export const isHookName = (text: string): boolean => hook.test(text);
export const isVersion = (text: string): boolean => exactVersion.test(text);
