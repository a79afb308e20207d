/** Which request was answered or sent by a line that is too long to be read. */
import { expect, it } from "vitest";
import { answeredId, askedId } from "../../../../src/gateway/transports/answered-id.ts";

const of = (line: string) => answeredId(line.slice(0, 100), line.slice(-100));
const long = JSON.stringify("x".repeat(300));

it.each<[string, unknown]>([
  [`{"jsonrpc":"2.0","id":7,"result":${long}}`, 7],
  [`{ "jsonrpc": "2.0", "id": "seven", "error": ${long} }`, "seven"],
  [`{"result":${long},"jsonrpc":"2.0","id":7}`, 7],
  [`{"jsonrpc":"2.0","result":${long},"id":"7"}\r`, "7"],
  [`{"error":${long},"id":7,"jsonrpc":"2.0"}`, 7],
  // Requests from the server.
  [`{"jsonrpc":"2.0","id":7,"method":"roots/list","params":${long}}`, undefined],
  [`{"method":"sampling/createMessage","params":${long},"jsonrpc":"2.0","id":7}`, undefined],
  // Ids that the content only quotes or contains.
  [`{"jsonrpc":"2.0","result":[${long},{"a":1,"id":7}]}`, undefined],
  [`{"result":${JSON.stringify(`${long},"jsonrpc":"2.0","id":7}`)}}`, undefined],
  [`{"result":${JSON.stringify(`${long},"id":"7"`)}}`, undefined],
  // Not JSON.
  [`{"jsonrpc":"2.0","id":007,"result":${long}}`, undefined],
  [`{"jsonrpc":"2.0","id":"a\tb","result":${long}}`, undefined],
  [`{"result":${long},"jsonrpc":"2.0","id":-}`, undefined],
])("%s", (line, id) => {
  expect(of(line)).toBe(id);
});

it.each<[string, unknown]>([
  [`{"jsonrpc":"2.0","id":7,"method":"tools/call","params":${long}}`, 7],
  [`{"method":"tools/call","params":${long},"jsonrpc":"2.0","id":"seven"}`, "seven"],
  // A notification, an answer, and an id that the content contains.
  [`{"method":"notifications/progress","params":${long},"jsonrpc":"2.0"}`, undefined],
  [`{"jsonrpc":"2.0","id":7,"result":${long}}`, undefined],
  [`{"jsonrpc":"2.0","method":"x","params":{"a":${long},"id":7}}`, undefined],
])("the request %s", (line, id) => {
  expect(askedId(line.slice(0, 100), line.slice(-100))).toBe(id);
});
