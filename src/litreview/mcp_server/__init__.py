"""litreview for agents: an MCP server over one library, by stdio or by HTTP on loopback."""
