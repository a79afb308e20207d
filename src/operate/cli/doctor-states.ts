/** The states that `doctor` tells apart, how bad each is, and what to do. */

interface DoctorStateSpec {
  readonly means: string;
  /** `note`: worth knowing, and no problem. */
  readonly severity: "fine" | "note" | "warning" | "error";
  readonly todo: string;
}

/** What is said where there is nothing to do. */
export const nothingToDo = "No action required.";

/** By name. */
export const doctorStates = {
  "enabled-not-installed": {
    means: "Its variable is on, and its package is not installed.",
    severity: "error",
    todo: "Install PACKAGE or unset VAR.",
  },
  "installed-disabled": {
    means: "It is installed, and its variable is off.",
    severity: "warning",
    todo: "Set VAR=1 to enable it.",
  },
  "installed-enabled": { means: "It is loaded.", severity: "fine", todo: nothingToDo },
  "not-installed": { means: "It is not installed.", severity: "fine", todo: nothingToDo },
  rejected: {
    means: "It is installed, and is not loaded.",
    severity: "error",
    todo: "What its code asks for.",
  },
  drifted: {
    means:
      "It differs from plugins.lock; production would refuse it, or does not start without it.",
    severity: "warning",
    todo: "Review it, then trust it again or reinstall what was trusted.",
  },
  "unsigned-in-production": {
    means: "It has no valid signature of a trusted publisher, and runs in production.",
    severity: "warning",
    todo: "Use a signed package, and switch signing on again.",
  },
  "missing-keyword": {
    means: "Its package does not have the keyword that registries search for.",
    severity: "note",
    todo: "Nothing here; tell its authors to add the keyword to package.json.",
  },
  "unsupplied-capability": {
    means: "It declares a capability for which the host supplies nothing.",
    severity: "warning",
    todo: "Have the host supply it, or remove the plugin.",
  },
  "dependencies-not-covered": {
    means: "It needs packages that no signature covers: plugins.lock alone holds them.",
    severity: "note",
    todo: "Review them as you do the plugin, or use one that bundles them.",
  },
  degraded: {
    means: "It says that it works in part.",
    severity: "warning",
    todo: "Read its health with `plugins describe NAME --json`, then logs and audit events.",
  },
  unhealthy: {
    means: "It says that it does not work, or its health check fails.",
    severity: "error",
    todo: "Read its health with `plugins describe NAME --json`, then logs and audit events.",
  },
} as const satisfies Record<string, DoctorStateSpec>;

export type DoctorState = keyof typeof doctorStates;
