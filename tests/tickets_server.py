"""A tiny MCP server over standard input and output: one tool, and a trace of what it was started with."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

TICKETS = "T-17: the basket forgets its coupon"


def result(method: str, asked: dict[str, Any]) -> dict[str, Any]:
    """https://modelcontextprotocol.io/specification, as far as one tool needs it."""
    match method:
        case "initialize":
            server = {"name": "tickets", "version": "1.0"}
            version = asked.get("protocolVersion", "2025-06-18")
            return {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": server}
        case "tools/list":
            schema: dict[str, Any] = {"type": "object", "properties": {}}
            tool = {"name": "open_tickets", "description": "All open tickets.", "inputSchema": schema}
            return {"tools": [tool]}
        case "tools/call":
            return {"content": [{"type": "text", "text": TICKETS}]}
        case _:
            return {}


def main() -> None:
    Path("server-started.json").write_text(json.dumps(dict(os.environ)))
    for line in sys.stdin:
        asked = json.loads(line)
        if "id" in asked:
            answer = result(asked["method"], asked.get("params") or {})
            sys.stdout.write(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": answer}) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
