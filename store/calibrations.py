"""Calibrations as they were learned, night after night; none is ever changed."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from engine.snapshot import Calibration
from store import tables
from store.rows import dialect_of, insert_into


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCalibration:
    """What was learned on a `night` (the midnight, UTC, with which it begins) of how many."""

    scale: str
    night: date
    learned_at: datetime
    forecasts: int
    calibration: Calibration


def in_force(session: Session, scale: str, now: datetime) -> Calibration | None:
    """The newest calibration of a scale that had been learned by then."""
    found = newest(session, scale, now)
    return found.calibration if found else None


def newest(session: Session, scale: str, now: datetime) -> StoredCalibration | None:
    """The same, with what is known of it."""
    c = tables.LearnedCalibration
    row = session.exec(
        select(c)
        .where(col(c.scale) == scale, col(c.learned_at) <= now)
        .order_by(col(c.night).desc())
        .limit(1)
    ).first()
    return _value(row) if row else None


def add(session: Session, learned: StoredCalibration) -> None:
    """Keep what a night learned; the first of a night stays."""
    row = {
        "scale": learned.scale,
        "night": learned.night,
        "version": learned.calibration.version,
        "learned_at": learned.learned_at,
        "forecasts": learned.forecasts,
        "raw": list(learned.calibration.raw),
        "happened": list(learned.calibration.happened),
    }
    kept = insert_into(dialect_of(session), tables.LearnedCalibration).on_conflict_do_nothing()
    session.connection().execute(kept, [row])


def _value(row: tables.LearnedCalibration) -> StoredCalibration:
    return StoredCalibration(
        scale=row.scale,
        night=row.night,
        learned_at=row.learned_at,
        forecasts=row.forecasts,
        calibration=Calibration(
            version=row.version, raw=tuple(row.raw), happened=tuple(row.happened)
        ),
    )
