"""`python -m adapter`, the same as `helm-jd`."""

from adapter.cli.program import app


def main() -> None:
    """Run the command line; ends the process with its exit code."""
    app(prog_name="helm-jd")


if __name__ == "__main__":
    main()
