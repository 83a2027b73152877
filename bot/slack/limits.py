"""What Slack publishes as its limits."""

from enum import IntEnum


class Limit(IntEnum):
    """Characters or counts that Slack accepts at most."""

    BLOCKS_IN_MESSAGE = 50
    BLOCKS_IN_VIEW = 100
    MESSAGE_BLOCKS = 13_000  # Undocumented: above about 13,200 comes msg_blocks_too_long.
    TEXT = 4_000
    SECTION = 3_000
    FIELDS = 10
    FIELD = 2_000
    HEADER = 150
    CONTEXT_ELEMENTS = 10
    ACTIONS = 25
    BUTTON = 75
    BUTTON_SHOWN = 30  # What clients show of it; longer names are cut by us, with an ellipsis.
    VALUE = 2_000
    URL = 3_000
    ID = 255
    ALT = 2_000
    OPTION = 75
    OPTIONS = 100
    RADIO_OPTIONS = 10
    LABEL = 2_000
    INPUT = 3_000
    PLACEHOLDER = 150
    MODAL_TITLE = 24
    PRIVATE_METADATA = 3_000
