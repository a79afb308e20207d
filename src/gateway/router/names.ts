/** Names of tools, prompts and tasks when there are several servers: `server__name`. */

const separator = "__";

/** Server names contain no underscore, so the first separator is the gateway's. */
export function joinName(server: string, name: string): string {
  return `${server}${separator}${name}`;
}

export function splitName(
  name: unknown,
): { readonly server: string; readonly name: string } | undefined {
  if (typeof name !== "string") return undefined;
  const at = name.indexOf(separator);
  if (at < 1) return undefined;
  return { server: name.slice(0, at), name: name.slice(at + separator.length) };
}
