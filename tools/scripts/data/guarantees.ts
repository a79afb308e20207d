/** What the library guarantees against any plugin, and what it does not. */

export interface Guarantee {
  /** `G1` */
  readonly number: string;
  readonly name: string;
  readonly promise: string;
  /** Numbers and ranges of attacks: `A-061–A-078`. */
  readonly attacks: readonly string[];
  readonly laws: readonly string[];
  readonly faults?: readonly string[];
}

export interface Limit {
  readonly number: string;
  readonly name: string;
  readonly text: string;
}

export const guarantees: readonly Guarantee[] = [
  {
    number: "G1",
    name: "Least view",
    promise:
      "A plugin gets the slots and fields that its capabilities open, minus those that the operator withheld. A slot that is not in the table is hidden.",
    attacks: ["A-090", "A-091", "A-096", "A-100", "A-104", "A-105", "A-107", "A-108", "A-110"],
    laws: ["L1", "L2", "L3", "L4", "L31"],
  },
  {
    number: "G2",
    name: "Hidden looks absent",
    promise:
      "What a plugin may not see looks absent: same keys in the same order, same objects, same errors, same limits.",
    attacks: ["A-079–A-092"],
    laws: ["L5", "L6", "L7", "L8", "L9", "L49"],
  },
  {
    number: "G3",
    name: "Frozen in depth",
    promise:
      "All data that a plugin gets is plain and deeply frozen: no accessor, proxy, set, map, date, buffer or other stateful object.",
    attacks: ["A-021", "A-022", "A-054", "A-055", "A-060"],
    laws: ["L26", "L27"],
  },
  {
    number: "G4",
    name: "Read once",
    promise:
      "What a plugin returns is copied from its own data properties, each read at most once, and no code in it runs. From then on only the copy counts.",
    attacks: ["A-001–A-048"],
    laws: ["L21", "L22", "L23", "L24", "L25"],
  },
  {
    number: "G5",
    name: "No forged slot",
    promise:
      "After a run every immutable slot is the same object as before, whatever plugins returned.",
    attacks: ["A-003", "A-046", "A-047", "A-068", "A-069", "A-115"],
    laws: ["L12"],
  },
  {
    number: "G6",
    name: "Labels only grow",
    promise:
      "A label stays for the rest of the request, whatever the order of the plugins, even if they fail, are refused or are late.",
    attacks: ["A-061–A-078", "A-133", "A-135", "A-138"],
    laws: ["L13", "L14", "L15", "L17"],
    faults: ["F-01", "F-02"],
  },
  {
    number: "G7",
    name: "Delegation only appends",
    promise:
      "The existing chain is the beginning of the new one. Depth, origin and actor are computed, never taken from a plugin. With `strictDelegation`, which the gateway's command sets, plugins also start a chain with the subject only, never widen its scopes, and append no implausible time.",
    attacks: ["A-111–A-121"],
    laws: ["L16"],
  },
  {
    number: "G8",
    name: "A write needs its capability",
    promise:
      "Without `write_headers`, `append_labels` or `append_delegation` the headers, the labels and the chain stay as they are.",
    attacks: ["A-066", "A-067", "A-108", "A-121", "A-196"],
    laws: ["L12", "L14"],
  },
  {
    number: "G9",
    name: "A write touches what was visible",
    promise:
      "A merge changes, removes or reveals nothing that the plugin could not see, even inside a slot that it may write. Written values match the grammar of their kind, and a header that frames the message is never written.",
    attacks: ["A-081", "A-092", "A-122–A-128", "A-132", "A-137"],
    laws: ["L10", "L11", "L34", "L35"],
  },
  {
    number: "G10",
    name: "All or nothing",
    promise:
      "If any part of a result is refused, nothing of that result is applied: no payload, no extensions, no metadata. Ignoring a change is not a refusal, and is reported.",
    attacks: ["A-044", "A-045", "A-135", "A-155"],
    laws: ["L20", "L72"],
  },
  {
    number: "G11",
    name: "No retained handle",
    promise:
      "If a plugin keeps what it got or returned and changes it later, nothing else is affected.",
    attacks: ["A-049–A-060", "A-146"],
    laws: ["L25", "L27"],
  },
  {
    number: "G12",
    name: "No race",
    promise:
      "The additions of concurrent plugins result in the same bytes, in whatever order the plugins finish.",
    attacks: ["A-119", "A-133–A-140"],
    laws: ["L17", "L18", "L19", "L37"],
  },
  {
    number: "G13",
    name: "Bounded and settled",
    promise:
      "Each run ends by the deadlines of its handlers, whatever an asynchronous handler does. Late results are dropped and counted. A deadline that the manifest or the operator switched off never fires.",
    attacks: ["A-143–A-154", "A-157"],
    laws: ["L36", "L50"],
    faults: ["F-02", "F-03", "F-04", "F-06", "F-08"],
  },
  {
    number: "G14",
    name: "Fails closed",
    promise:
      "A plugin that may deny denies the request if it throws, is late, is refused or returns an invalid result, unless its manifest or the operator chose otherwise for it. The operator's choice overrides the manifest's.",
    attacks: ["A-045", "A-072", "A-141", "A-142", "A-143", "A-158"],
    laws: ["L36", "L38"],
    faults: ["F-01", "F-02", "F-05"],
  },
  {
    number: "G15",
    name: "A manifest is a snapshot",
    promise:
      "Name, version, capabilities, hooks, modes and whether a handler takes extensions are read once, when the plugin is defined. Later changes to those objects have no effect.",
    attacks: ["A-093–A-103", "A-106", "A-109"],
    laws: ["L32", "L33"],
  },
  {
    number: "G16",
    name: "No secrets in diagnostics",
    promise:
      "Errors, rejections, execution records, warnings, and inspected contexts, managers and errors contain no header values, no claims and no hidden labels. One record is one line. What a plugin itself says may quote anything that it could see. The reason of a denial is in the violation and the audit trail. The text of an error is in the log and the audit trail, and on a hook that votes, filters, scores or notifies also in the message of the error that `invoke` rejects with. That text is one line, without known secrets.",
    attacks: ["A-085", "A-087", "A-129", "A-130", "A-179–A-184", "A-195"],
    laws: ["L9", "L41", "L42"],
  },
  {
    number: "G17",
    name: "Intrinsics are captured",
    promise:
      'Reading what a plugin returned, merging it and taking its result do not depend on prototypes or globals that were patched after the library loaded, for the standard slots and hooks. Everything else uses the current built-ins: a check or transform of a host\'s own schema, reading a manifest, creating a manager, configuration, message parts, the audit trail, metrics, the log, discovery, guards and the gateway. So a plugin that patches while it is imported can cause another plugin to be left out, and one that patches later can keep events out of the audit trail, or a guard from asking the manager. With `tampering: "deny"`, no manager is created and no manager runs anything in a changed realm. `detectTampering` names what was patched.',
    attacks: ["A-157", "A-159–A-171"],
    laws: ["L39", "L40"],
  },
  {
    number: "G18",
    name: "Linear work",
    promise:
      "Work on what a plugin or a caller sends is linear in its size and ends at a documented limit. Tests grow the input of each exported function that such text reaches, and the messages of each method that passes a guard; they fail if a function or method is missing from them.",
    attacks: [
      "A-033",
      "A-035",
      "A-036",
      "A-076",
      "A-118",
      "A-131",
      "A-172–A-178",
      "A-192",
      "A-284–A-287",
      "A-289",
      "A-290",
      "A-308",
      "A-309",
      "A-310",
    ],
    laws: ["L24", "L49"],
  },
  {
    number: "G19",
    name: "What runs is what was hashed",
    promise:
      "Every file of an installed plugin that Node loads from its package or from a member of its closure, at the start or later, comes from a copy that was hashed while it was made and that only the user of the process can write to: ES modules, CommonJS, JSON, native addons, workers, and files that its code reads beside itself. A name resolves to a copied member, to the host's own package or to a peer, and nothing of a refused package is imported, whatever the kind of plugin.",
    attacks: ["A-202–A-210", "A-266–A-273"],
    laws: ["L45"],
  },
  {
    number: "G20",
    name: "What is sent is what was allowed",
    promise:
      "A guard forwards a payload only if every plugin that may deny saw it, or made it, in exactly that form. Labels and headers that a later plugin adds are not part of this.",
    attacks: ["A-265", "A-296"],
    laws: ["L71"],
  },
  {
    number: "G21",
    name: "Changes of trust are atomic",
    promise:
      "The lockfile is the old one or the new one, and complete, whenever a change of it ends or breaks off, and no entry of another process is lost. Each change has one line in the journal; if it broke off before that line, the next change adds it and says so.",
    attacks: ["A-214–A-219"],
    laws: ["L43", "L44"],
    faults: ["F-09", "F-10", "F-11"],
  },
  {
    number: "G22",
    name: "Sessions do not mix",
    promise:
      "In the gateway, the ids, progress, cancellations, events and answers of one session never reach another, and no other session can change them. MCP 2026-07-28 has no sessions: there the same holds for subjects.",
    attacks: ["A-240–A-248", "A-257"],
    laws: ["L47", "L48"],
    faults: ["F-15"],
  },
  {
    number: "G23",
    name: "Decoding never guesses",
    promise:
      "What is decoded keeps its types. What is not JSON, not finite, not Unicode, incomplete or too large is refused with its place. An unknown slot is dropped and reported, or refused with `strict`.",
    attacks: ["A-185–A-194"],
    laws: ["L28", "L29"],
  },
];

export const limitsOfThePromise: readonly Limit[] = [
  {
    number: "N1",
    name: "No sandbox",
    text: "A plugin in the same process can read files, open sockets, read the environment, attach an inspector, patch modules, throw where nobody catches it, or end the process. Run code that nobody reviewed in [a process of its own](isolation.md).",
  },
  {
    number: "N2",
    name: "No way to stop synchronous code",
    text: "`while (true)`, a pattern that backtracks forever, or an endless chain of microtasks blocks the event loop. No deadline interrupts it; a supervisor outside the process can.",
  },
  {
    number: "N3",
    name: "No secrecy between colluding plugins",
    text: "Two plugins in one process can pass each other what each of them sees, through a global or otherwise. Neither can write more than its own capabilities allow. Timing is not hidden either, except for what the filter does not visit; the time of a merge reveals how close an envelope is to its limits.",
  },
  {
    number: "N4",
    name: "No ownership inside `custom`",
    text: "Every plugin sees and changes `custom`, and nobody knows who wrote what. Never base an authorization decision on it.",
  },
  {
    number: "N5",
    name: "No check that written data is true",
    text: "A plugin with `append_labels` can add a wrong label, and one with `write_headers` can write a wrong header, or copy into a header a secret that it may read.",
  },
  {
    number: "N6",
    name: "No declassification by plugins",
    text: "Only the host's `declassify` removes labels, outside a run, with a record of its own. Whether that is right is up to the host.",
  },
  {
    number: "N7",
    name: "No judgement of content",
    text: "Tool descriptions, tool results and model output can be labelled, checked and refused by plugins. The library does not understand them. Nor do plugins see [settings of requests to models](documents.md#settings-that-hold-text), some of which hold text.",
  },
  {
    number: "N8",
    name: "No protection from the operator",
    text: 'An operator who raises the limits, sets `onError: "ignore"` or `disable`, or grants every capability has made that decision.',
  },
  {
    number: "N9",
    name: "No detection of look-alikes in free text",
    text: "Two strings that look alike to a person are two strings. Names have a fixed grammar, labels are in NFC and contain no invisible characters.",
  },
  {
    number: "N10",
    name: "Nothing about code loaded earlier",
    text: "A plugin that was loaded before the library can have patched what the library captures. Import the library first.",
  },
  {
    number: "N11",
    name: "No hash of code outside the packages",
    text: "The hashes do not cover the host's own packages and peers, built-in plugins, plugins from a local folder, Node, its options and environment (`--import`, `NODE_PATH`, and `~/.node_modules`, `~/.node_libraries` and `$PREFIX/lib/node`, where `require` looks for names that it finds nowhere else), and what loaded code requests by an absolute path or a URL. Another process of the same user, or of root, can write to the copies. If others can write to a folder above the folder of temporary files, such as `/tmp`, one of them may put a `node_modules` there after the check at the start: give the host its own `TMPDIR` on such a machine.",
  },
];
