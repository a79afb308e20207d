/** Reads the body of a request to a model, within the limits of the gateway. */
import { Refused, refusalOf } from "../../providers/model/index.ts";
import { type BodyLimits, bodyFaults, type Held, readBody } from "../transports/index.ts";

const refusals = {
  too_large: refusalOf("request_too_large"),
  too_slow: { code: "body_timeout", reason: bodyFaults.too_slow, status: 408 },
  too_many: { code: "too_many_bytes", reason: bodyFaults.too_many, status: 429 },
  broken: refusalOf("request_invalid"),
} as const;

/** Throws `Refused`, or the reason of the request's signal if its caller has left. */
export async function requestText(
  request: Request,
  limits: BodyLimits,
  held: Held,
): Promise<string> {
  const { text, refused } = await readBody(request, limits, held);
  if (request.signal.aborted) throw request.signal.reason;
  if (refused !== undefined) throw new Refused(refusals[refused]);
  return text;
}
