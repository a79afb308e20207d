/** What servers send in the events of a response, and what the answer has of it. */
import { responsesStream } from "glassine/openai";
import { describe, expect, it } from "vitest";
import { codeOf } from "../../data/support.ts";
import { verifies } from "../../support/verifies.ts";

const message = { type: "message", id: "m", role: "assistant", content: [] };
const block = { type: "output_text", text: "", annotations: [] };
const here = { output_index: 0, content_index: 0, item_id: "m" };
const added = { type: "response.output_item.added", output_index: 0, item: message };
const part = { type: "response.content_part.added", ...here, part: block };
const cite = (annotation: unknown) => ({
  type: "response.output_text.annotation.added",
  ...here,
  annotation_index: 0,
  annotation,
});
const partDone = (more: object) => ({
  type: "response.content_part.done",
  ...here,
  part: { ...block, ...more },
});
const completed = (output: readonly object[]) => ({
  type: "response.completed",
  response: { id: "r", status: "completed", output },
});

const streamOf = (events: readonly object[]) => {
  const stream = responsesStream();
  for (const event of events) stream.push(event);
  return stream;
};
const refused = (event: object, before: readonly object[]) => {
  const stream = streamOf(before);
  expect(codeOf(() => stream.push(event))).toBe("stream_invalid");
};

describe("annotations of a part", () => {
  const [a, b, c] = ["a", "b", "c"].map((url) => ({ type: "url_citation", url }));
  const moved = { url: "a", type: "url_citation" };

  it.each([
    ["in another order", [a, b], [b, a]],
    ["sent again", [a, b, a], [a, b]],
    ["without equal ones", [a, a], [a]],
    ["with others", [b], [a, b, c]],
    ["with fields in another order", [a], [moved]],
  ])("may end %s", (_, sent, annotations) => {
    verifies("openai:stream-same");
    const before = [added, part, ...sent.map(cite)];
    const item = { ...message, content: [{ ...block, annotations }] };
    const ends = [partDone({ annotations }), completed([item])];
    for (const events of [ends, ends.slice(1)]) {
      const stream = streamOf([...before, ...events]);
      expect(stream.done).toBe(true);
      expect(stream.document).toMatchObject({ output: [item] });
    }
    refused(partDone({ annotations: [c] }), before);
  });

  it("may be sent after the part that has them, and no others", () => {
    verifies("openai:stream-refused");
    const before = [added, part, partDone({ annotations: [a] })];
    const stream = streamOf([...before, cite(moved), cite(a)]);
    expect(stream.document).toMatchObject({ output: [{ content: [{ annotations: [a] }] }] });
    refused(cite(b), before);
  });

  it("come after those that the part began with", () => {
    verifies("adapters:stream-shown");
    const begun = { ...part, part: { ...block, annotations: [a] } };
    const stream = streamOf([added, begun, cite(b)]);
    expect(stream.document).toMatchObject({ output: [{ content: [{ annotations: [a, b] }] }] });
    stream.push(partDone({ annotations: [b] }));
    expect(stream.document).toMatchObject({ output: [{ content: [{ annotations: [b] }] }] });
  });
});

describe("the output of a response that has only begun", () => {
  const odd = [{ type: "function_call" }, 5];

  it.each(["response.created", "response.in_progress", "response.queued"])(
    "may be anything, and is reported: %s",
    (type) => {
      verifies("openai:stream-unknown");
      for (const output of [odd, "SECRET", {}, []]) {
        const begun = { type, response: { id: "r", output } };
        const stream = streamOf([begun, added, completed([message])]);
        expect(stream.document).toMatchObject({ status: "completed", output: [message] });
        const paths = stream.current.left.map(({ path }) => path);
        const isOdd = Object.keys(output).length > 0;
        expect(paths.filter((path) => path.startsWith("events"))).toEqual(
          isOdd ? ["events[0].response.output"] : [],
        );
      }
    },
  );

  it("must be right in the end", () => {
    verifies("openai:stream-refused");
    refused({ type: "response.completed", response: { id: "r", output: odd } }, []);
  });
});

it("the namespace that an output began with is reported if its end has another", () => {
  verifies("openai:stream-unknown");
  const output = { type: "function_call_output", id: "o", call_id: "c", output: "a" };
  const last = { ...output, namespace: "crm" };
  const stream = streamOf([
    { ...added, item: { ...output, namespace: "SECRET" } },
    { type: "response.output_item.done", output_index: 0, item: last },
    completed([last]),
  ]);
  expect(stream.current.left.map(({ path }) => path)).toContain("events[0].item.namespace");
});

it("text after a part that ended without any is refused", () => {
  verifies("openai:stream-refused");
  const item = { type: "hologram", id: "m" };
  const silent = { type: "output_text" };
  const before = [
    { ...added, item },
    { ...part, part: silent },
    { ...partDone({}), part: silent },
  ];
  const text = (type: string, more: object) => ({ type, ...here, ...more });
  refused(text("response.output_text.delta", { delta: "SECRET" }), before);
  refused(text("response.output_text.done", { text: "SECRET" }), before);
  streamOf([...before, text("response.output_text.done", { text: "" })]);
});

it.each(["failed", "incomplete"])("a response that is %s may end inside a character", (status) => {
  verifies("openai:stream-same", "openai:stream-refused");
  const half = { type: "response.output_text.delta", ...here, delta: "a\ud83d" };
  const item = { ...message, content: [{ ...block, text: "a" }] };
  const error = { code: "server_error", message: "later" };
  const ending = (output: readonly object[]) => ({
    type: `response.${status}`,
    response: { id: "r", status, error, output },
  });
  for (const output of [[], [item]]) {
    const stream = streamOf([added, part, half, ending(output)]);
    expect(stream.document).toMatchObject({ status, error, output: [item] });
    refused(completed(output), [added, part, half]);
  }
});

it("an item that is incomplete may end inside a character", () => {
  verifies("openai:stream-same", "openai:stream-refused");
  const half = { type: "response.output_text.delta", ...here, delta: "a\ud83d" };
  const done = (status: string) => ({
    type: "response.output_item.done",
    output_index: 0,
    item: { ...message, status, content: [{ ...block, text: "a" }] },
  });
  const { item } = done("incomplete");
  const response = { id: "r", status: "incomplete", output: [item] };
  const ended = { type: "response.incomplete", response };
  const stream = streamOf([added, part, half, done("incomplete"), ended]);
  expect(stream.document).toEqual(response);
  refused(done("completed"), [added, part, half]);
  // A getter does not run.
  const get = () => {
    throw new Error("ran");
  };
  const forged = Object.defineProperty({ ...item }, "status", { get });
  refused({ ...done("incomplete"), item: forged }, [added, part, half]);
});

describe("the error for an event names the field at fault", () => {
  const text = { type: "response.output_text.delta", ...here, delta: "a" };

  it.each<readonly [string, readonly object[], string]>([
    ["response", [{ type: "response.created" }], "response: expected an object, got nothing"],
    [
      "response",
      [{ type: "response.completed", response: null }],
      "response: expected an object, got null",
    ],
    ["item", [{ ...added, item: undefined }], "item: expected an object, got nothing"],
    [
      "item",
      [added, { ...added, type: "response.output_item.done", item: null }],
      "item: expected",
    ],
    ["part", [added, { ...part, part: null }], "part: expected an object, got null"],
    ["part", [added, part, { ...partDone({}), part: 5 }], "part: expected an object, got a number"],
    ["output_index", [{ ...added, output_index: "x" }], "output_index: expected the index"],
    ["output_index", [{ ...added, output_index: 1 }], "output_index: expected the index"],
    ["output_index", [added, added], "output_index: expected the next index"],
    ["output_index", [text], "output_index: expected the index"],
    ["content_index", [added, text], "content_index: expected the index"],
  ])("%s: %#", (_, events, expected) => {
    verifies("openai:stream-refused");
    expect(() => streamOf(events)).toThrow(`The stream is not readable at ${expected}`);
  });
});

describe("the diff of a patch", () => {
  const call = { type: "apply_patch_call", id: "p", call_id: "c", status: "completed" };
  const operation = { type: "create_file", path: "a.md" };
  const item = { ...call, operation: { ...operation, diff: "+a\n" } };
  const patch = (step: string, more: object) => ({
    type: `response.apply_patch_call_operation_diff.${step}`,
    output_index: 0,
    item_id: "p",
    ...more,
  });
  const done = (diff?: string) => ({
    type: "response.output_item.done",
    output_index: 0,
    item: { ...call, operation: { ...operation, diff } },
  });
  const begun = { ...call, operation: { ...operation, diff: "" }, status: "in_progress" };
  const events = [
    { ...added, item: begun },
    patch("delta", { delta: "+", obfuscation: "x" }),
    patch("delta", { delta: "a\n" }),
    patch("done", { diff: "+a\n" }),
  ];
  const shown = (diff: string) => [
    { content: { name: "apply_patch", arguments: { ...operation, diff } } },
  ];

  it("is shown, and may be streamed in pieces", () => {
    verifies("openai:stream-same", "openai:stream-unknown");
    const stream = streamOf(events.slice(0, 2));
    expect(stream.current.messages[0]?.content).toMatchObject(shown("+"));
    for (const event of [...events.slice(2), done("+a\n"), completed([item])]) stream.push(event);
    expect(stream.done).toBe(true);
    const { messages, left } = stream.current;
    expect(messages[0]?.content).toMatchObject(shown("+a\n"));
    expect(left.filter(({ kind }) => kind !== "setting")).toEqual([]);
  });

  it("must be that of the whole call", () => {
    verifies("openai:stream-refused");
    refused(done("+b\n"), events);
    refused(done(), events.slice(0, 2));
    refused(completed([{ ...item, operation: null }]), events);
    refused(patch("done", { diff: "+b\n" }), events.slice(0, 3));
  });
});

it("reads a program whose fingerprint changes, as OpenAI sends it, as an unknown item", () => {
  verifies("openai:stream-same");
  const program = (fingerprint: string) => ({ type: "program", id: "p", code: "1", fingerprint });
  const stream = streamOf([
    { ...added, item: { ...program("a"), code: "" } },
    { type: "response.output_item.done", output_index: 0, item: program("b") },
    completed([program("c")]),
  ]);
  expect(stream.document).toMatchObject({ output: [program("c")] });
  expect(stream.current.left).toMatchObject([{ kind: "content", path: "output[0]" }]);
});

describe("the commands of a shell call", () => {
  const call = { type: "shell_call", id: "s", call_id: "c", status: "completed" };
  const item = { ...call, action: { commands: ["ls -a", "pwd"] } };
  const shell = (step: string, command_index: number, more: object) => ({
    type: `response.shell_call_command.${step}`,
    output_index: 0,
    command_index,
    ...more,
  });
  const begun = { ...call, action: { commands: [] }, status: "in_progress" };
  const events = [
    { ...added, item: begun },
    shell("added", 0, { command: "" }),
    shell("delta", 0, { delta: "ls", obfuscation: "x" }),
    shell("delta", 0, { delta: " -a" }),
    shell("done", 0, { command: "ls -a" }),
    shell("added", 1, { command: "pwd" }),
    shell("done", 1, { command: "pwd" }),
  ];
  const done = (commands: readonly string[]) => ({
    type: "response.output_item.done",
    output_index: 0,
    item: { ...item, action: { commands } },
  });

  it("are shown, and may be streamed in pieces", () => {
    verifies("openai:stream-same", "openai:stream-unknown");
    const stream = streamOf([...events, done(["ls -a", "pwd"]), completed([item])]);
    expect(stream.done).toBe(true);
    const { messages, left } = stream.current;
    expect(messages[0]?.content).toMatchObject([
      { content: { name: "shell", arguments: { commands: ["ls -a", "pwd"] } } },
    ]);
    expect(left.filter(({ kind }) => kind !== "setting")).toEqual([]);
  });

  it("must be those of the whole call", () => {
    verifies("openai:stream-refused");
    for (const commands of [["ls -a"], ["ls -a", "id"], []]) {
      refused(done(commands), events);
      refused(completed([{ ...item, action: { commands } }]), events);
    }
    refused(completed([{ ...item, action: null }]), events);
    refused(shell("done", 0, { command: "ls" }), events.slice(0, 4));
    refused(shell("delta", 1, { delta: "pwd" }), events.slice(0, 5));
    refused(shell("added", 2, { command: "pwd" }), events.slice(0, 5));
    refused(shell("added", 0, { command: 1 }), events.slice(0, 1));
    const half = [...events, shell("delta", 1, { delta: "\ud83d" })];
    refused(done(["ls -a", "pwd"]), half);
  });

  it("are counted against the limit of text", () => {
    verifies("openai:stream-limits");
    const stream = responsesStream({ textUnits: 200 });
    for (const event of events) stream.push(event);
    const long = shell("delta", 1, { delta: "x".repeat(200) });
    expect(codeOf(() => stream.push(long))).toBe("stream_limit");
  });
});

// Source: the types of openai 7.59.0.
describe("an image whose generation fails", () => {
  const begun = { type: "image_generation_call", id: "i", status: "in_progress", result: null };
  const failed = { ...begun, status: "failed" };
  const error = { code: "moderation_blocked", message: "why", param: null, type: "image" };
  const streamed = (first: object, last: object) =>
    streamOf([
      { ...added, item: first },
      { type: "response.output_item.done", output_index: 0, item: last },
      completed([last]),
    ]).current;
  const unseen = (first: object, last: object) =>
    streamed(first, last).left.flatMap(({ kind, path }) => (kind === "setting" ? [] : [path]));

  it("is what a whole answer has of it", () => {
    verifies("openai:stream-same", "openai:silent-items");
    for (const last of [failed, { ...failed, error }]) expect(unseen(begun, last)).toEqual([]);
    const { messages } = streamed(begun, { ...failed, error });
    expect(messages[0]?.content).toEqual([{ content_type: "text", text: "why" }]);
  });

  it("is reported with what its end no longer has", () => {
    verifies("openai:stream-unknown");
    const last = { ...failed, error };
    const other = { ...last, error: { ...error, message: "?" } };
    expect(unseen(other, last)).toEqual(["events[0].item.error"]);
    expect(unseen(other, failed)).toEqual(["events[0].item.error"]);
    expect(unseen({ ...begun, result: "AAAA" }, failed)).toEqual(["events[0].item.result"]);
    expect(unseen({ ...begun, note: "?" }, failed)).toEqual(["events[0].item.note"]);
  });
});

// Source: the types of openai 7.59.0.
describe("the output of a shell", () => {
  const exit = { type: "exit", exit_code: 0 };
  const whole = [
    { stdout: "a\n😀", stderr: "", outcome: exit },
    { stdout: "", stderr: "oops", outcome: exit },
  ];
  const begun = { type: "shell_call_output", id: "s", call_id: "c", max_output_length: null };
  const item = (output: readonly object[]) => ({ ...begun, status: "completed", output });
  const printed = (step: string, command_index: number, more: object) => ({
    type: `response.shell_call_output_content.${step}`,
    item_id: "s",
    output_index: 0,
    command_index,
    ...more,
  });
  // The commands run in parallel.
  const events = [
    { ...added, item: { ...begun, status: "in_progress", output: [] } },
    printed("delta", 1, { delta: { stderr: "oo" }, obfuscation: "x" }),
    printed("delta", 0, { delta: { stdout: "a\n" } }),
    printed("delta", 1, { delta: { stderr: "ps", stdout: "" } }),
    printed("delta", 0, { delta: { stdout: "\ud83d", stderr: null } }),
    printed("delta", 0, { delta: { stdout: "\ude00" } }),
    printed("done", 0, { output: [whole[0]] }),
    printed("done", 1, { output: [whole[1]] }),
  ];
  const done = (output: readonly object[]) => ({
    type: "response.output_item.done",
    output_index: 0,
    item: item(output),
  });

  it("is shown, and may be streamed in pieces", () => {
    verifies("openai:stream-same", "openai:stream-unknown");
    for (const some of [events, events.slice(0, 6), [events[0], ...events.slice(6)]]) {
      const stream = streamOf([...some, done(whole), completed([item(whole)])] as never);
      const { messages, left } = stream.current;
      expect(messages[0]?.content).toMatchObject([
        { content_type: "tool_result", content: { content: whole } },
      ]);
      // There is no call with this id.
      const unseen = left.filter(({ kind }) => kind !== "setting");
      expect(unseen.map(({ path }) => path)).toEqual(["output[0].call_id"]);
    }
  });

  it("is shown as far as it has come, if the stream breaks off", () => {
    verifies("openai:stream-same");
    const error = { type: "error", code: "x", message: "x" };
    for (const some of [events.slice(0, 3), [...events.slice(0, 3), error]]) {
      const { content } = streamOf(some).current.messages[0] ?? {};
      const soFar = [
        { stdout: "a\n", stderr: "" },
        { stdout: "", stderr: "oo" },
      ];
      expect(content?.[0]).toMatchObject({ content: { content: soFar } });
    }
    const begunWith = [{ ...added, item: item(whole.slice(0, 1)) }, ...events.slice(1, 2)];
    expect(streamOf(begunWith).current.messages[0]?.content[0]).toMatchObject({
      content: { content: [whole[0], { stdout: "", stderr: "oo" }] },
    });
  });

  it("is reported if its end no longer has what it began with", () => {
    verifies("openai:stream-unknown");
    const end = whole.slice(1);
    const first = { ...added, item: item(whole.slice(0, 1)) };
    const stream = streamOf([first, done(end), completed([item(end)])]);
    const unseen = stream.current.left.filter(({ kind }) => kind !== "setting");
    expect(unseen.map(({ path }) => path)).toContain("events[0].item.output");
  });

  it("must be that of the whole item", () => {
    verifies("openai:stream-refused");
    const [first, second] = whole;
    for (const output of [
      [first],
      [second, first].map((each) => ({ ...each, stdout: "x" })),
      [first, { ...second, outcome: { type: "timeout" } }],
      [],
    ]) {
      refused(done(output as never), events);
      refused(completed([item(output as never)]), events);
    }
    refused(printed("done", 0, { output: [second] }), events.slice(0, 6));
    refused(printed("done", 0, { output: [{ stdout: 1, stderr: "" }] }), events.slice(0, 1));
    refused(printed("done", 0, {}), events.slice(0, 1));
    refused(printed("delta", 0, { delta: { stdout: "c" } }), events);
    refused(printed("delta", 0, { delta: { stdout: "", note: "?" } }), events.slice(0, 1));
    refused(printed("delta", 0, { delta: "a" }), events.slice(0, 1));
    refused(printed("delta", 0, { item_id: "m", delta: { stdout: "a" } }), [added]);
    refused(printed("delta", 0.5, { delta: { stdout: "a" } }), events.slice(0, 1));
    refused(printed("delta", 0, { item_id: "t", delta: { stdout: "a" } }), events.slice(0, 1));
    refused(done(whole), [...events.slice(0, 6), printed("delta", 0, { delta: { stdout: "?" } })]);
    const half = printed("delta", 2, { delta: { stdout: "\ud83d" } });
    refused(done(whole), [...events, half]);
  });
});

describe("reasoning from vLLM", () => {
  const at = { output_index: 0, item_id: "r", content_index: 0 };
  const reasoning = { type: "reasoning", id: "r", summary: [], content: null };
  const piece = (text: string) => ({ type: "reasoning_text", text });
  const whole = { ...reasoning, status: "completed", content: [piece("Hm, so.")] };
  const events = [
    { type: "response.created", response: { id: "r", output: [] } },
    {
      type: "response.output_item.added",
      output_index: 0,
      item: { ...reasoning, status: "in_progress" },
    },
    { type: "response.reasoning_part.added", ...at, part: piece("") },
    { type: "response.reasoning_text.delta", ...at, delta: "Hm, " },
    { type: "response.reasoning_text.delta", ...at, delta: "so." },
    { type: "response.reasoning_text.done", ...at, text: "Hm, so." },
    { type: "response.reasoning_part.done", ...at, part: piece("Hm, so.") },
    { type: "response.output_item.done", output_index: 0, item: whole },
    completed([whole]),
  ];

  it("is thinking, from its first piece on", () => {
    verifies("openai:stream-reasoning-part");
    const thinking = (text: string) => [{ content: [{ content_type: "thinking", text }] }];
    expect(streamOf(events.slice(0, 4)).current.messages).toMatchObject(thinking("Hm, "));
    const stream = streamOf(events);
    expect(stream.current.messages).toMatchObject(thinking("Hm, so."));
    expect(stream.done).toBe(true);
    expect(stream.current.left.filter(({ kind }) => kind !== "setting")).toEqual([]);
  });

  it("is refused if it contradicts itself, and its unknown fields are reported", () => {
    verifies("openai:stream-reasoning-part", "openai:stream-refused");
    const done = { type: "response.reasoning_part.done", ...at, part: piece("Hm, no.") };
    refused(done, events.slice(0, 5));
    const odd = events.map((event) =>
      event.type.includes("reasoning_part") ? { ...event, note: "SECRET" } : event,
    );
    expect(streamOf(odd).current.left.map(({ path }) => path)).toEqual(
      expect.arrayContaining(["events[2].note", "events[6].note"]),
    );
  });
});
