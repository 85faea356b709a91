"""Reference data from the operator's tables: departments, places, categories, posts, officers.

`reading` and `layouts` turn bytes into typed rows, `lgd` does it for the Local Government
Directory's files, `checks` finds what does not fit together, `importer` writes: all or nothing.
Nothing but `importer` and `known` needs a database; nothing raises on what a file holds: what is
wrong with it is a list of faults, each with file, line and reason.
"""
