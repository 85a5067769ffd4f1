import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from opsbook.exercises.expressions import SUBJECTS, check_names, evaluate


class TestExpressions:
    @pytest.mark.parametrize(
        "hostile",
        [
            "__import__('os').getcwd()",
            "open('x')",
            "().__class__",
            "contact.__dict__",
            "contact.extent.__globals__",
            "contact.np",
            "contact.math",
            "exercises.bank()",
            "datasets.load('x')",
            "[n for n in (1, 2)]",
            "lambda: 1",
            "n := 5",
            "9 ** 9 ** 9 ** 9",
            "rand()",
            "'a' * 10**9",
            "n = 5",
            "1; 2",
            "'3'",
            "",
            "[n for n in [1, 2]]",
            "max(n for n in [1, 2])",
            "{1, 2}",
            "{1: 2}",
            "[*[1, 2]]",
            "max(*[1, 2])",
            "[1] * 10**9",
            "'%999999999d' % 1",
            "4000000 ** 4000000",
            "((9 ** 64) ** 64) ** 64 ** 64",
            "2 ** 5000",
            "1 << 9999",
            "[1, 2].append(3)",
            "[1].__class__",
            "[contact]",
            "[[1]]",
            "[True]",
            "[1, 'a']",
            "(1, 2)",
            "(1).bit_length()",
            "contact.extent([1, 2], [3, 4]).tofile('x')",
            "contact.extent([1, 2], [3, 4])",
            "round(5, -1000000000)",
            "f'{n:900000000}'",
            "2or n",
        ],
    )
    def test_nothing_but_arithmetic_and_public_functions_is_evaluated(self, hostile: str) -> None:
        with pytest.raises(ValueError, match="`"):
            evaluate(hostile, {"n": 2})

    def test_results_may_be_asked_for_their_fields(self) -> None:
        assert evaluate("max(n, 3) + abs(-1) + ceil(0.2) + sqrt(16)", {"n": 2}) == 9
        assert evaluate("contact.extent(n, 8).real", {"n": 2}) == 0.25

    def test_lists_and_tuples_of_numbers_are_arguments(self) -> None:
        values = {"a": 1, "b": 3}
        assert evaluate("max([a, b]) + min((a, b, -2))", values) == 1
        assert evaluate("contact.extent([a, b], (4, 4))[1]", values) == 0.75

    def test_whole_numbers_stay_whole(self) -> None:
        for expression, number in (("ceil(n / 2)", 3), ("2 ** 3 * 1", 8), ("n // 2", 2)):
            result = evaluate(expression, {"n": 5})
            assert (result, type(result)) == (number, int)

    def test_a_choice_may_be_made(self) -> None:
        assert [evaluate("n if n > 2 and not n == 9 else -n", {"n": n}) for n in (1, 3, 9)] == [-1, 3, -9]

    def test_nothing_stays_behind_for_the_next(self) -> None:
        assert evaluate("contact.extent(n, 8)", {"n": 2}) == 0.25
        with pytest.raises(ValueError, match="fails: "):
            evaluate("n / m", {"n": 1, "m": 0})
        assert [evaluate("n + m", {"n": n, "m": 1}) for n in (1, 2)] == [2, 3]
        with pytest.raises(ValueError, match="`m` is not known"):
            evaluate("n + m", {"n": 1})

    def test_threads_do_not_meet(self) -> None:
        with ThreadPoolExecutor(4) as pool:
            results = list(pool.map(lambda n: evaluate("n + contact.extent(n, n) - 1", {"n": n}), range(1, 500)))
        assert results == list(range(1, 500))

    def test_names_are_checked_without_values(self) -> None:
        check_names("contact.extent(n, 8)", frozenset({"n"}))
        for expression, words in (
            ("m / 8", "`m` is not known"),
            ("contact.extnt(n, 8)", "Did you mean `extent`?"),
            ("n ^ 2", "may not: the operation BitXor"),
            ("n / (", "is not one expression"),
        ):
            with pytest.raises(ValueError, match=re.escape(words)):
                check_names(expression, frozenset({"n"}))

    def test_only_subject_modules_are_callable(self) -> None:
        assert set(SUBJECTS).isdisjoint({"charts", "datasets", "exercises"})
        assert "contact" in SUBJECTS
