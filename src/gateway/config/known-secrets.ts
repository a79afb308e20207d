/** Remembers the values of a configuration's secrets, for whatever must not show them. */
import { attempt } from "../../core/data/index.ts";
import { needlesOf, redacted, withoutParts } from "../../core/observe/index.ts";
import { printable } from "../../operate/trust/index.ts";
import type { GatewayConfig, Secret } from "./schema.ts";
import { type SecretReader, secretsIn } from "./secrets.ts";

/** How many values of one secret are remembered: processes still use older ones. */
const maxValues = 10;

/** Shorter parts of a value could be ordinary words. */
const leastUnits = 6;

/** What in a value is secret by itself: the token of `Bearer TOKEN`, the password of a URL. */
function credentialsIn(value: string): ReadonlySet<string> {
  const [, token] = /^(?:basic|bearer|digest|token|api-?key[\w-]*)\s+(\S+)$/i.exec(value) ?? [];
  const [, password] = /^[\w+.-]+:\/\/[^/?#:@]*:([^/?#]+)@/.exec(value) ?? [];
  const decoded = password && attempt(() => decodeURIComponent(password));
  const found = [token, password, decoded].filter((each) => each !== undefined);
  return new Set(found.filter(({ length }) => length >= leastUnits));
}

export type KnownSecrets = ReturnType<typeof knownSecrets>;

/** @param source reads a secret anew, which may have changed since */
export function knownSecrets(source: SecretReader) {
  /** By secret, the latest value last. */
  const values = new Map<string, readonly string[]>();
  const followers = new Set<(all: readonly string[]) => void>();
  let all: readonly string[] = [];
  let needles = needlesOf(all);

  function remember(secret: Secret, value: string): void {
    const key = JSON.stringify(secret);
    const known = values.get(key) ?? [];
    if (known.at(-1) === value) return;
    values.set(key, [...known.filter((each) => each !== value), value].slice(-maxValues));
    all = [...values.values()].flat().flatMap((each) => [each, ...credentialsIn(each)]);
    needles = needlesOf(all);
    for (const follower of followers) follower(all);
  }

  const readerOf =
    (from: SecretReader): SecretReader =>
    (secret) => {
      const value = from(secret);
      if (typeof secret !== "string") remember(secret, value);
      return value;
    };
  const read = readerOf(source);

  return {
    /** Reads a secret and remembers its value. */
    read,
    /** Makes a reader of another source that remembers values here. */
    readerOf,
    /** Reads what a configuration names. A missing secret is remembered when it is there. */
    readAll(config: GatewayConfig): void {
      for (const { secret } of secretsIn(config)) attempt(() => read(secret));
    },
    /** Returns all values that are remembered. */
    values: () => all,
    /** Calls `follower` with all values, now and after each change, until the returned function is called. */
    follow(follower: (all: readonly string[]) => void): () => void {
      followers.add(follower);
      follower(all);
      return () => followers.delete(follower);
    },
    /** Makes a text of plugins, servers or the system fit for the log. */
    redact: (text: string): string => printable(redacted(text, needles)),
    /** Removes only the secrets themselves, for sentences of the gateway that quote others. */
    hide: (text: string): string => withoutParts(text, needles),
  };
}
