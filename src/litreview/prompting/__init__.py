"""Prompts: files a person can read and change, and the packing of abstracts into them."""

from .files import Prompts, PromptTemplate
from .packing import Pack, Record, pack
from .schemas import answer_schema, joined_schema

__all__ = ["Pack", "PromptTemplate", "Prompts", "Record", "answer_schema", "joined_schema", "pack"]
