"""Small tables that every command is tried on, and what the tables of the program hold."""

from conftest import scaled
from hypothesis import strategies as st

from losscli.cli.commands import COMMANDS
from losscli.enums import Form
from losscli.losses.table import LOSSES


def log_losses(form: Form) -> tuple[str, ...]:
    """The names of the losses whose rows may be of this form and that are a -ln p."""
    return tuple(name for name, loss in LOSSES.items() if loss.log_loss and form in loss.kernels)


OF_TWO, OF_CLASSES = log_losses(Form.BINARY), log_losses(Form.CATEGORICAL)
FITTED = tuple(words[1] for words, command in COMMANDS.items() if command.kind == "fit")

# Letters, marks, spaces, digits and signs of many kinds, all of them of some trouble somewhere.
CHARACTERS = (
    "aZ09 .,;:\"'\\/|%_^{}[]<>#&$~-+=@\t\n\r\0\x1b\x7f\x85\xa0éßçİΣя٣५½²日😀"
    "\u017f\u0301\u200b\u202e\u2028\ufeff\ufffd\U0001d518\U0010ffff"
)


def any_text(longest: int) -> st.SearchStrategy[str]:
    """Any text with `--full`; in the quick suite of those characters, as the table of all of them takes a second."""
    return st.text(CHARACTERS, max_size=longest) if scaled(10) == 1 else st.text(max_size=longest)


SIGNS = st.sampled_from(["", "+", "-"])


def digits(most: int, least: int = 0) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=least, max_size=most)


def joined(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Texts of these parts. A regular expression would need the table of all characters."""
    return st.tuples(*parts).map("".join)


BINARY = """\
label,p,q,w,g
1,0.8,0.7,1,a
0,0.3,0.3,2,b
0,0.4,0.1,0,a
1,0.7,0.9,1.5,c
1,0.55,0.5,1,b
0,1e-9,0.25,0.25,a
1,0.95,0.6,3,
0,0.6,0.65,1,c
1,0.125,0.85,1,a
0,0.2,0.35,2,b
"""
CLASSES = """\
label,p_cat,p_dog,p_emu,w,g
cat,0.7,0.2,0.1,1,a
dog,0.3,0.6,0.1,2,b
emu,0.25,0.25,0.5,0.5,a
dog,0.05,0.9,0.05,1,c
cat,0.4,0.35,0.25,1,b
emu,0.6,0.3,0.1,3,a
dog,0.2,0.79,0.02,1,
cat,1,0,0,1,c
"""
FEATURES = "y,kind,a,b,w\n" + "".join(
    f"{y},{kind},{a},{b},{w}\n"
    for y, kind, a, b, w in zip(
        [0, 1, 0, 1, 1, 0, 1, 0, 1, 0, 0, 1],
        ["u", "v", "w", "u", "v", "w", "u", "v", "w", "u", "v", "w"],
        [0.5, 2, -1, 1.25, -0.5, 0.75, 3, -2, 0.1, 1.5, -0.3, 0.9],
        [1, -1, 0.5, 2, 0.25, -0.75, 1.5, 0.3, -2, 0.6, 1.1, -0.4],
        [1, 2, 1, 0.5, 1, 3, 1, 1, 2, 1, 0, 1],
        strict=True,
    )
)
