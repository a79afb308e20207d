/** docs/capabilities.md: what each slot capability opens and permits, and a host's services. */
import type { ServiceTable } from "../../../src/core/plugins/index.ts";
import type { SlotTable } from "../../../src/core/slots/index.ts";
import { impliedBy, type SlotRow, slotRows } from "../slot-data.ts";
import { code, either, generatedFrom, page, table } from "./markdown.ts";

const intro = `# Capabilities

What a plugin may see and change depends only on the capabilities it declares.
There are two kinds.
A capability of a slot opens a part of the envelope; those of the standard host come first on this page, and a host that adds slots adds capabilities, too.
A capability of a service opens a [service of the host](services.md) and has a dot in its name; the standard host has none, and [those of the memory node](#services-of-the-memory-node) are listed at the end.

Names are compared exactly, and an unknown name is refused when the plugin is defined.
A capability to write something implies the one to read it, and a capability for a field inside a gated field implies the one for the outer field.
Nothing else is implied.
An operator can grant less than a plugin declares, never more.

A plugin runs in your process: capabilities control what it gets, and are not a sandbox.`;

const servicesIntro = `## Services of the memory node

Each opens one accessor of a handler's context, and none implies another.
The accessor returns what the host supplies under the name of the handle, or \`null\` if it supplies nothing; without the capability it throws \`capability_denied\`.
[memory-node-hooks.md](memory-node-hooks.md#what-the-services-do) lists the calls of each handle, and [services.md](services.md) says how a host declares its own services.`;

export function capabilitiesPage(slots: SlotTable, services: ServiceTable): string {
  const rows = slotRows(slots);
  const implied = impliedBy(slots);
  const names = Object.keys(implied).sort(bySubject);
  const free = rows.filter((row) => !row.path.includes(".") && row.read.length === 0);
  return page([
    generatedFrom("the slot table in src/core/slots"),
    intro,
    `Without any capability a plugin sees ${either(
      free.map(({ path }) => path),
      "and",
    )}, each of them without its gated fields, and may change \`custom\`.`,
    table(
      ["Capability", "Shows", "Permits", "Implies"],
      names.map((name) => [code(name), ...opened(name, rows), either(implied[name] ?? [], "and")]),
    ),
    servicesIntro,
    table(
      ["Capability", "Accessor", "Handle", "What it does", "Before you grant it"],
      [
        ...Object.entries(services).map(([capability, spec]) => [
          code(capability),
          code(`${spec.accessor}()`),
          code(spec.handle),
          spec.description,
          spec.review ?? "",
        ]),
      ],
    ),
  ]);
}

/** Sorts by subject, with `read_labels` directly before `append_labels`. */
function bySubject(a: string, b: string): number {
  const x = subjectOf(a);
  const y = subjectOf(b);
  if (x !== y) return x < y ? -1 : 1;
  return a.startsWith("read_") ? -1 : 1;
}

function subjectOf(name: string): string {
  return name.slice(name.indexOf("_") + 1);
}

/** What a capability shows, and what it permits. */
function opened(name: string, rows: readonly SlotRow[]): readonly string[] {
  const opens = rows.filter(({ read }) => read.includes(name)).map(({ path }) => path);
  const writes = rows.filter(({ write }) => write === name);
  return [shows(opens, rows), writes.map(permits).join(", ")];
}

function shows(paths: readonly string[], rows: readonly SlotRow[]): string {
  return either(paths, "and") + gatedInside(paths, rows);
}

/** Describes which gated fields inside the opened parts stay closed, if any. */
function gatedInside(paths: readonly string[], rows: readonly SlotRow[]): string {
  const closed = rows.filter(
    ({ path, read }) =>
      read.length > 0 &&
      !paths.includes(path) &&
      paths.some((opened) => path.startsWith(`${opened}.`)),
  );
  if (closed.length === 0) return "";
  return `, without ${either(
    closed.map(({ path }) => path.slice(path.lastIndexOf(".") + 1)),
    "and",
  )}`;
}

function permits({ path, tier, grows }: SlotRow): string {
  if (tier === "mutable") return `changing ${code(path)}`;
  return grows === undefined
    ? `adding to ${code(path)}`
    : `appending to ${code(`${path}.${grows}`)}`;
}
