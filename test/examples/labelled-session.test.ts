/** Runs the example like a user, but compiled to a separate folder. */
// Only in test:all: it runs example programs.
import process from "node:process";
import { expect, it } from "vitest";
import { compile, run } from "../docs/support/compile.ts";

const example = "examples/labelled-session";

it("lets a secret be read, but not sent, because its label stays with the session", async () => {
  const { out, problems } = await compile("labelled-session", [example]);
  expect(problems).toEqual([]);
  const ran = await run(process.execPath, [`${out}${example}/main.js`], 240_000);
  expect(ran).toMatchObject({ code: 0, complaints: "" });
  expect(ran.output.trimEnd().split("\n")).toEqual([
    "a session begins",
    'send_mail: sent "Good morning"',
    "read_payroll: Ada 90000, Grace 95000",
    "send_mail: refused, MCP error -32010: Labelled data may not go there",
    'read_board: refused, MCP error -32010: The data policy does not allow the action "receive"',
    "",
    "the same session, on a new connection",
    "send_mail: refused, MCP error -32010: Labelled data may not go there",
    "",
    "another session",
    'send_mail: sent "Good morning"',
    "",
    "labels of ada/1: BOARD, SALARY",
    "labels of ada/2: none",
  ]);
}, 180_000);
