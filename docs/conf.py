"""The site of the documentation: make docs

Sphinx reads Markdown where it stands in the repository, so that one and the same link works on GitHub and in the site,
and a link or an anchor that leads nowhere fails the build.
"""

project = "softscale"
author = "The softscale developers"
extensions = ["myst_parser"]
root_doc = "docs/contents"
include_patterns = [
    "docs/contents.rst",
    "docs/*.md",
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "benchmarks/*.md",
    "results/**.md",
]
exclude_patterns = [".*", "runs", "docs-site", "site", "src", "tests", "models", "conf", "experiments", "wandb"]
suppress_warnings = ["toc.not_included"]  # pages of results are linked to, not listed
myst_heading_anchors = 3  # a heading's anchor is that of GitHub
nitpicky = True
html_theme = "furo"
html_title = "softscale"
html_show_copyright = False
html_copy_source = False
