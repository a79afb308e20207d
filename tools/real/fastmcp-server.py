"""A server made with FastMCP: python fastmcp-server.py for stdio, python fastmcp-server.py PORT for HTTP"""

import sys

from fastmcp import FastMCP

server = FastMCP("sums")


@server.tool
def add(a: int, b: int) -> int:
    return a + b


@server.tool
def subtract(a: int, b: int) -> int:
    return a - b


if len(sys.argv) == 1:
    server.run(show_banner=False, log_level="ERROR")
else:
    server.run(transport="http", host="127.0.0.1", port=int(sys.argv[1]), show_banner=False, log_level="error")
