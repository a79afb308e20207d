/** docs/threat-model.md: who attacks what, and what comes of every attack that the tests try. */
import type { Attack } from "../read-attacks.ts";
import { fileOf, generatedFrom, page, table } from "./markdown.ts";

const intro = `# Threat model

What an attacker tries, and what comes of it.
The table is made from the tests, those in [test/attacks](../test/attacks) and the attacks beside the rooms that they strike at: each row is at least one test that asserts the outcome.
[guarantees.md](guarantees.md) says what the outcomes add up to.

## What is worth attacking

- the caller's identity and claims, the delegation chain, and credentials in headers: who has them acts as somebody else;
- the labels: without them data leaves that a policy would have kept;
- the payload: arguments, results, prompts, model output;
- the decision: allow, deny, or changed;
- the record of what happened;
- the host itself, behind which everything stops.

## Who attacks

A _caller_, a model, and an _upstream server_ are trusted with nothing: they send any bytes.
A _plugin_ is trusted with what it declared and nothing else.
An honest one has bugs; a compromised one returns any value, throws anything, settles late or never, and keeps what it was given.
_Host_ and _operator_ are trusted; they make mistakes, and get clear errors for them.

## Where it is stopped

\`\`\`
caller ──▶ host mapping ──▶ envelope, frozen ──▶ filter ──▶ view ──▶ plugin
                                  ▲                                   │
                                  └── merge by tier ◀── copied once ◀─┘
\`\`\`

Nothing that a caller or a server sends becomes a slot except through code of the host.
A plugin gets a frozen view made for it.
What it returns is hostile until each property has been read once into a copy; only the copy is judged, and the judgement goes by the plugin's capabilities.

## How to read the table

_Refused_: nothing of the plugin's result is applied, and its \`onError\` decides what follows; by default the request is denied.
_Ignored_: that change is dropped and listed in \`rejections\`, and the rest of the result holds.
Codes are those of [errors.md](errors.md).
_Open_ is what strikes at a part that is not built yet.`;

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
  if (standing === "waits") return `Open: waits for ${answer}.`;
  if (standing === "does_not_apply") return `Does not apply: ${answer}`;
  return answer;
}
