"""What may have been meant by a path at which there is nothing. The rule: a hint, never another file."""

import os

NEAR, MANY = 0.75, 10_000  # how alike names are to be; directories with more files are not searched


def missing(path: str) -> str:
    """What is said of a path at which there is no file."""
    return f"no such file{_hint(path)}"


def _hint(path: str) -> str:
    if path.startswith("~"):
        whole = os.path.expanduser(path)
        there = f", as in {whole}" if os.path.exists(whole) else ""
        return f"; a quoted ~ is not expanded: write the path without quotes, or in full{there}"
    folder, name = os.path.split(path)
    if any(mark in name for mark in "*?["):
        return "; nothing matches this pattern"
    if folder and not os.path.isdir(folder):
        return f"; there is no directory {folder}"
    near = _near(folder or ".", name)
    return f"; did you mean {os.path.join(folder, near)}?" if near else ""


def _near(folder: str, name: str) -> str | None:
    """The file whose name is nearest, letter case aside; one that only lacks or adds an ending comes first."""
    try:
        with os.scandir(folder) as entries:
            names = {entry.name.lower(): entry.name for entry, _ in zip(entries, range(MANY), strict=False)}
    except OSError:
        return None
    from difflib import get_close_matches

    wanted = name.lower()
    longer = [other for other in names if wanted and (other.startswith(f"{wanted}.") or wanted.startswith(f"{other}."))]
    near = sorted(longer) or get_close_matches(wanted, sorted(names), 1, NEAR)
    return names[near[0]] if near else None
