import type { ErrorCodeSpec } from "./code-spec.ts";

/** The codes of installed packages, and of what an operator trusts. Part of `errorCodes`. */
export const trustCodes = {
  setting_invalid: {
    means: "A setting, from the environment or an option, has an invalid value.",
    todo: "Set it to one of the values that the message names.",
  },
  package_refused: {
    means: "An installed package cannot be read or hashed safely. `data.code` says why.",
    todo: "Look up the code in docs/commands.md.",
  },
  discovery_failed: {
    means: "Installed packages cannot be loaded as plugins. `problems` lists each of them.",
    todo: "Fix or remove the packages that the message names.",
  },
  signature_rejected: {
    means:
      "A plugin is unsigned, its signature does not verify, or its signer is not trusted; or signatures are switched off without the acknowledgement.",
    todo: "Use a signed package of a trusted publisher.",
  },
  trust_refused: {
    means: "A change of trust is refused, and nothing was written.",
    todo: "Do what the message says, and try again.",
  },
  reason_invalid: {
    means: "The reason of a change of trust is missing, blank or too long.",
    todo: "Pass a reason of at most 2000 characters.",
  },
  lockfile_invalid: {
    means: "plugins.lock is not valid: the message names the line and every problem.",
    todo: "Fix the file, or restore it from version control.",
  },
  lockfile_newer: {
    means: "plugins.lock has a newer schema version than this library supports.",
    todo: "Update the library.",
  },
  lockfile_missing: {
    means: "There is no plugins.lock where one is needed.",
    todo: "Create one with `plugins lock`, and trust the reviewed plugins.",
  },
  lockfile_uneditable: {
    means: "plugins.lock is written in a form that cannot be edited without rewriting it.",
    todo: "Write each entry as a separate table, `[[plugins]]`.",
  },
  lockfile_busy: {
    means: "Another process is changing plugins.lock.",
    todo: "Wait for the process that the message names.",
  },
  lockfile_failed: {
    means: "plugins.lock or its journal cannot be read or written. The old file is as it was.",
    todo: "Free disk space or fix the permissions, and try again.",
  },
} as const satisfies Record<string, ErrorCodeSpec>;
