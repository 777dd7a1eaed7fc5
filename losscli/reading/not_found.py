"""The message for a path without a file, with a hint at what the user may have meant."""

import os

from losscli.errors import nearest

MOST_NAMES = 10_000  # that are compared; the rest of a larger directory is not searched


def not_found(path: str) -> str:
    """The message for a path at which there is no file."""
    return f"no such file{_hint(path)}"


def _hint(path: str) -> str:
    if path.startswith("~"):
        whole = os.path.expanduser(path)
        there = f", as in {whole}" if os.path.exists(whole) else ""
        return f"; a quoted ~ is not expanded: write the path without quotes, or in full{there}"
    if os.path.islink(path):
        return f"; {path} is a link to {os.readlink(path)}, which does not exist"
    folder, name = os.path.split(path)
    if any(mark in name for mark in "*?["):
        return "; nothing matches this pattern"
    if folder and not os.path.isdir(folder):
        return f"; there is no directory {folder}"
    other = _nearest(folder or ".", name)
    return f"; did you mean {os.path.join(folder, other)}?" if other else ""


def _nearest(folder: str, name: str) -> str | None:
    """The file whose name is nearest, letter case aside; one that only lacks or adds an ending comes first."""
    try:
        with os.scandir(folder) as entries:
            names = {entry.name.lower(): entry.name for entry, _ in zip(entries, range(MOST_NAMES), strict=False)}
    except OSError:
        return None
    wanted = name.lower()
    longer = [other for other in names if wanted and (other.startswith(f"{wanted}.") or wanted.startswith(f"{other}."))]
    found = sorted(longer) or nearest(wanted, sorted(names))
    return names[found[0]] if found else None
