/** Keeps the events that clients may ask for again, bounded by number and size. */
import { isAnswer, type Message } from "./transport.ts";

interface Reader {
  /** Never rejects. */
  readonly send: (id: string, message: never) => Promise<void>;
}

/** As JSON: as an object, a message can take ten times as much memory. */
interface Stored {
  readonly stream: string;
  readonly json: string;
  readonly isAnswer: boolean;
}

interface Kept {
  units: number;
  forgetOldest(): void;
}

/** How many UTF-16 units all sessions of a gateway keep, unless a single one may keep more. */
const maxUnitsOfAll = 33_554_432;

export type EventStore = ReturnType<ReturnType<typeof eventStores>>;

/**
 * Makes the stores of a gateway's sessions. If there is no room for all of their events, sessions
 * lose their oldest ones beyond an equal share, starting with the session that was quiet longest.
 */
export function eventStores() {
  /** By how long ago they had an event, the latest last. */
  const sessions = new Set<Kept>();
  let unitsOfAll = 0;

  /** Event ids are valid in this session only: another session's ids are unknown here. */
  return (maxEvents: number, maxUnits: number) => {
    const events = new Map<string, Stored>();
    const prefix = crypto.randomUUID();
    const mostOfAll = Math.max(maxUnitsOfAll, maxUnits);
    let count = 0;
    let isOver = false;

    const kept: Kept = {
      units: 0,
      forgetOldest() {
        for (const [oldest, { json }] of events) {
          events.delete(oldest);
          kept.units -= json.length;
          unitsOfAll -= json.length;
          return;
        }
      },
    };

    function makeRoom(): void {
      while (events.size > maxEvents || kept.units > maxUnits) kept.forgetOldest();
      if (unitsOfAll <= mostOfAll) return;
      const share = mostOfAll / sessions.size;
      for (const each of sessions)
        while (unitsOfAll > mostOfAll && each.units > share) each.forgetOldest();
    }

    return {
      has: (id: string) => events.has(id),
      /** Whether this event is an answer, and the last event of its stream. */
      isLastAnswer(id: string) {
        const event = events.get(id);
        const last = [...events].findLast(([, { stream }]) => stream === event?.stream);
        return event?.isAnswer === true && last?.[0] === id;
      },
      async storeEvent(stream: string, message: Message) {
        count += 1;
        const id = `${prefix}_${count}`;
        if (isOver) return id;
        const json = JSON.stringify(message);
        events.set(id, { stream, json, isAnswer: isAnswer(message) });
        kept.units += json.length;
        unitsOfAll += json.length;
        sessions.delete(kept);
        sessions.add(kept);
        makeRoom();
        return id;
      },
      getStreamIdForEventId: async (id: string) => events.get(id)?.stream,
      async replayEventsAfter(id: string, { send }: Reader) {
        const first = events.get(id);
        if (first === undefined) throw new Error("The event is not known.");
        let isAfter = false;
        for (const [each, { stream, json }] of events) {
          // An event without content only announces its id.
          const says = json !== "{}";
          // Do not await: an event that arrives in between would reach nobody.
          if (isAfter && stream === first.stream && says)
            void send(each, JSON.parse(json) as never);
          isAfter ||= each === id;
        }
        return first.stream;
      },
      /** The session is over. */
      close() {
        isOver = true;
        sessions.delete(kept);
        while (events.size > 0) kept.forgetOldest();
      },
    };
  };
}
