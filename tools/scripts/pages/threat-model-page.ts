/** docs/threat-model.md: who attacks what, and the outcome of every attack that the tests try. */
import type { Attack } from "../read-attacks.ts";
import { fileOf, generatedFrom, page, table } from "./markdown.ts";

const intro = `# Threat model

This page lists what attackers try, and the outcome.
The table is generated from tests in [test/attacks](../test/attacks) and next to the tests of the attacked code: for each row, at least one test asserts the outcome.
[guarantees.md](guarantees.md) sums up what the outcomes guarantee.

## What is worth attacking

- the caller's identity and claims, the delegation chain, and credentials in headers: anyone who has them can impersonate somebody else;
- the labels: without them, data leaves that a policy would have stopped;
- the payload: arguments, results, prompts, model output;
- the decision: allow, deny, or change;
- the record of what happened;
- the host itself: if it stops, so does everything behind it.

## Who attacks

A _caller_, a model, and an _upstream server_ are not trusted: they may send any bytes.
A _plugin_ is trusted with the capabilities it declared, and nothing else.
An honest plugin has bugs; a compromised one returns any value, throws anything, settles late or never, and keeps what it received.
_Host_ and _operator_ are trusted; they make mistakes, and get clear error messages.

## Where it is stopped

\`\`\`
caller ──▶ host mapping ──▶ envelope, frozen ──▶ filter ──▶ view ──▶ plugin
                                  ▲                                   │
                                  └── merge by tier ◀── copied once ◀─┘
\`\`\`

Nothing that a caller or a server sends becomes a slot except through the host's code.
A plugin receives its own frozen view.
What it returns is treated as hostile: each property is read once into a copy, and only the copy is checked against the plugin's capabilities.

## How to read the table

_Refused_: nothing of the plugin's result is applied, and its \`onError\` decides what follows; by default the request is denied.
_Ignored_: that change is dropped and listed in \`rejections\`, and the rest of the result is applied.
The codes are documented in [errors.md](errors.md).`;

export function threatModelPage(attacks: readonly Attack[]): string {
  const rows = attacks.map((attack) => [
    attack.number,
    attack.attempt,
    outcomeOf(attack),
    `[${fileOf(attack.path)}](../${attack.path})`,
  ]);
  return page([
    generatedFrom("the tests named for attacks"),
    intro,
    "## The attacks",
    table(["#", "Attack", "Outcome", "Tested in"], rows),
  ]);
}

function outcomeOf({ standing, answer }: Attack): string {
  if (standing === "does_not_apply") return `Does not apply: ${answer}`;
  return answer;
}
