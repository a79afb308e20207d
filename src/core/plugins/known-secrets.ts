/** What a manager knows to be secret: what the host named, and the values of configurations. */
import { addSecrets, bothOf, type Needles, needlesOf, redacted } from "../observe/index.ts";

export interface KnownSecrets {
  /** Takes in the values of one more configuration. */
  readonly keep: (values: readonly string[]) => void;
  /** The values of configurations, and more of them. */
  readonly unnamed: (more?: readonly string[]) => Needles;
  /** A text fit for a log or a message. */
  readonly redact: (text: string, more?: readonly string[]) => string;
}

export function knownSecrets(named: readonly string[]): KnownSecrets {
  const all = needlesOf(named);
  const configured = needlesOf([]);
  const withMore = (known: Needles, more: readonly string[] | undefined) =>
    more === undefined || more.length === 0 ? known : bothOf(known, needlesOf(more));
  return {
    keep: (values) => {
      addSecrets(all, values);
      addSecrets(configured, values);
    },
    unnamed: (more) => withMore(configured, more),
    redact: (text, more) => redacted(text, withMore(all, more)),
  };
}
