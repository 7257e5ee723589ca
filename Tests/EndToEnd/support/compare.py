# SPDX-License-Identifier: Apache-2.0
"""Comparisons whose failure says what differed."""


def assert_same_sequence(actual, expected, what):
    """Both hold the same items in the same order; else the first difference is shown."""
    for position, (found, wanted) in enumerate(zip(actual, expected)):
        assert found == wanted, (
            f"{what}: item {position} of {len(expected)} differs\n"
            f"expected {wanted}\n   found {found}\n"
            f"  before {actual[position - 1] if position else '-'}"
        )
    assert len(actual) == len(expected), (
        f"{what}: {len(actual)} items, expected {len(expected)}; "
        f"first {'missing' if len(actual) < len(expected) else 'extra'}: "
        f"{max(actual, expected, key=len)[min(len(actual), len(expected))]}"
    )


def assert_same_table(actual, expected, what):
    """Both dictionaries are equal; else up to five differing keys are shown."""
    keys = sorted(actual.keys() | expected.keys(), key=str)
    differing = [key for key in keys if actual.get(key) != expected.get(key)]
    shown = "\n".join(
        f"  {key}: expected {expected.get(key)}, found {actual.get(key)}" for key in differing[:5]
    )
    assert not differing, f"{what}: {len(differing)} of {len(keys)} differ\n{shown}"


def assert_problem(response, status, *words):
    """The answer is a problem document with the status, a remedy and the words somewhere in it."""
    assert response.status_code == status, f"{response.status_code}, expected {status}: {response.text}"
    media_type = response.headers.get("content-type", "")
    assert media_type.startswith("application/problem+json"), f"{media_type}: {response.text}"
    problem = response.json()
    missing = {"title", "detail", "status", "remedy"} - problem.keys()
    assert not missing, f"the problem lacks {sorted(missing)}: {problem}"
    assert problem["status"] == status, f"status in the problem: {problem}"
    for word in words:
        assert word.lower() in response.text.lower(), f"{word!r} is not in {response.text}"
    return problem
