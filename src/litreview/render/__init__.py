"""Rendering: a `Review` as text for a terminal or as Markdown. Decides nothing, checks nothing."""
