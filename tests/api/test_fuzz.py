"""What the product answers is what /schema says, whoever asks and whatever is asked.

`make fuzz` asks more (`tests.api.fuzz`).
"""

from collections.abc import Iterator
from typing import Any

import pytest
from schemathesis import Case

from tests.api.fuzz import Asked, asked, unconfigured
from tests.backends import Backend

EXAMPLES = {"sqlite": 6, "postgresql": 2}
NOTHING_TO_SAY = {"GET /healthz", "GET /readyz"}
NOTHING_TO_SEND = {
    "POST /v1/webhooks/{endpoint}/secret",
    "POST /v1/webhooks/{endpoint}/test",
    "POST /v1/webhooks/{endpoint}/deliveries/{event}/replay",
}
"""The path says it all."""


@pytest.fixture(scope="module")
def product(backend: Backend) -> Iterator[Asked]:
    with asked(backend) as made:
        yield made


def examples(product: Asked, operation: Any) -> Iterator[tuple[str, Case]]:
    """What /schema shows how to ask, by its title; without a body there is one way."""
    names = {"account": product.names["account"], **product.paths}
    bodies = operation.definition.raw.get("requestBody", {"content": {}})["content"]
    for media, described in bodies.items():
        for example in described.get("examples", {}).values():
            case = operation.Case(
                body=example["value"], media_type=media, path_parameters=dict(names)
            )
            yield example["summary"], case
    if not bodies and operation.method.upper() == "GET":
        yield "", operation.Case(path_parameters=dict(names))


def test_every_example_is_taken_as_it_stands(product: Asked) -> None:
    for operation in product.operations():
        for title, case in examples(product, operation):
            answer = product.ask(case, product.asker(operation))
            # A backtest is under way, so that none is begun here.
            assert answer.status_code in (200, 204, 409), (operation.label, title, answer.content)


def test_nothing_is_answered_that_was_not_described(product: Asked, backend: Backend) -> None:
    for operation in product.operations():
        product.probe(operation, examples=EXAMPLES[backend.name])


def test_without_a_policy_too_nothing_is_answered_that_was_not_described(backend: Backend) -> None:
    with unconfigured(backend) as product:
        for operation in product.operations():
            if operation.label != "GET /readyz":  # It says that it is not ready.
                for _, case in examples(product, operation):
                    product.ask(case, product.asker(operation))
        assert product.seen["GET /v1/config", 404] == 1


def test_every_operation_says_what_an_engineer_asks(product: Asked) -> None:
    for operation in product.operations():
        said = operation.definition.raw
        assert said["summary"], operation.label
        if operation.label in NOTHING_TO_SAY:
            continue
        answers, errors = said["responses"], {"400", "401", "403", "503"}
        assert errors <= answers.keys(), operation.label
        assert "Retry-After" in answers["503"]["headers"], operation.label
        assert said["security"], operation.label
        takes = operation.method not in ("get", "delete") and operation.label not in NOTHING_TO_SEND
        assert ("requestBody" in said) is takes, operation.label
        for media in said.get("requestBody", {"content": {}})["content"].values():
            assert media["examples"], operation.label
