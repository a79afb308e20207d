/**
 * Limits how many bytes of a provider's answers are read and judged at a time: a short request can
 * have a long answer. A streamed answer takes no room, since its events are judged one by one.
 */
import { within } from "../../core/data/index.ts";
import { mediaTypeOf } from "../../providers/http/media-type.ts";
import { Refused, refusalOf } from "../../providers/model/index.ts";
import {
  type ByteBudget,
  type Connection,
  type Reservation,
  streamOf,
} from "../transports/index.ts";
import type { UpstreamAnswer } from "./upstream.ts";

/** The longest answer that is judged as a whole. */
export const answerBytes = 33_554_432;
/** How long an answer takes room while its caller does not read it: others may wait for that room. */
const unreadMs = 30_000;

/** The room of one answer. */
export class AnswerRoom {
  readonly #budget: ByteBudget;
  #reserved: Reservation | undefined;

  constructor(budget: ByteBudget) {
    this.#budget = budget;
  }

  /**
   * Reads an answer once there is room for it, if it is judged as a whole: of another type or status,
   * it is refused unread. Throws `Refused` for one that is too large.
   */
  async read({ response, length }: UpstreamAnswer): Promise<Response> {
    const { ok, status, headers } = response;
    const isJson = mediaTypeOf(headers.get("content-type")) === "application/json";
    if (response.body === null || !(status >= 400 || (ok && isJson))) return response;
    const { bytes, reserved } = await this.#budget.read(streamOf(response), length, answerBytes);
    this.#reserved = reserved;
    // The status of an error says enough.
    if (bytes === undefined && status < 400) throw new Refused(refusalOf("answer_too_large"));
    return new Response(bytes ?? null, { status, headers });
  }

  releaseOnceSent(connection: Connection): void {
    const reserved = this.#reserved;
    if (reserved === undefined) return;
    const sent = new Promise<void>((resolve) => connection.onSent(resolve));
    void within(unreadMs, () => sent).then(reserved.release);
  }
}
