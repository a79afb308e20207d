"""A real CPEX manager: runs the calls of its argument, and prints what each came to, as JSON."""

import asyncio
import json
import sys

from cpex.framework import GlobalContext, PluginManager
from cpex.framework.extensions.extensions import Extensions
from cpex.framework.hooks.policies import HookPayloadPolicy
from cpex.framework.hooks.registry import get_hook_registry
import cpex.framework.hooks.message  # noqa: F401  It registers the hooks on messages.

given = json.loads(sys.argv[1])


async def main():
    policies = {
        hook: HookPayloadPolicy(writable_fields=frozenset(fields))
        for hook, fields in given.get("policies", {}).items()
    }
    manager = PluginManager(given["config"], hook_policies=policies)
    try:
        await manager.initialize()
    except Exception as error:
        return {"refused": str(error)}
    results = []
    for call in given["calls"]:
        payload = get_hook_registry().json_to_payload(call["hook"], call["payload"])
        context = GlobalContext(request_id=call.get("request", "r"))
        extensions = Extensions.model_validate(call.get("extensions", {}))
        try:
            result, _ = await manager.invoke_hook(call["hook"], payload, context, extensions=extensions)
            results.append(result.model_dump(mode="json", exclude_none=True))
        except Exception as error:
            results.append({"failed": str(error)})
    await manager.shutdown()
    return {"results": results}


print(json.dumps(asyncio.run(main())))
