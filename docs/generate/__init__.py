"""Makes the pages that say what the code says: templates, settings, command line, API, decisions.

`python -m docs.generate build/docs/source/en` puts them beside a copy of what is written by hand; Sphinx reads the
whole. The language is that of the command line: LANGUAGE=zh makes the Chinese pages.
"""
