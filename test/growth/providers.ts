import type { Message } from "glassine/messages";
import { times } from "./families.ts";
import { eachEdit, type Subject } from "./subjects.ts";

type From = (document: never) => { readonly messages: readonly Message[] };
type To = (messages: readonly Message[], options: { readonly onto: never }) => unknown;

/** Reads a document, and writes edits of it over the document. */
export function writing(seed: unknown, from: From, to: To): Subject {
  return {
    seed,
    run: (onto) => eachEdit(from(onto).messages, (messages) => to(messages, { onto })),
  };
}

interface Stream {
  push(event: never): void;
  readonly current: unknown;
  readonly document: unknown;
}

/** Pushes events one by one, and reads the accumulated result once at the end. */
export function streaming(
  document: unknown,
  toEvents: (document: never) => readonly unknown[],
  begin: () => Stream,
): readonly Subject[] {
  const run = (events: readonly unknown[]) => {
    const stream = begin();
    for (const event of events) stream.push(event as never);
    return [stream.current, stream.document];
  };
  const events = toEvents(document as never);
  const repeated = (places: readonly number[], count: number) =>
    events.flatMap((event, at) => times(places.includes(at) ? count : 1, () => event));
  const many = [...events.keys()].filter((at) => isTaken(() => run(repeated([at], 3))));
  return [
    { seed: document, run: (grown) => run(toEvents(grown)) },
    {
      seed: events,
      run,
      families: [
        { name: "many events", input: (count) => repeated(many, Math.ceil(count / many.length)) },
      ],
    },
  ];
}

function isTaken(run: () => unknown): boolean {
  try {
    run();
    return true;
  } catch {
    return false;
  }
}
