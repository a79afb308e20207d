/** Asks the verifiers of a host whether they can work at all, before anything is looked at. */
import { within } from "../../core/data/index.ts";
import { GlassineError, quoted } from "../../core/errors/index.ts";
import type { SignatureVerifier } from "../trust/index.ts";
import { describeText } from "./load-fault.ts";

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
  if (outcome.how === "returned") return undefined;
  const who = `The verifier ${quoted(String(verifier.name))}`;
  if (outcome.how === "timeout")
    return new GlassineError("setting_invalid", `${who} is not ready after 30 seconds.`);
  const { value: thrown } = outcome;
  if (thrown instanceof GlassineError) return thrown;
  const text = `${who} cannot be prepared: ${describeText(thrown)}`;
  return new GlassineError("setting_invalid", text, {}, thrown);
}
