"""A timing server over CPEX 0.1 in Python: what the benchmark holds glassine against.

It reads commands from standard input, a line of JSON each, and answers each with a line:

    {"prepare": id, "case": name, "input": {...}}   {"prepared": id}
    {"case": id, "times": n}                        {"cpuNs": processor time of these n runs}

Whatever goes wrong, a check included, is answered by {"error": text}. Checks are not timed. The
workloads come with the lines, so that both sides run the same ones.
"""

import asyncio
import gc
import json
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from cpex.framework.base import HookRef, Plugin, PluginRef
from cpex.framework.cmf.message import Message
from cpex.framework.extensions.extensions import Extensions
from cpex.framework.extensions.tiers import filter_extensions, merge_extensions
from cpex.framework.hooks.tools import ToolPreInvokePayload
from cpex.framework.manager import PluginExecutor
from cpex.framework.models import GlobalContext, PluginConfig, PluginResult

HOOK = "tool_pre_invoke"


class Case(NamedTuple):
    """Something to time."""

    # Runs it that many times, returns what the last run returned.
    run: Callable[[int], Any]
    # Raises unless all of it ran and the last run gave what it should.
    check: Callable[[Any, int], None]


def each(operation: Callable[[], Any]) -> Callable[[int], Any]:
    def run(times: int) -> Any:
        last = None
        for _ in range(times):
            last = operation()
        return last

    return run


def holds(sent: Any, kept: Any) -> bool:
    """Whether all that was sent was kept. Sets come in any order."""
    if isinstance(sent, dict):
        return all(key in kept and holds(value, kept[key]) for key, value in sent.items())
    if isinstance(sent, list):
        if sent and all(isinstance(value, str) for value in sent):
            return sorted(sent) == sorted(kept)
        return len(sent) == len(kept) and all(map(holds, sent, kept))
    return sent == kept


def envelope_of(given: dict) -> Extensions:
    envelope = Extensions.model_validate(given["envelope"])
    assert holds(given["envelope"], envelope.model_dump(mode="json")), "every slot is read"
    return envelope


def message_of(given: dict) -> Message:
    message = Message.model_validate_json(given["text"])
    assert holds(json.loads(given["text"]), message.model_dump(mode="json")), "every part is read"
    return message


def check_view(view: Extensions, granted: frozenset[str]) -> None:
    def may(*names: str) -> bool:
        return not granted.isdisjoint(names)

    assert (view.http is not None) == may("read_headers", "write_headers")
    assert (view.agent is not None) == may("read_agent")
    assert (view.delegation is not None) == may("read_delegation", "append_delegation")
    assert len(view.security.labels) == (4 if may("read_labels", "append_labels") else 0)
    roles = view.security.subject.roles if view.security.subject else ()
    assert len(roles) == (5 if may("read_roles") else 0)


# F: the filter.
def filtering(given: dict) -> Case:
    envelope = envelope_of(given)
    granted = frozenset(given["capabilities"])
    return Case(
        each(lambda: filter_extensions(envelope, granted)),
        lambda last, _: check_view(last, granted),
    )


# What a plugin does with its view, by name.
def add_label(view: Extensions) -> Extensions:
    labels = view.security.labels | {"ADDED"}
    return view.model_copy(update={"security": view.security.model_copy(update={"labels": labels})})


def set_header(view: Extensions) -> Extensions:
    headers = {**view.http.headers, "x-added": "added"}
    return view.model_copy(update={"http": view.http.model_copy(update={"headers": headers})})


class Edit(NamedTuple):
    make: Callable[[Extensions], Extensions]
    # Whether the merged envelope is the one before with the edit in it.
    arrived: Callable[[Extensions, Extensions], bool]


EDITS = {
    "none": Edit(lambda view: view, lambda before, after: after is before),
    "label": Edit(
        add_label,
        lambda before, after: after.security.labels == before.security.labels | {"ADDED"},
    ),
    "header": Edit(
        set_header,
        lambda before, after: after.http.headers == {**before.http.headers, "x-added": "added"},
    ),
}


# T: filter, edit, merge.
def turning(given: dict) -> Case:
    envelope = envelope_of(given)
    granted = frozenset(given["capabilities"])
    edit = EDITS[given["edit"]]
    make = edit.make

    def operation() -> Any:
        view = filter_extensions(envelope, granted)
        return merge_extensions(envelope, make(view), granted, "plugin")

    return Case(each(operation), check_merged(envelope, edit))


def check_merged(envelope: Extensions, edit: Edit) -> Callable[[Any, int], None]:
    def check(last: Any, _: int) -> None:
        assert edit.arrived(envelope, last), "the edit is in the merged envelope"
        assert last.request is envelope.request and last.agent is envelope.agent

    return check


# E: the executor in sequential mode, over plugins of one kind.
class Calls:
    count = 0


class TwoParameters(Plugin):
    async def tool_pre_invoke(self, payload: Any, context: Any) -> PluginResult:
        Calls.count += 1
        return PluginResult()


class ThreeParameters(Plugin):
    async def tool_pre_invoke(self, payload: Any, context: Any, extensions: Any) -> PluginResult:
        # What is hidden from the plugin is not counted.
        if extensions.http is not None:
            Calls.count += 1
        return PluginResult()


class Labels(Plugin):
    async def tool_pre_invoke(self, payload: Any, context: Any, extensions: Any) -> PluginResult:
        Calls.count += 1
        security = extensions.security
        labels = security.labels | {self.name}
        return PluginResult(
            modified_extensions=extensions.model_copy(
                update={"security": security.model_copy(update={"labels": labels})}
            )
        )


KINDS = {"two": TwoParameters, "three": ThreeParameters, "labels": Labels}


def executing(given: dict) -> Case:
    n = given["plugins"]
    refs = [
        HookRef(HOOK, PluginRef(KINDS[given["kind"]](config_of(i, given["capabilities"]))))
        for i in range(n)
    ]
    executor = PluginExecutor(timeout=30)
    payload = ToolPreInvokePayload(**given["payload"])
    context = GlobalContext(request_id="request-1")
    envelope = envelope_of(given) if "envelope" in given else None

    async def bare(times: int) -> Any:
        last = None
        for _ in range(times):
            last = await executor.execute(refs, payload, context, HOOK)
        return last

    async def fresh(times: int) -> Any:
        last = None
        for _ in range(times):
            extensions = envelope.model_copy()
            last = await executor.execute(refs, payload, context, HOOK, extensions=extensions)
        return last

    operation = bare if envelope is None else fresh
    seen = Calls.count

    def run(times: int) -> Any:
        nonlocal seen
        seen = Calls.count
        return LOOP.run_until_complete(operation(times))

    def check(last: Any, times: int) -> None:
        result, _ = last
        assert Calls.count - seen == times * n, "every plugin runs, once an execution"
        assert result.continue_processing and len(result.executions) == n
        if given["kind"] == "labels":
            # It keeps the last plugin's view: the labels of the others are not in it.
            assert f"plugin-{n - 1}" in result.modified_extensions.security.labels

    return Case(run, check)


def config_of(i: int, capabilities: list[str]) -> PluginConfig:
    return PluginConfig(
        name=f"plugin-{i}",
        kind="bench.Plugin",
        version="1.0.0",
        hooks=[HOOK],
        mode="sequential",
        capabilities=frozenset(capabilities),
    )


# V: the views of a message, made, or made and read.
def viewing(given: dict) -> Case:
    message = message_of(given)
    envelope = envelope_of(given)

    def made() -> Any:
        return list(message.iter_views(extensions=envelope))

    def read() -> Any:
        uris = names = arguments = size = 0
        for view in message.iter_views(extensions=envelope):
            if view.uri is not None:
                uris += 1
            if view.name is not None:
                names += 1
            if view.args is not None:
                arguments += 1
            size += view.size_bytes or 0
        return uris, names, arguments, size

    count = len(message.content)
    if not given["read"]:
        return Case(each(made), lambda last, _: expect(len(last), count))
    fifth = count // 5
    size = sum(view.size_bytes or 0 for view in made())
    wanted = (4 * fifth, 4 * fifth, 2 * fifth, size)
    return Case(each(read), lambda last, _: expect(last, wanted))


# W: a message from the wire, and back.
def decoding(given: dict) -> Case:
    text = given["text"]
    message = message_of(given)
    return Case(
        each(lambda: Message.model_validate_json(text)),
        lambda last, _: expect(len(last.content), len(message.content)),
    )


def encoding(given: dict) -> Case:
    message = message_of(given)
    text = message.model_dump_json()
    assert Message.model_validate_json(text) == message, "what is written is what is there"
    return Case(each(message.model_dump_json), lambda last, _: expect(last, text))


def expect(got: Any, wanted: Any) -> None:
    assert got == wanted, "the outcome is the expected one"


CASES = {
    "filter": filtering,
    "turn": turning,
    "execute": executing,
    "views": viewing,
    "decode": decoding,
    "encode": encoding,
}
LOOP = asyncio.new_event_loop()
prepared: dict[str, Case] = {}


def answer(request: dict) -> dict:
    if "prepare" in request:
        prepared[request["prepare"]] = CASES[request["case"]](request["input"])
        # What is prepared is in no collection: one case's data would slow another down.
        gc.collect()
        gc.freeze()
        return {"prepared": request["prepare"]}
    case = prepared[request["case"]]
    times = request["times"]
    start = time.process_time_ns()
    last = case.run(times)
    spent = time.process_time_ns() - start
    case.check(last, times)
    return {"cpuNs": spent}


def serve() -> None:
    # What anything else prints is not an answer.
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        try:
            reply = answer(json.loads(line))
        except Exception as error:  # The benchmark decides what to do about it.
            reply = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(reply) + "\n")
        answers.flush()


if __name__ == "__main__":
    serve()
