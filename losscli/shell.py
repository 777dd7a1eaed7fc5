"""Words as they are typed into a shell, on any system."""

import shlex
import sys


def quoted(word: str) -> str:
    """A word as it can be typed in sh, PowerShell and cmd alike."""
    plain = word and not any(char in " \t,;()[]{}*?&|<>'\"`$#~!" for char in word)
    return word if plain else f'"{word}"'


def split_line(line: str) -> list[str]:
    """The words of a command line; ValueError where a quote stays open. On Windows a backslash is one, in paths too."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=False)
    lexer.whitespace_split, lexer.commenters = True, ""
    if sys.platform == "win32":
        lexer.escape = ""
    return list(lexer)
