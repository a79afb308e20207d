/**
 * What a server asks a person, and that has no answer yet: what it is about may take longer. It may
 * be about anything if nothing says what it is about.
 */
import { AgedMap } from "../../core/data/index.ts";
import { cancelledBy, isRequest, keyOf, type Message, type RequestId } from "./transport.ts";

/** How long a person, or a task, may be waited for. The caller may have vanished. */
export const longMs = 3_600_000;

/** A person answers these, or may have to allow them; the last one, if they run as a task. */
const methodsForPeople: ReadonlySet<string> = new Set([
  "elicitation/create",
  "sampling/createMessage",
  "tasks/result",
]);

/** How many are remembered. */
const maxKept = 10_000;

interface Question<About> {
  /** When it was asked. */
  readonly at: number;
  readonly about: About | undefined;
}

type Questions<About> = AgedMap<unknown, Question<About>>;

export class OpenQuestions<About> {
  #all: Questions<About> = new AgedMap();
  readonly #byAbout = new Map<About | undefined, Questions<About>>();

  /** Leaves out what is too old: another gateway may have had the answer. */
  get areOpen(): boolean {
    return isRecent(this.#all.newest);
  }

  /** Whether any of those that count as open is about this, or may be, since it was asked later. */
  mayBeAbout(about: About, since = Number.NEGATIVE_INFINITY): boolean {
    const other = this.#byAbout.get(undefined)?.newest;
    return isRecent(this.#byAbout.get(about)?.newest) || (isRecent(other) && other.at >= since);
  }

  /** Adds a request of the server, if it is for a person. */
  add(key: unknown, method: string, about: About | undefined): void {
    if (!methodsForPeople.has(method)) return;
    this.remove(key);
    const question = { at: performance.now(), about };
    const alike: Questions<About> = this.#byAbout.get(about) ?? new AgedMap();
    alike.add(key, question);
    this.#byAbout.set(about, alike);
    this.#all.add(key, question);
    if (this.#all.size <= maxKept) return;
    const [oldest] = this.#all.keys();
    this.remove(oldest);
  }

  /** Returns the question if it was open. */
  remove(key: unknown): Question<About> | undefined {
    const question = this.#all.remove(key);
    if (question === undefined) return undefined;
    const alike = this.#byAbout.get(question.about);
    alike?.remove(key);
    if (alike?.size === 0) this.#byAbout.delete(question.about);
    return question;
  }

  /** Notes what the server asks, by its id, and what it takes back. */
  note(message: Message, about: About | undefined): void {
    const cancelled = cancelledBy(message);
    if (cancelled !== undefined) this.answered(cancelled);
    if (isRequest(message)) this.add(keyOf(message.id), message.method, about);
  }

  /** Returns the question with this id if it was open. */
  answered(id: RequestId): Question<About> | undefined {
    return this.remove(keyOf(id));
  }

  /** Removes those about what is over. */
  forget(about: About): void {
    for (const key of [...(this.#byAbout.get(about)?.keys() ?? [])]) this.remove(key);
  }

  clear(): void {
    this.#all = new AgedMap();
    this.#byAbout.clear();
  }
}

/** Whether a person may still answer it. */
function isRecent<About>(question: Question<About> | undefined): question is Question<About> {
  return question !== undefined && performance.now() - question.at < longMs;
}
