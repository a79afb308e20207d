"""Runs a glassine plugin in a CPEX host: put this file where the host finds its plugins.

The plugin is a process of its own, started by `command`, which speaks the protocol of CPEX's isolated
workers. CPEX starts its own workers in virtual environments of Python only, and tells them nothing of
extensions; this class takes their place. Written for CPEX 0.1.4.
"""

import asyncio
import contextlib
import json
import uuid

from cpex.framework import Plugin
from cpex.framework.extensions.tiers import merge_extensions

PROTOCOL = 1
NEEDED = {"extensions", "modified_extensions"}
# A line has no more bytes than this.
MAX_LINE = 32 * 1024 * 1024
# They never leave the host, and nobody in another process writes them.
SENSITIVE = {"authorization", "cookie", "set-cookie", "x-api-key", "proxy-authorization"}


class GlassinePlugin(Plugin):
    """Every hook of a glassine plugin, asked for in its own process."""

    def __init__(self, config):
        super().__init__(config)
        self._own_capabilities = frozenset(config.capabilities)
        settings = config.model_dump(mode="json")
        settings["config"] = config.config.get("config") or {}
        # One text for all tasks: with another one the plugin begins anew.
        self._settings = json.dumps(settings)
        self._command = list(config.config["command"])
        self._process = None
        self._starting = asyncio.Lock()
        self._waiting = {}
        self._reader = None

    def __getattr__(self, name):
        # CPEX looks for a method of the hook's name. Names with a dot have no other way.
        if name.startswith("_") or name not in self._config.hooks:
            raise AttributeError(name)

        async def run(payload, context, extensions):
            return await self._run(name, payload, context, extensions)

        return run

    async def initialize(self):
        """Starts the plugin, so that the host learns what is wrong with it."""
        try:
            greeting = await self._ask({"task_type": "capabilities", "config": self._settings})
            if greeting["protocol_version"] != PROTOCOL or not NEEDED <= set(greeting["features"]):
                raise RuntimeError("this version of glassine speaks another protocol")
            missing = set(self.hooks) - set(greeting["hooks"])
            if missing:
                raise RuntimeError(f"the plugin has no handler for {', '.join(sorted(missing))}")
        except BaseException:
            await self.shutdown()
            raise

    async def shutdown(self):
        """Ends the plugin when it has answered what is open."""
        process, reader = self._process, self._reader
        if process is None:
            return
        try:
            if process.returncode is None:
                await asyncio.wait_for(self._ask({"task_type": "shutdown"}), 5)
            await asyncio.wait_for(process.wait(), 5)
        except Exception:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        await reader
        self._process = None

    async def _run(self, hook, payload, context, extensions):
        task = {
            "task_type": "load_and_run_hook",
            "hook_type": hook,
            "config": self._settings,
            "class_name": "",
            "plugin_dirs": [],
            "payload": payload.model_dump(mode="json"),
            "context": context.model_dump(mode="json"),
        }
        if extensions is not None:
            task["extensions"] = _without_sensitive(extensions).model_dump(mode="json")
        result = self.json_to_result(hook, await self._ask(task))
        returned = result.modified_extensions
        if returned is None:
            return result
        # The manager would take whatever comes back, so CPEX's own rules are asked here.
        returned = _with_sensitive(returned, extensions)
        merged = merge_extensions(extensions, returned, self._own_capabilities, self.name)
        return result.model_copy(update={"modified_extensions": None if merged is extensions else merged})

    async def _ask(self, task):
        process = await self._started(task["task_type"] != "shutdown")
        request_id = str(uuid.uuid4())
        answer = self._waiting[request_id] = asyncio.get_running_loop().create_future()
        try:
            process.stdin.write(json.dumps({**task, "request_id": request_id}).encode() + b"\n")
            await process.stdin.drain()
            said = await answer
        finally:
            self._waiting.pop(request_id, None)
        if said.get("status") == "error":
            raise RuntimeError(said.get("message"))
        return {key: value for key, value in said.items() if key != "request_id"}

    async def _started(self, may_start):
        async with self._starting:
            # Its reader ends when the process does.
            if self._reader is None or (self._reader.done() and may_start):
                self._process = await asyncio.create_subprocess_exec(
                    *self._command,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    limit=MAX_LINE,
                )
                self._reader = asyncio.create_task(self._read(self._process))
            return self._process

    async def _read(self, process):
        try:
            async for line in process.stdout:
                with contextlib.suppress(ValueError, AttributeError):
                    said = json.loads(line)
                    answer = self._waiting.get(said.get("request_id"))
                    if answer is not None and not answer.done():
                        answer.set_result(said)
        except ValueError:
            # A line that is too long: nothing behind it can be told apart.
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(RuntimeError("the glassine plugin has ended"))


def _without_sensitive(extensions):
    http = extensions.http
    if http is None:
        return extensions
    kept = {name: value for name, value in http.headers.items() if name.lower() not in SENSITIVE}
    return extensions.model_copy(update={"http": http.model_copy(update={"headers": kept})})


def _with_sensitive(returned, extensions):
    http = returned.http
    if http is None:
        return returned
    before = extensions.http.headers if extensions is not None and extensions.http is not None else {}
    own = {name: value for name, value in before.items() if name.lower() in SENSITIVE}
    said = {name: value for name, value in http.headers.items() if name.lower() not in SENSITIVE}
    return returned.model_copy(update={"http": http.model_copy(update={"headers": {**own, **said}})})
