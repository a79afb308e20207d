/** Asks the verifiers of a host whether they can work at all, before anything is looked at. */
import { GlassineError, quoted } from "../../core/errors/index.ts";
import type { SignatureVerifier } from "../trust/index.ts";
import { describeText } from "./load-fault.ts";
import { within } from "./within.ts";

const limitMs = 30_000;

/** Never rejects. @returns a fault for each that could verify nothing, in their order */
export async function verifierFaults(
  verifiers: readonly SignatureVerifier[],
): Promise<readonly GlassineError[]> {
  const faults = await Promise.all(verifiers.map(faultOf));
  return faults.filter((each) => each !== undefined);
}

async function faultOf(verifier: SignatureVerifier): Promise<GlassineError | undefined> {
  const outcome = await within(limitMs, () => verifier.prepare?.());
  if (outcome.how === "value") return undefined;
  const who = `The verifier ${quoted(String(verifier.name))}`;
  if (outcome.how === "late")
    return new GlassineError("setting_invalid", `${who} is not ready after 30 seconds.`);
  const { thrown } = outcome;
  if (thrown instanceof GlassineError) return thrown;
  const text = `${who} cannot be prepared: ${describeText(thrown)}`;
  return new GlassineError("setting_invalid", text, {}, thrown);
}
