"""Language models behind one port, `ChatModel`; the adapter speaks to any OpenAI-compatible server."""
