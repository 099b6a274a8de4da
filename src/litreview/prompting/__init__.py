"""Prompts: files a person can read and change, and the packing of abstracts into them."""

from .files import Prompts, PromptTemplate
from .packing import Pack, Record, pack, record_of
from .schemas import (
    answer_schema,
    connected_schema,
    joined_schema,
    judged_schema,
    repaired_schema,
    table_schema,
    theme_schema,
    themes_schema,
)

__all__ = [
    "Pack",
    "PromptTemplate",
    "Prompts",
    "Record",
    "answer_schema",
    "connected_schema",
    "joined_schema",
    "judged_schema",
    "pack",
    "record_of",
    "repaired_schema",
    "table_schema",
    "theme_schema",
    "themes_schema",
]
