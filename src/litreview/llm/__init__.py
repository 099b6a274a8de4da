"""Language models behind one port, `ChatModel`; the adapter speaks to any OpenAI-compatible server."""

from __future__ import annotations

from .client import list_models
from .endpoint import Parameters, Server
from .replies import partial_value, read_reply
from .server import ServerModel
from .types import ChatModel, Completion, Mode, OnText, Prompt, ReplySchema, TokenUsage

__all__ = [
    "ChatModel",
    "Completion",
    "Mode",
    "OnText",
    "Parameters",
    "Prompt",
    "ReplySchema",
    "Server",
    "ServerModel",
    "TokenUsage",
    "list_models",
    "partial_value",
    "read_reply",
]
