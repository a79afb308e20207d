/** docs/slots.md: every slot with its fields, tier and gates. */
import type { SlotTable } from "../../../src/core/slots/index.ts";
import { extensionsJsonSchema } from "../json-schema.ts";
import { type SlotRow, slotRows } from "../slot-data.ts";
import { code, either, generatedFrom, page, table } from "./markdown.ts";
import { type FieldRow, fieldRows, type JsonSchema } from "./slot-fields.ts";

const intro = `# Slots

This page lists what can be in the extensions that travel beside a payload.
Each part has a tier, which says how it may change, and perhaps a gate, which is the capability that opens it.

- _Immutable_ parts never change on the way.
- _Monotonic_ parts may only grow: labels are added, hops are appended.
- _Mutable_ parts may be changed by a plugin that may write them.

A slot or field that a plugin's capabilities do not open looks as if it were absent.
[capabilities.md](capabilities.md) reads the same table from the other side, and [the specification](../spec/README.md) has the rules.`;

const columns = `In the tables below, "required" means that the field is there whenever the object around it is, and "absent" that it may be left out.
An empty cell under "To see" or "To change" means: the same as for the part that contains the field.
\`*\` stands for any key of a map, \`[]\` for each element of a list.
An instant is an RFC 3339 date-time, a set is a list without repeats, sorted by code point.`;

/** Remarks on slots that their tables cannot express. */
const remarks: Readonly<Record<string, string>> = {
  http: `Headers that a host passes in are accepted as they are, within the [limits](embed.md#limits): any name, any value, line breaks included.
The grammar of names and values is checked for what a plugin writes, and a plugin cannot write a header that frames the message.
So a host that maps foreign text into headers must check that text itself, before it makes the envelope and again before it sends the headers.`,
  delegation: `With [\`strictDelegation\`](embed.md#createpluginmanager), which \`glassine gateway\` sets, a hop that a plugin appends must also keep to these rules, or the whole proposal is refused:

- The first hop of a chain names the subject, as \`security.subject.id\` was shown to the plugin. So only a plugin with \`read_subject\` can start a chain (\`delegation_origin\`).
- Each of its scopes is one that the hop before it has, letter by letter, and none contains \`*\` (\`delegation_scope\`). A hop without scopes grants none, and neither can the hops after it. \`authorization_details\` are not compared.
- Its time is at most a minute before that of the hop before it and at most a minute in the future, and its lifetime at most 365 days (\`delegation_time\`).

Hops of plugins that run at the same time are judged in the order in which they are joined.`,
};

export function slotsPage(slots: SlotTable): string {
  const rows = new Map(slotRows(slots).map((row) => [row.path, row]));
  const { properties = {} } = extensionsJsonSchema(slots) as JsonSchema;
  const names = Object.keys(slots);
  const glance = [...rows.values()].map((row) => [
    linkTo(row),
    row.tier,
    toSee(row) || (row.path.includes(".") ? "" : "no capability"),
    toChange(row),
  ]);
  const sections = names.map((name) =>
    section(name, slots[name]?.description ?? "", rows, properties[name] ?? {}),
  );
  return page([
    generatedFrom("the slot table in src/core/slots"),
    intro,
    "## At a glance",
    table(["Part", "Tier", "To see", "To change"], glance),
    columns,
    ...sections,
  ]);
}

function linkTo({ path }: SlotRow): string {
  return path.includes(".") ? code(path) : `[${code(path)}](#${path})`;
}

function section(
  name: string,
  description: string,
  rows: ReadonlyMap<string, SlotRow>,
  schema: JsonSchema,
): string {
  const slot = rows.get(name) as SlotRow;
  const fields = fieldRows(schema);
  const see = slot.read.length === 0 ? "Every plugin sees it." : `To see it: ${toSee(slot)}.`;
  const exceptions = [...rows.keys()].some(
    (path) => path.startsWith(`${name}.`) && rows.get(path)?.tier !== slot.tier,
  );
  const change = changeSentence(slot) + (exceptions ? " Some fields differ." : "");
  const closed =
    slot.closed === true ? " An unknown field in a proposal refuses the whole proposal." : "";
  const remark = remarks[name] === undefined ? "" : `\n\n${remarks[name]}`;
  const head = `## ${name}\n\n${description}\nTier: ${slot.tier}. ${see} ${change}${closed}${remark}`;
  if (fields.length === 0) return `${head}\n\nA JSON object with any keys.`;
  // In a slot whose fields are all alike, the line above says what the other columns would.
  const alike =
    slot.grows === undefined && ![...rows.keys()].some((path) => path.startsWith(`${name}.`));
  const shown = alike ? 3 : 6;
  const columns = ["Field", "Type", "Default", "Tier", "To see", "To change"].slice(0, shown);
  const body = fields.map((field) => fieldCells(field, slot, rows).slice(0, shown));
  return `${head}\n\n${table(columns, body)}`;
}

function changeSentence(slot: SlotRow): string {
  if (slot.tier === "immutable") return "It never changes.";
  if (slot.write === null) return "Every plugin may change it.";
  if (slot.grows === undefined) return `To change it: ${code(slot.write)}.`;
  return `To append to ${code(slot.grows)}: ${code(slot.write)}.`;
}

function fieldCells(
  field: FieldRow,
  slot: SlotRow,
  rows: ReadonlyMap<string, SlotRow>,
): readonly string[] {
  const path = [slot.path, ...field.path].join(".");
  const own = rows.get(path);
  const shown = field.path.join(".").replaceAll(".[]", "[]");
  const isDerived =
    slot.grows !== undefined && field.path.length === 1 && field.path[0] !== slot.grows;
  const tier = nearest(path, rows).tier;
  const change = isDerived ? "derived" : own === undefined ? "" : toChange(own);
  return [code(shown), field.type, field.default, tier, own ? toSee(own) : "", change];
}

/** Returns the row that applies to a path: its own or that of the closest parent with one. */
function nearest(path: string, rows: ReadonlyMap<string, SlotRow>): SlotRow {
  const own = rows.get(path);
  return own ?? nearest(path.slice(0, path.lastIndexOf(".")), rows);
}

function toSee({ read }: SlotRow): string {
  return either(read);
}

function toChange({ tier, write }: SlotRow): string {
  if (tier === "immutable") return "never";
  return write === null ? "no capability" : code(write);
}
