/** The URLs of a configuration. */
import * as z from "zod";

const anyHttpUrl = z.url({ protocol: /^https?$/, error: "must be an http or https URL" });
const noUser = "must be a URL without a user name or password";

export const httpUrl = anyHttpUrl.refine(isWithoutUser, noUser);

/** The URL of a server or a provider, to which credentials in the URL would not be sent. */
const peerUrl = anyHttpUrl.refine(isWithoutUser, `${noUser}, which belong in \`headers\``);

/** The URL of a server, which is used whole. */
export const serverUrl = peerUrl.refine(
  isWithout("#"),
  "must be a URL without `#` (leave it out: what follows would not be sent)",
);

/** The URL of a provider: a path appended to a query or a fragment would not be one. */
export const baseUrl = peerUrl.refine(
  isWithout("?", "#"),
  "must be a URL without `?` and `#` (leave them out: the path of each request is appended, and callers add `api-version` themselves)",
);

/** Returns an IPv6 address without the brackets that it has in URLs, and other hosts as they are. */
export function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1");
}

function isWithoutUser(url: string): boolean {
  if (!URL.canParse(url)) return true;
  const { username, password } = new URL(url);
  return username === "" && password === "";
}

/** Looks at the string: a parsed URL does not show a `?` or `#` at its end. */
function isWithout(...marks: readonly string[]): (url: string) => boolean {
  return (url) => !URL.canParse(url) || !marks.some((mark) => url.includes(mark));
}
