"""Why rows are left out of an answer: an entry for each reason. Rows are counted by its key, which JSON has too."""

from typing import NamedTuple


class Reason(NamedTuple):
    """A reason to leave rows out.

    `note` says how many there are (`{rows}`) and may name the label of --ignore (`{ignore}`); notes that are `warned`
    of are also printed where a format has no place for notes. `all_rows` completes "all rows are ...".
    """

    key: str
    note: str
    all_rows: str
    warned: bool = True


MISSING_CELL = Reason("dropped", "{rows} with a missing cell dropped", "dropped")
IGNORED_LABEL = Reason("ignored", "{rows} with the label {ignore} ignored", "ignored", warned=False)
NO_PARTNER = Reason(
    "unmatched",
    "{rows} of one table without a partner in the other left out",
    "without a partner in the other table",
)

REASONS = (MISSING_CELL, IGNORED_LABEL, NO_PARTNER)  # in the order of JSON's keys
