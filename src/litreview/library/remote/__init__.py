"""A Chroma server that several machines share: records and vectors of a library past one machine.

Each machine keeps its whole catalogue and reads from it. The server holds one record a paper, from which
another machine builds the same catalogue, and the vectors, which are asked for the papers nearest to a
question where there are many. Its REST interface (version 2) is spoken directly: importing chromadb takes
longer than a search, and its client waits for ever for a server that does not answer.
"""

from .address import ServerAddress

__all__ = ["ServerAddress"]
