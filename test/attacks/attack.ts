/**
 * The attacks of the threat model, as tests. `docs/threat-model.md` is made from the text of these
 * calls, so write number, attempt and outcome as plain strings.
 */
import { describe, it } from "vitest";

type AttackNumber = `A-${number}`;

/**
 * An attack that is tried.
 *
 * @param attempt what the attacker does, beginning with a capital letter, without a full stop
 * @param outcome what comes of it, with the code in backquotes where there is one
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

/** An attack, or a part of one, on what is not built yet: the runs list it as to do. */
export function attackWaits(number: AttackNumber, attempt: string, waitsFor: string): void {
  it.todo(`${number}: ${attempt}; waits for ${waitsFor}`);
}

/** An attack that has nothing to strike here. `why` is a sentence. */
export function attackDoesNotApply(_number: AttackNumber, _attempt: string, _why: string): void {}
