/** Keeps the events that clients may ask for again, bounded by number and size. */
import { isAnswer, type Message } from "./transport.ts";

interface Reader {
  /** Never rejects. */
  readonly send: (id: string, message: never) => Promise<void>;
}

/** As JSON: as an object, a message can take ten times as much memory. */
interface Stored {
  readonly id: string;
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
    /** The same by stream, the oldest first. */
    const byStream = new Map<string, Stored[]>();
    /** The last event that is forgotten of each stream, unless that is its answer. */
    const streams = new Map<string, number>();
    const prefix = crypto.randomUUID();
    const mostOfAll = Math.max(maxUnitsOfAll, maxUnits);
    let count = 0;
    let isOver = false;

    const kept: Kept = {
      units: 0,
      forgetOldest() {
        for (const [oldest, { stream, json, isAnswer: isLast }] of events) {
          events.delete(oldest);
          const own = byStream.get(stream);
          own?.shift();
          if (own?.length === 0) byStream.delete(stream);
          if (isLast) streams.delete(stream);
          else streams.set(stream, numberOf(oldest));
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

    function numberOf(id: string): number {
      return Number.parseInt(id.slice(id.lastIndexOf("_") + 1), 10);
    }

    /** Returns the stream of an event that is kept, or that may be followed by one that is. */
    function streamOf(id: string): string | undefined {
      const stream = id.slice(prefix.length + 1, id.lastIndexOf("_"));
      const isOwn = id.startsWith(prefix) && numberOf(id) <= count;
      return events.has(id) || (isOwn && streams.has(stream)) ? stream : undefined;
    }

    return {
      has: (id: string) => streamOf(id) !== undefined,
      /** Whether something that followed this event is no longer kept. */
      hasLostAfter: (id: string) => numberOf(id) < (streams.get(streamOf(id) ?? "") ?? 0),
      /** Whether this event is an answer, and the last event of its stream. */
      isLastAnswer(id: string) {
        const event = events.get(id);
        const isLast = event !== undefined && byStream.get(event.stream)?.at(-1) === event;
        return isLast && event.isAnswer;
      },
      async storeEvent(stream: string, message: Message) {
        count += 1;
        const id = `${prefix}_${stream}_${count}`;
        if (isOver) return id;
        const json = JSON.stringify(message);
        if (!streams.has(stream)) streams.set(stream, 0);
        const event = { id, stream, json, isAnswer: isAnswer(message) };
        events.set(id, event);
        const own = byStream.get(stream);
        if (own === undefined) byStream.set(stream, [event]);
        else own.push(event);
        kept.units += json.length;
        unitsOfAll += json.length;
        sessions.delete(kept);
        sessions.add(kept);
        makeRoom();
        return id;
      },
      getStreamIdForEventId: async (id: string) => streamOf(id),
      async replayEventsAfter(id: string, { send }: Reader) {
        const of = streamOf(id);
        if (of === undefined) throw new Error("The event is not known.");
        const first = numberOf(id);
        const own = byStream.get(of) ?? [];
        const before = own.findLastIndex((each) => numberOf(each.id) <= first);
        for (const { id: each, json } of own.slice(before + 1)) {
          // An event without content only announces its id.
          const says = json !== "{}";
          // Do not await: an event that arrives in between would reach nobody.
          if (says) void send(each, JSON.parse(json) as never);
        }
        return of;
      },
      /** The session is over. */
      close() {
        isOver = true;
        sessions.delete(kept);
        while (events.size > 0) kept.forgetOldest();
        streams.clear();
      },
    };
  };
}
