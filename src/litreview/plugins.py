"""Plugins: what other packages add to litreview by entry points. Loaded when they are named, never before.

    [project.entry-points."litreview.embedders"]
    mine = "my_package:make_embedder"          # make_embedder(model: str) -> Embedder

    [project.entry-points."litreview.sources"]
    mine = "my_package:parse"                  # parse(text, *, name) -> SourceBatch

`LITREVIEW_EMBEDDING=mine:large` then calls `make_embedder("large")`, and `library.add(files, format="mine")`
reads each file's text with `parse`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from .errors import PluginError

Group = Literal["litreview.embedders", "litreview.sources"]


def plugin_names(group: Group) -> list[str]:
    """The names that installed packages give to a group, sorted."""
    from importlib.metadata import entry_points

    return sorted({point.name for point in entry_points(group=group)})


def load_plugin(group: Group, name: str) -> Callable[..., Any] | None:
    """What an installed package offers under a name, or None where none does.

    Raises:
        PluginError: Two packages offer it, or it cannot be imported or called.
    """
    from importlib.metadata import entry_points

    # A package that is found twice on the path (installed and as a checkout) offers one thing twice.
    offers = {point.value: point for point in entry_points(group=group, name=name)}
    if not offers:
        return None
    if len(offers) > 1:
        raise PluginError(
            f"{len(offers)} plugins are called {name!r} in {group!r}: {', '.join(sorted(offers))}",
            hint="pip uninstall all of their packages but one",
        )
    (point,) = offers.values()
    package = point.dist.name if point.dist else "an unnamed package"
    try:
        loaded = point.load()
    except Exception as error:
        raise PluginError(
            f"the plugin {name!r} of {package} ({point.value}) cannot be loaded:"
            f" {type(error).__name__}: {error}",
            hint=f"pip install --upgrade {package}, or pip uninstall {package}",
        ) from error
    if not callable(loaded):
        raise PluginError(
            f"the plugin {name!r} of {package} ({point.value}) is of type {type(loaded).__name__!r}, which"
            " cannot be called",
            hint=f"ask the makers of {package}",
        )
    found: Callable[..., Any] = loaded
    return found
