"""Says of a module that is missing why: the build left it out, since no command of its proof loaded it.

A line of a `.pth` file has every interpreter of the environment ask this last, when no other finder has
found a module.
"""

import sys

SUGGESTION = "add a command that loads it{} with --proof-command, and build again"


class LeftOut:
    names = None

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if cls.names is None:
            with open(__file__.rpartition("/")[0] + "/@NAMES@", encoding="utf-8") as file:
                cls.names = frozenset(file.read().split())
        if name not in cls.names:
            return None
        asker = sys._getframe(2)
        # Who only asks whether there is such a module gets an answer.
        if asker.f_code.co_name != "_find_and_load_unlocked":
            return None
        text = f"the build with --only-proven left it out; {SUGGESTION.format(example())}"
        if name.startswith("encodings."):
            # `encodings` ignores an ImportError.
            raise LookupError(f"unknown encoding: {name[10:]}: {text}")
        if is_from_list(asker):
            # For `from a import b` a ModuleNotFoundError of `a.b` becomes another message.
            raise ImportError(f"cannot import name {name.rpartition('.')[2]!r}: {text}", name=name)
        raise ModuleNotFoundError(f"No module named {name!r}: {text}", name=name)


def is_from_list(frame):
    """Whether the frame, of the import system, imports names from a package."""
    machinery = frame.f_globals
    while frame is not None and frame.f_globals is machinery:
        if frame.f_code.co_name == "_handle_fromlist":
            return True
        frame = frame.f_back
    return False


def example():
    """The command that runs, with the first words behind the name and `...` for others: options may have secrets."""
    program, *arguments = getattr(sys, "argv", None) or [""]
    program = program.rpartition("/")[2]
    # `-c`, `-m` or nothing: code that isn't a command.
    if program[:1] in ("", "-"):
        return ""
    words = [program]
    for word in arguments[:2]:
        if not word.isidentifier():
            break
        words.append(word)
    if len(words) <= len(arguments):
        words.append("...")
    return f", such as {' '.join(words)!r},"


sys.meta_path.append(LeftOut)
