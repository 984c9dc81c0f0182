"""`python -m revtui` and the console script `revtui` are the same program."""

import sys


def main() -> None:
    """Run the command line and leave with its exit status."""
    from revtui.cli.main import run  # noqa: PLC0415 - importing revtui must stay free of the command line

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
