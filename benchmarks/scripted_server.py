"""An OpenAI-compatible server on loopback that answers any of our prompts soundly, after a delay.

usage: python scripted_server.py [SECONDS]      # prints BASE_URL http://127.0.0.1:PORT/v1; ends with stdin

Counts what it serves: GET /counts gives {"calls": n, "prompt_characters": n}.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from litreview.testing import scripted_reply

DELAY = float(sys.argv[1]) if len(sys.argv) > 1 else 0.0
COUNTS = {"calls": 0, "prompt_characters": 0}


def reply_to(texts: list[str], form: str) -> str:
    """A reply that each program can read: ours, or that of another in a benchmark."""
    if "RECORDS-" in texts[-1]:
        return scripted_reply(texts[-1], form)
    if any("relevance_score" in text for text in texts):
        return json.dumps({"summary": "The excerpt bears on the question.", "relevance_score": 8})
    return "Neural models translate better where there is much data (doc1)."


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.answer(COUNTS if self.path == "/counts" else {"data": [{"id": "scripted", "object": "model"}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        texts = [message["content"] for message in body.get("messages", [])]
        COUNTS["calls"] += 1
        COUNTS["prompt_characters"] += sum(map(len, texts))
        time.sleep(DELAY)
        form = body.get("response_format", {}).get("json_schema", {}).get("name", "")
        content = reply_to(texts, form)
        usage = {"prompt_tokens": sum(map(len, texts)) // 4, "completion_tokens": len(content) // 4}
        usage["total_tokens"] = sum(usage.values())
        common = {"id": "1", "created": 0, "model": body.get("model", "scripted")}
        if not body.get("stream"):
            said = {"role": "assistant", "content": content}
            choice = {"index": 0, "message": said, "finish_reason": "stop"}
            self.answer({**common, "object": "chat.completion", "choices": [choice], "usage": usage})
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for delta, finish in (({"role": "assistant", "content": content}, None), ({}, "stop")):
            choice = {"index": 0, "delta": delta, "finish_reason": finish}
            self.event({**common, "object": "chat.completion.chunk", "choices": [choice]})
        self.event({**common, "object": "chat.completion.chunk", "choices": [], "usage": usage})
        self.wfile.write(b"data: [DONE]\n\n")

    def event(self, item: object) -> None:
        self.wfile.write(b"data: " + json.dumps(item).encode() + b"\n\n")

    def answer(self, item: object) -> None:
        data = json.dumps(item).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        return


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(f"BASE_URL http://127.0.0.1:{server.server_port}/v1", flush=True)
sys.stdin.read()
