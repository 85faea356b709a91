"""`python3 -m helpline.bootstrap [constraints]`."""

import sys
from pathlib import Path

from helpline.bootstrap.checks import SetupError, check_python


def main():  # type: () -> int
    """Run the set-up; a failure is one sentence on stderr and exit code 1."""
    try:
        check_python(sys.version_info[:2])
        # Only now: the rest needs a Python that was just found good.
        from helpline.bootstrap import setup, venv

        root = Path(__file__).resolve().parents[2]
        if sys.argv[1:] == ["constraints"]:
            venv.regenerate_constraints(root)
        else:
            setup.run(root)
    except SetupError as error:
        print(f"\nset-up stopped: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        print(f"\nset-up stopped: {error.strerror or error}{where}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nset-up stopped from the keyboard; run it again to go on", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
