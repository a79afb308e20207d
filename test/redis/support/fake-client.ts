import type { RedisClientLike } from "glassine/redis";

export interface Sent {
  readonly script: string;
  readonly keys: readonly string[];
  readonly arguments: readonly string[];
}

/** Keeps a server's sets in memory: does the script's work in one step, and records requests. */
export class FakeClient implements RedisClientLike {
  /** The server's sets, which several clients can share. */
  readonly sets: Map<string, Set<string>>;
  readonly sent: Sent[] = [];
  /** If set, replaces all further answers. */
  answer: (() => unknown) | undefined;

  constructor(sets: Map<string, Set<string>> = new Map()) {
    this.sets = sets;
  }

  async eval(
    script: string,
    options: { readonly keys: string[]; readonly arguments: string[] },
  ): Promise<unknown> {
    this.sent.push({ script, ...options });
    if (this.answer !== undefined) return this.answer();
    return this.#step(options.keys[0] as string, options.arguments);
  }

  #step(key: string, [, max, ...labels]: readonly string[]): unknown {
    const existing = this.sets.get(key) ?? new Set<string>();
    const all = new Set([...existing, ...labels]);
    if (all.size > Number(max)) return "full";
    if (all.size > 0) this.sets.set(key, all);
    return [...all].reverse();
  }
}
