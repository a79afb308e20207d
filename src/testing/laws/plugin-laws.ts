/** The laws of one plugin. */
import * as fc from "fast-check";
import { expectOptions, isRecord, typeName } from "../../core/data/index.ts";
import {
  type ErrorCode,
  errorCodes,
  type GlassineError,
  optionsInvalid,
  quoted,
} from "../../core/errors/index.ts";
import { standardHost } from "../../core/host/index.ts";
import type { Plugin } from "../../core/plugins/index.ts";
import { isObject, listAt } from "../data.ts";
import { growingSets } from "../parts.ts";
import {
  alone,
  answerOf,
  begin,
  type Case,
  casesOf,
  expectReached,
  type RunOutcome,
  type Trial,
} from "../plugin-runs.ts";
import { type PluginUnderTest, subjectOf } from "../subject.ts";
import { broken, expectSame, type Law, type LawOptions, law } from "./law.ts";

const fields = [
  "plugin",
  "host",
  "others",
  "grant",
  "options",
  "deterministic",
  "values",
  "payloads",
];

export function lawsOfPlugin(test: PluginUnderTest): readonly Law[] {
  if (isObject(test) && typeof test.plugin !== "function" && !isObject(test.plugin))
    throw withoutPlugin();
  expectOptions(test, fields, "pluginLaws");
  const { plugin, host = standardHost, others = [], grant, options = {}, ...rest } = test;
  const { deterministic = true, ...values } = rest;
  if (!isRecord(options))
    throw optionsInvalid(
      `pluginLaws expects the options of a manager in an object, got ${typeName(options)}.`,
    );
  for (const [name, list] of Object.entries({ others, grant }))
    if (list !== undefined && !Array.isArray(list))
      throw optionsInvalid(`pluginLaws expects an array as ${name}, got ${typeName(list)}.`);
  const taken = ["plugins", "audit"].find((name) => Object.hasOwn(options, name));
  if (taken !== undefined)
    throw optionsInvalid(`pluginLaws sets the option ${quoted(taken)} itself.`);
  const make = typeof plugin === "function" ? plugin : () => plugin;
  const subject = subjectOf(host, values);
  const sample: Plugin | undefined = make();
  if (!Array.isArray(sample?.hooks)) throw withoutPlugin();
  const calls = { made: 0, reached: 0 };
  const trial: Trial = { subject, plugin: make, sample, calls, others, grant, options };
  const cases = casesOf(trial);
  // Laws that compare runs come first: state that a plugin keeps shows best in its early runs.
  const laws = [...(deterministic ? comparing(trial, cases) : []), ...single(trial, cases)];
  return Object.freeze(laws.map((each) => registeredFirst(trial, each)));
}

function withoutPlugin(): GlassineError {
  return optionsInvalid(
    "pluginLaws expects { plugin }: what definePlugin returned, or a function that makes it.",
  );
}

/**
 * Creates a manager first, so that a refused plugin is reported as refused. If a law holds only
 * because no handler was ever called, its check throws.
 */
function registeredFirst(trial: Trial, { id, text, check }: Law): Law {
  return Object.freeze({
    id,
    text,
    check: async (options?: LawOptions) => {
      const { manager } = await begin(trial);
      await manager.close();
      await check(options);
      expectReached(trial);
    },
  });
}

/** Laws that compare runs. */
function comparing(trial: Trial, cases: fc.Arbitrary<Case>): readonly Law[] {
  const same = (got: { answer: unknown }, expected: { answer: unknown }, { hook }: Case) =>
    expectSame(got.answer, expected.answer, `The answer on ${hook}`);

  return [
    law("L37", "The same input has the same result, whatever came before it.", () =>
      fc.asyncProperty(cases, cases, async (each, between) => {
        const first = await alone(trial, each, each.twins.one);
        const { manager } = await begin(trial);
        await answerOf(manager, trial, between, between.twins.one);
        const later = await answerOf(manager, trial, each, each.twins.one);
        const again = await answerOf(manager, trial, each, each.twins.one);
        await manager.close();
        same(later, first, each);
        same(again, first, each);
      }),
    ),
    law("L8", "Its result does not depend on what it may not see.", () =>
      fc.asyncProperty(cases, async (each) => {
        const one = await alone(trial, each, each.twins.one);
        same(await alone(trial, each, each.twins.two), one, each);
      }),
    ),
  ];
}

/** Laws about a single run. */
function single(trial: Trial, cases: fc.Arbitrary<Case>): readonly Law[] {
  const sets = growingSets(trial.subject.slots);
  const afterEach = (hold: (outcome: RunOutcome, each: Case) => void) =>
    fc.asyncProperty(cases, async (each) => {
      hold(await alone(trial, each, each.twins.one), each);
    });

  return [
    law("P1", "On valid input it throws nothing, and nothing that it returns is refused.", () =>
      afterEach(({ events }, { hook }) => {
        for (const { eventType, metadata } of events) {
          if (eventType === "plugin.handler_error" && metadata.error_type !== "timeout")
            broken(`On ${hook} it failed: ${metadata.error_type}: ${metadata.error}`);
          if (eventType === "extensions.change_refused")
            broken(
              `On ${hook} its change of ${metadata.path} is refused: ${metadata.code}. ${errorCodes[metadata.code as ErrorCode].todo}`,
            );
        }
      }),
    ),
    law("L13", "It removes no label, and does not try to.", () =>
      afterEach(({ before, after, events }, { hook }) => {
        for (const { metadata } of events)
          if (metadata.code === "tier_monotonic")
            broken(`On ${hook} it tried to take something away from ${metadata.path}.`);
        for (const { path } of sets)
          for (const label of listAt(before, path))
            if (!listAt(after, path).includes(label))
              broken(`On ${hook} ${label} is gone from ${path.join(".")}.`);
      }),
    ),
    law("L36", "It settles within its deadline.", () =>
      afterEach(({ events }, { hook }) => {
        for (const { metadata } of events)
          if (metadata.error_type === "timeout") broken(`On ${hook} it took too long.`);
      }),
    ),
  ];
}
