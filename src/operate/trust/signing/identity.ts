/** What a signer's name may look like in settings, files and certificates. */

/** The longest names come from certificates: an issuer and the URL of a workflow. */
export const maxIdentityUnits = 1024;

/** Invisible characters, and spaces that look like the ordinary one. */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/u;

/**
 * Returns why a string cannot be a signer's name, as the end of a sentence.
 *
 * Names are compared exactly. So this refuses anything by which two names could differ and still
 * look alike, and anything that a comma-separated list would split or trim.
 */
export function identityFault(text: string): string | undefined {
  if (text === "") return "is empty";
  if (text.length > maxIdentityUnits) return `is longer than ${maxIdentityUnits} characters`;
  if (text.trim() !== text) return "has spaces around it";
  if (text.includes(",")) return "contains a comma";
  if (unseen.test(text)) return "contains a control character or an invisible one";
  if (text.normalize("NFC") !== text) return "is not in Unicode's normal form C";
  // Records have this word in place of a signer.
  if (text === "unsigned") return "is reserved for packages that nobody signed";
  return undefined;
}

/** A key id is one word without spaces, so that any message can contain it. */
export const keyIdPattern = /^[A-Za-z0-9][A-Za-z0-9._:@/+=-]{0,127}$/;

export const keyIdRule = "1 to 128 letters, digits and . _ : @ / + = -";
