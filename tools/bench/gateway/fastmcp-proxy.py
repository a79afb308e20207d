"""FastMCP's proxy in front of a server: python fastmcp-proxy.py URL PORT"""

import sys

from fastmcp.server import create_proxy

url, port = sys.argv[1:]
create_proxy(url).run(
    transport="http", host="127.0.0.1", port=int(port), path="/mcp", log_level="error", show_banner=False
)
