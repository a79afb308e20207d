/** What `verify` and `doctor` find in a journal, and what to do. */

interface JournalProblemSpec {
  readonly means: string;
  readonly todo: string;
}

/** By the word of a problem. */
export const journalProblems = {
  journal_mismatch: {
    means: "plugins.lock has an entry that the journal does not tell, or the other way round.",
    todo: "Pair the edit with a line in the journal, or redo it with the commands.",
  },
  lock_edited: {
    means: "plugins.lock was edited after its last change, in what is neither version nor hash.",
    todo: "Look at the edit. Restore plugins.lock from version control, or trust a plugin again: that records the file as it is.",
  },
  chain_broken: {
    means: "A line in front of this one was changed, moved or removed.",
    todo: "Restore the journal from version control. Trusting again does not mend it: no line is ever rewritten.",
  },
  malformed: {
    means: "A line cannot be read, and does not count.",
    todo: "Restore the journal from version control, or mend a line that somebody wrote by hand: six fields with a tab between them.",
  },
  torn: {
    means: "A line has no end: writing it was cut off, and it does not count.",
    todo: "See whether what it tells was done, and do it again if it was not. The line stays reported; version control may have the whole journal.",
  },
} as const satisfies Record<string, JournalProblemSpec>;

/** What to do about a problem. */
export function journalTodo(problem: string): string {
  return Object.hasOwn(journalProblems, problem)
    ? journalProblems[problem as keyof typeof journalProblems].todo
    : journalProblems.journal_mismatch.todo;
}
