"""Trees that several kinds of cases start from."""

RUN = "def start():\n    return subprocess.check_output({words}, cwd=HERE{more})"


def child(how: str, *more: str) -> str:
    """Return a tree whose test starts `answer.py` in some way and expects it to say 1."""
    body = how.strip("\n").replace("\n", "\n    ")
    rest = "".join("\n    ".join(f"\n{text}".splitlines()) for text in more)
    return f"""
    --- answer.py
    from number import N
    def answer():
        return N
    if __name__ == "__main__":
        print(answer())
    --- number.py
    N = 1
    --- start.py
    import os, subprocess, sys
    from pathlib import Path
    HERE = Path(__file__).parent
    {body}
    --- test_start.py
    from start import start
    def test_start():
        assert int(start()) == 1
    {rest}
    """


def python_child(words: str, more: str = "") -> str:
    """Return such a tree, whose child is this interpreter told `words`."""
    return child(RUN.format(words=f"[sys.executable, {words}]", more=more))


def reads(how: str, name: str = "data.txt", text: str = "1") -> str:
    """Return a tree with a function that looks at the disk, and a test of what it says."""
    body = how.strip("\n").replace("\n", "\n    ")
    return f"""
    --- {name}
    {text}
    --- look.py
    import os, sys
    from pathlib import Path
    HERE = Path(__file__).parent
    {body}
    --- test_look.py
    from look import look
    def test_look():
        assert look() == "1"
    """
