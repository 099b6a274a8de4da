"""litreview: literature reviews you can check."""
