/**
 * Merges several servers' acknowledgements of `subscriptions/listen` into one.
 *
 * The acknowledgement comes first on the caller's stream, so messages from fast servers wait until
 * every server has acknowledged, answered or been too slow.
 */
import { isMessage, type Message, paramsOf, type SendOptions } from "../transports/index.ts";
import { union } from "./merge.ts";

export const acknowledged = "notifications/subscriptions/acknowledged";

type Send = (message: Message, options: SendOptions) => void;

/** How many messages may wait: far more than servers send in that time. */
const maxWaiting = 100;

export class Acknowledgements {
  readonly #missing: Set<string>;
  readonly #send: Send;
  /** What each server agreed to send. */
  readonly #granted = new Map<string, Message>();
  #first: readonly [message: Message, options: SendOptions] | undefined;
  #waiting: (readonly [message: Message, options: SendOptions])[] = [];
  #isSent = false;

  constructor(servers: readonly string[], send: Send) {
    this.#missing = new Set(servers);
    this.#send = send;
  }

  take(server: string, message: Message, options: SendOptions): void {
    if (message.method === acknowledged) {
      if (this.#isSent) return;
      const { notifications } = paramsOf(message);
      this.#first ??= [message, options];
      this.#granted.set(server, isMessage(notifications) ? notifications : {});
      this.without(server);
    } else if (this.#isSent) this.#send(message, options);
    else {
      this.#waiting.push([message, options]);
      if (this.#waiting.length <= maxWaiting) return;
      if (this.#first === undefined) this.#waiting.shift();
      else this.#release();
    }
  }

  /** Stops waiting for a server. */
  without(server: string): void {
    this.#missing.delete(server);
    if (this.#missing.size === 0 && !this.#isSent) this.#release();
  }

  isMissing(server: string): boolean {
    return !this.#isSent && this.#missing.has(server);
  }

  /** Whether the server granted anything, so that the caller relies on it. */
  hasGrantOf(server: string): boolean {
    return Object.values(this.#granted.get(server) ?? {}).some(
      (each) => each === true || (Array.isArray(each) && each.length > 0),
    );
  }

  #release(): void {
    if (this.#first === undefined) return;
    this.#isSent = true;
    const [message, options] = this.#first;
    const notifications = [...this.#granted.values()].reduce(union, {});
    this.#send({ ...message, params: { ...paramsOf(message), notifications } }, options);
    for (const [each, of] of this.#waiting.splice(0)) this.#send(each, of);
  }
}
