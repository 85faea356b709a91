"""Set-up of a fresh checkout, with nothing but the standard library.

It runs under the system's Python before the virtual environment exists. `__main__` and
`checks` must also parse on older Pythons, so that those get a sentence and not a traceback.
"""
