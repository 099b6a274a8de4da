"""How Sphinx builds these pages: `make docs`."""

from importlib.metadata import version as installed

project = "litreview"
author = "litreview maintainers"
version = release = installed("litreview")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
html_theme = "furo"
html_title = f"litreview {release}"
html_show_copyright = False

myst_heading_anchors = 3
# Links to files that are no pages (../prompts/README.md) are for readers of the repository; a test follows
# every relative link, these included.
suppress_warnings = ["myst.xref_missing"]

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_default_options = {"members": True}
# Fields of pydantic models are documented once: under "Attributes".
napoleon_use_ivar = True
napoleon_numpy_docstring = False
