"""The one tree of errors; each name says what happened, each docstring what to do."""


class SegueError(Exception):
    """Anything Segue refuses or fails at; catch the narrower classes below."""


class Invalid(SegueError):
    """The input is wrong: change the field at `pointer` as `detail` says and send it again."""

    def __init__(self, detail: str, *, pointer: str = "", code: str = "invalid") -> None:
        super().__init__(f"{pointer}: {detail}" if pointer else detail)
        self.detail, self.pointer, self.code = detail, pointer, code


class ConfigInvalid(Invalid):
    """The policy file is wrong: each problem names its field; mend it, then apply it again."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        path, detail = problems[0]
        super().__init__(detail, pointer=path, code="config_invalid")
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(f"{path}: {detail}" if path else detail for path, detail in self.problems)


class TooLarge(SegueError):
    """More than is taken at once: send it in smaller parts."""


class NotFound(SegueError):
    """There is no such thing for this caller: check the name."""


class LocaleMissing(NotFound):
    """There are no texts in this language: add templates/copy/<locale>, or use another locale."""


class Unauthorized(SegueError):
    """No valid proof of who is asking: send a current key or token."""


class Forbidden(SegueError):
    """The proof is valid but does not cover this: use a key with the scope named."""


class Conflict(SegueError):
    """Somebody or something got there first: read the current state, then decide again."""


class Gone(SegueError):
    """It existed and is over (expired, revoked, answered): ask for a new one."""


class TooMany(SegueError):
    """Too many requests: wait `retry_after` seconds."""

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Unavailable(SegueError):
    """It can't be done at the moment, and nothing was changed: try again in `retry_after` s."""

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
