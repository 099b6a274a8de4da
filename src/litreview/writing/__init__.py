"""The written engine: plan the calls to a model, make them, and check what comes back."""

from .calls import Cached, Metered, Recorded, Replayed, ReplyStore, StoredReply
from .compose import Watch, Workshop, Written, compose
from .planning import Budget, Part, Plan, plan, prompt_tokens

__all__ = [
    "Budget",
    "Cached",
    "Metered",
    "Part",
    "Plan",
    "Recorded",
    "Replayed",
    "ReplyStore",
    "StoredReply",
    "Watch",
    "Workshop",
    "Written",
    "compose",
    "plan",
    "prompt_tokens",
]
