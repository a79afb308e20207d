"""FastMCP's client: python fastmcp-client.py URL '{"tool": …, "args": …, "refused": …}'"""

import asyncio
import json
import sys

from fastmcp import Client

url, given = sys.argv[1:]
step = json.loads(given)


async def main():
    async with Client(url) as client:
        names = [tool.name for tool in await client.list_tools()]
        result = await client.call_tool(step["tool"], step["args"])
        try:
            await client.call_tool(step["refused"], {})
            refusal = ""
        except Exception as error:
            refusal = str(error)
    text = "".join(getattr(block, "text", "") for block in result.content)
    print(json.dumps({"names": names, "text": text, "refusal": refusal}))


asyncio.run(main())
