/** `plugins trust ID` */
import { isGlassineError } from "../../../core/errors/index.ts";
import { dayOf, isDay } from "../../trust/index.ts";
import { type Handler, scopeOf, withHost } from "../command-context.ts";
import { CommandFailure, refusal, tell } from "../failure.ts";
import { permissionChange, signerChange, wordsOf } from "../plain-words.ts";
import { trustDocument, trustLines } from "../print/trust.ts";
import type { PluginFacts, TrustRefusal } from "../reports.ts";
import type { CommandScope, CommandServices } from "../services.ts";
import { texts } from "../texts.ts";

export const trust: Handler = async (given) => {
  const context = await withHost(given);
  const [id = ""] = context.operands;
  const { services, options, paint } = context;
  const scope = await scopeOf(context);
  const { reason, until, optional = false, check = false } = options;
  if (until !== undefined && !(isDay(until) && until >= dayOf(new Date())))
    throw refusal("options_invalid", texts.noDay(until));
  const request = { ...scope, id, reason, until, optional, check };
  let answer: Awaited<ReturnType<CommandServices["trust"]>>;
  try {
    answer = await services.trust(request);
  } catch (thrown) {
    throw await withPermissions(thrown, services, { ...scope, id });
  }
  if ("refusal" in answer) throw refused(id, answer.refusal);
  const { change } = answer;
  return {
    exitCode: 0,
    document: trustDocument(change),
    lines: trustLines(change, wordsOf(context.host.host), paint),
    warnings: change.warnings,
  };
};

function refused(id: string, why: TrustRefusal): CommandFailure {
  switch (why.kind) {
    case "not_found":
      return refusal("trust_refused", texts.notFound("trust", id, [...why.available].sort()));
    case "unhashable":
      return refusal("package_refused", texts.unhashable("trust", why.package, why.detail));
    case "not_installed":
      return refusal("trust_refused", texts.notInstalled("trust", id));
    case "rejected":
      return refusal(
        "trust_refused",
        texts.rejectedPlugin("trust", id, why.code, why.detail),
        why.response === undefined ? [] : [why.response],
      );
  }
}

/**
 * Where a reason is missing for a plugin that asks for more than it was granted: says for what.
 * Nothing of the plugin is run, and what goes wrong here does not matter.
 */
async function withPermissions(
  thrown: unknown,
  services: CommandServices,
  scope: CommandScope & { readonly id: string },
): Promise<unknown> {
  if (!isGlassineError(thrown) || thrown.code !== "reason_invalid") return thrown;
  const more = await services
    .discover({ ...scope, mode: "dev", load: false, faults: "report" })
    .then(
      ({ loaded, rejected }) => {
        const found = [...loaded, ...rejected.flatMap(({ facts }) => (facts ? [facts] : []))];
        const facts = found.find((each) => each.id === scope.id);
        return facts === undefined ? [] : texts.asksForMore(scope.id, changesOf(facts));
      },
      () => [],
    );
  if (more.length === 0) return thrown;
  return new CommandFailure({ ...tell(thrown, "trust"), more });
}

function changesOf(facts: PluginFacts) {
  return {
    capabilities: permissionChange(facts.granted_capabilities, facts.capabilities).added,
    hooks: permissionChange(facts.granted_hooks, facts.hooks).added,
    signer: signerChange(facts.trusted_signer, facts.signer),
  };
}
