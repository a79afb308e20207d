/**
 * The attacks of the threat model, as tests. `docs/threat-model.md` is generated from the source of
 * these calls, so write number, attempt and outcome as string literals.
 */
import { describe } from "vitest";

type AttackNumber = `A-${number}`;

/**
 * An attack that tests carry out.
 *
 * @param attempt what the attacker does, beginning with a capital letter, without a full stop
 * @param outcome what happens, in the present tense, with error codes in backticks
 * @param tests at least one test, each asserting that outcome
 */
export function attack(
  number: AttackNumber,
  attempt: string,
  _outcome: string,
  tests: () => void,
): void {
  describe(`${number}: ${attempt}`, tests);
}

/** An attack that has no target here. `why` is a sentence. */
export function attackDoesNotApply(_number: AttackNumber, _attempt: string, _why: string): void {}
