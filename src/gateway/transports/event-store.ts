/** Keeps the events of one session that a client may ask for again, bounded by number and size. */
import { isAnswer, type Message } from "./transport.ts";

interface Reader {
  /** Never rejects. */
  readonly send: (id: string, message: never) => Promise<void>;
}

interface Stored {
  readonly stream: string;
  readonly message: Message;
  readonly units: number;
}

/** Event ids are valid in this session only: another session's ids are unknown here. */
export function eventStore(maxEvents: number, maxUnits: number) {
  const events = new Map<string, Stored>();
  const prefix = crypto.randomUUID();
  let count = 0;
  let units = 0;

  return {
    has: (id: string) => events.has(id),
    /** Whether this event is an answer, and the last event of its stream. */
    isLastAnswer(id: string) {
      const event = events.get(id);
      const last = [...events].findLast(([, { stream }]) => stream === event?.stream);
      return event !== undefined && last?.[0] === id && isAnswer(event.message);
    },
    async storeEvent(stream: string, message: Message) {
      count += 1;
      const id = `${prefix}_${count}`;
      const size = JSON.stringify(message).length;
      events.set(id, { stream, message, units: size });
      units += size;
      for (const [oldest, { units: freed }] of events) {
        if (events.size <= maxEvents && units <= maxUnits) break;
        events.delete(oldest);
        units -= freed;
      }
      return id;
    },
    getStreamIdForEventId: async (id: string) => events.get(id)?.stream,
    async replayEventsAfter(id: string, { send }: Reader) {
      const first = events.get(id);
      if (first === undefined) throw new Error("The event is not known.");
      let isAfter = false;
      for (const [each, { stream, message }] of events) {
        // An event without content only announces its id.
        const says = Object.keys(message).length > 0;
        // Do not await: an event that arrives in between would reach nobody.
        if (isAfter && stream === first.stream && says) void send(each, message as never);
        isAfter ||= each === id;
      }
      return first.stream;
    },
  };
}
