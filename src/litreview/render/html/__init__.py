"""A review as one HTML page that needs no network: the evidence of every claim one hover, tap or key away."""

from .page import render_page

__all__ = ["render_page"]
