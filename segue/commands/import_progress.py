"""How far an import is: the bar of a backtest, in lines of a file."""

from segue.commands.backtest_progress import Bar


class Lines(Bar):
    """Counts the lines of a file."""

    def tell_lines(self, step: str, done: int, total: int) -> None:
        """Show how far a step is."""
        self.tell(step, done, total, 0)

    def _said(self, done: int, total: int, days: int, seconds: float) -> str:
        return f"{done:,} of {total:,} lines" if total else f"{done:,} lines"
