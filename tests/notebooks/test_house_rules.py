"""Every notebook keeps the house rules; and every rule notices a notebook that does not."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from opsbook import exercises

from .course import ANIMATION, CHART, EXPLORER, Course, Notebook, read
from .rules import FOR_CHAPTERS, FOR_EXERCISES, FOR_NOTEBOOKS, FOR_THE_COURSE, NotebookRule
from .sample import Sample, code, grade, question, shown, text

ROOT = Path(__file__).parents[2]
COURSE = read(ROOT)


def rules_for(notebook: Notebook) -> dict[str, NotebookRule]:
    own = FOR_CHAPTERS if notebook.path.parent.name == "chapters" else FOR_EXERCISES
    return own | FOR_NOTEBOOKS


def listed(problems: list[str]) -> str:
    return "\n" + "\n".join(f"- {problem}" for problem in problems)


def test_there_is_a_course_to_look_at() -> None:
    assert COURSE.chapters
    assert COURSE.questions


@pytest.mark.parametrize(
    ("notebook", "rule"),
    [
        pytest.param(notebook, rule, id=f"{notebook.path.parent.name}/{notebook.name}-{rule}")
        for notebook in COURSE.notebooks
        for rule in rules_for(notebook)
    ],
)
def test_notebook(notebook: Notebook, rule: str) -> None:
    problems = list(rules_for(notebook)[rule](COURSE, notebook))
    assert not problems, listed([f"{notebook.path.relative_to(ROOT)}: {problem}" for problem in problems])


@pytest.mark.parametrize("rule", FOR_THE_COURSE)
def test_course(rule: str) -> None:
    problems = list(FOR_THE_COURSE[rule](COURSE))
    assert not problems, listed(problems)


def test_the_recipe_for_a_question_shows_a_sound_one_of_every_kind(tmp_path: Path) -> None:
    recipes = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf8")
    example = tmp_path / "toll-bridge.yml"
    example.write_text(re.findall(r"^```yaml\n(.*?)^```$", recipes, re.MULTILINE | re.DOTALL)[0], encoding="utf8")
    report = exercises.bank_report([example])
    assert not report.problems, listed(report.problems)
    assert set(report.counts["kind"]) == {"choice", "choices", "numeric", "order", "match", "reflect", "code"}


# --- The rules themselves --------------------------------------------------------------------------------------


def found(course: Course) -> dict[str, list[str]]:
    """Return what every rule says about a course, by rule; rules that say nothing are left out."""
    said = {name: list(rule(course)) for name, rule in FOR_THE_COURSE.items()}
    for notebook in course.notebooks:
        for name, rule in rules_for(notebook).items():
            said.setdefault(name, []).extend(rule(course, notebook))
    return {name: problems for name, problems in said.items() if problems}


def test_the_sample_keeps_every_rule(tmp_path: Path) -> None:
    assert found(Sample().write(tmp_path)) == {}


def test_a_notebook_of_lines_reads_as_one_of_text(tmp_path: Path) -> None:
    sample = Sample()
    for cell in (*sample.chapter, *sample.exercises):
        cell["source"] = cell["source"].splitlines(keepends=True)
    assert found(sample.write(tmp_path)) == {}


Spoil = Callable[[Sample], None]
BROKEN: list[tuple[str, str, str, Spoil]] = []


def broken(rule: str, says: str) -> Callable[[Spoil], Spoil]:
    """Enter a way to spoil the sample, the rule that must notice, and a piece of what it must say."""

    def enter(spoil: Spoil) -> Spoil:
        BROKEN.append((rule, says, spoil.__name__, spoil))
        return spoil

    return enter


def output(sample: Sample, mime: str, content: object) -> None:
    sample.chapter.append(code("shown", outputs=[shown(mime, content)]))


def spec_of(sample: Sample, mime: str = CHART) -> dict:
    contents = [
        each["data"][mime] for cell in sample.chapter for each in cell.get("outputs", ()) if mime in each["data"]
    ]
    return contents[0] if mime == CHART else contents[0]["spec"]


def replace(sample: Sample, old: str, new: str) -> None:
    """Change words of the chapter's text cells; they must be there."""
    cells = [cell for cell in sample.chapter if old in cell["source"]]
    assert cells
    for cell in cells:
        cell["source"] = cell["source"].replace(old, new)


@broken("has_one_title", "must begin with the title")
def no_title(sample: Sample) -> None:
    replace(sample, "# A sample\n", "A sample\n")


@broken("has_one_title", "must begin with the title")
def words_above_the_title(sample: Sample) -> None:
    replace(sample, "# A sample\n", "Welcome.\n\n# A sample\n")


@broken("has_one_title", "there are 2")
def a_second_title(sample: Sample) -> None:
    replace(sample, "## Waiting", "# Waiting")


@broken("promises_in_one_sentence", "must follow the title")
def no_promise(sample: Sample) -> None:
    replace(sample, "Find the wait in a visit, and decide what to do about it.\n\n*About 5 minutes.*\n\n", "")


@broken("promises_in_one_sentence", "one sentence")
def two_promises(sample: Sample) -> None:
    replace(sample, "in a visit, and", "in a visit. Then")


@broken("promises_in_one_sentence", "one sentence")
def a_promise_without_an_end(sample: Sample) -> None:
    replace(sample, "to do about it.", "to do about it")


@broken("lists_three_to_five_objectives", "3 to 5 objectives, got 2")
def too_few_objectives(sample: Sample) -> None:
    sample.chapter_metadata["opsbook"]["objectives"].pop()


@broken("lists_three_to_five_objectives", "got 6")
def too_many_objectives(sample: Sample) -> None:
    more = [{"id": f"sample/{n}", "text": f"Do {n}."} for n in (4, 5, 6)]
    sample.chapter_metadata["opsbook"]["objectives"] += more


@broken("lists_three_to_five_objectives", "objective sample/2 must stand on the page")
def an_objective_in_other_words_on_the_page(sample: Sample) -> None:
    replace(sample, "Distinguish waiting", "Tell waiting")


@broken("lists_three_to_five_objectives", "objective sample/2 must stand on the page")
def an_objective_outside_the_list(sample: Sample) -> None:
    replace(sample, "1. Distinguish waiting from work.\n", "")
    sample.chapter.append(text("Distinguish waiting from work."))


@broken("asks_two_self_checks", "this one 1")
def one_self_check(sample: Sample) -> None:
    sample.chapter = [cell for cell in sample.chapter if cell["source"] != question("which")["source"]]


@broken("asks_in_two_ways", "here of choice")
def self_checks_of_one_kind(sample: Sample) -> None:
    sample.chapter[3] = question("first")


for _title in ("On Monday morning", "Key terms", "Further reading"):

    @broken("has_the_closing_sections", f"`## {_title}` is missing")
    def no_closing_section(sample: Sample, title: str = _title) -> None:
        replace(sample, f"## {title}", "## Something")


@broken("has_the_closing_sections", "`## Key terms` is missing")
def a_closing_section_of_another_level(sample: Sample) -> None:
    replace(sample, "## Key terms", "### Key terms")


@broken("links_to_its_exercises", "must link")
def a_link_to_other_exercises(sample: Sample) -> None:
    replace(sample, "../exercises/sample.ipynb", "../exercises/other.ipynb")


@broken("links_to_its_exercises", "must link")
def a_link_to_a_wrong_folder(sample: Sample) -> None:
    replace(sample, "../exercises/sample.ipynb", "exercises/sample.ipynb")


@broken("keeps_the_metadata_contract", "got none")
def no_metadata(sample: Sample) -> None:
    sample.chapter_metadata.clear()


@broken("keeps_the_metadata_contract", "must have the keys")
def an_unknown_key(sample: Sample) -> None:
    sample.exercises_metadata["opsbook"]["author"] = "me"


@pytest.mark.parametrize("idea", ["A13", "B0", "C10", "C10e", "C14a", "D8", "E1", "a1"])
def test_ideas_outside_the_coverage_list_are_noticed(tmp_path: Path, idea: str) -> None:
    sample = Sample()
    sample.chapter_metadata["opsbook"]["covers"] = [idea]
    assert (
        f"{idea!r}, which is not in the coverage list"
        in found(sample.write(tmp_path))["keeps_the_metadata_contract"][0]
    )


@broken("keeps_the_metadata_contract", "at least one idea")
def no_coverage(sample: Sample) -> None:
    sample.chapter_metadata["opsbook"]["covers"] = []


@broken("keeps_the_metadata_contract", "no other chapter")
def a_required_chapter_that_does_not_exist(sample: Sample) -> None:
    sample.chapter_metadata["opsbook"]["requires"] = ["service-design"]


@broken("keeps_the_metadata_contract", "no other chapter")
def a_chapter_that_requires_itself(sample: Sample) -> None:
    sample.chapter_metadata["opsbook"]["requires"] = ["sample"]


@broken("keeps_the_metadata_contract", "`minutes`")
def minutes_in_words(sample: Sample) -> None:
    sample.chapter_metadata["opsbook"]["minutes"] = "five"


@broken("names_its_objectives", "must be called sample/2, got 'other/2'")
def an_objective_of_another_chapter(sample: Sample) -> None:
    sample.chapter_metadata["opsbook"]["objectives"][1]["id"] = "other/2"


@broken("names_its_objectives", "`id` and a `text`")
def an_objective_without_text(sample: Sample) -> None:
    del sample.chapter_metadata["opsbook"]["objectives"][1]["text"]


@broken("names_its_objectives", "stands 2 times")
def an_objective_twice(sample: Sample) -> None:
    sample.chapter_metadata["opsbook"]["objectives"][1]["id"] = "sample/1"


@broken("belongs_to_a_chapter", "must be the chapter's")
def an_objective_in_other_words(sample: Sample) -> None:
    sample.exercises_metadata["opsbook"]["objectives"][0]["text"] = "Compute something."


@broken("was_run_from_top_to_bottom", "run from 1 to 6, got [7, 1, 2, 3, 4, 5]")
def a_cell_run_late(sample: Sample) -> None:
    sample.chapter[2]["execution_count"] = 7


@broken("was_run_from_top_to_bottom", "run from 1 to")
def a_cell_with_a_gap_before_it(sample: Sample) -> None:
    sample.chapter.insert(2, code("   "))
    sample.chapter[2]["execution_count"] = 1
    sample.chapter[3]["execution_count"] = 2


@broken("shows_no_error", "cell 2 stopped with ValueError: no")
def an_error(sample: Sample) -> None:
    sample.chapter[2]["outputs"] = [{"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": []}]


def test_an_error_that_is_announced_may_stand(tmp_path: Path) -> None:
    sample = Sample()
    error = {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": []}
    sample.chapter.append(code("int('x')", "raises-exception", outputs=[error]))
    assert found(sample.write(tmp_path)) == {}


@broken("uses_known_tags", "'hide_input'")
def an_unknown_tag(sample: Sample) -> None:
    sample.chapter[2]["metadata"]["tags"] = ["hide_input"]


@broken("uses_known_tags", "'remove-input'")
def an_unknown_tag_on_text(sample: Sample) -> None:
    sample.exercises[0]["metadata"]["tags"] = ["remove-input"]


@broken("says_why_a_cell_is_not_compared", "nbval-skip without a reason")
def a_skipped_cell(sample: Sample) -> None:
    sample.chapter[2]["metadata"]["tags"] = ["nbval-skip"]


@broken("says_why_a_cell_is_not_compared", "nbval-ignore-output without a reason")
def a_cell_not_compared_for_a_blank_reason(sample: Sample) -> None:
    sample.chapter[2]["metadata"] |= {"tags": ["nbval-ignore-output"], "reason": " "}


def test_a_reason_is_enough(tmp_path: Path) -> None:
    sample = Sample()
    sample.chapter.append(code("now()", "nbval-ignore-output", reason="It tells the time."))
    assert found(sample.write(tmp_path)) == {}


@broken("stores_no_widget", "hold widget state")
def widget_state(sample: Sample) -> None:
    sample.chapter_metadata["widgets"] = {}


@broken("leaves_an_explorer_its_names", "cell 13 gives rate anew, which the explorer of cell 12 goes on using")
def a_name_used_again_behind_an_explorer(sample: Sample) -> None:
    model = "rate = 2\ndef waits(n):\n    return [rate * k for k in range(n)]\ndef model(n):\n    return waits(n)\n"
    sample.chapter += [code(f"{model}exercises.explore(model)"), code("rate = 3")]


@broken("links_without_roles", "write `[words](that.ipynb#far-away)`")
def a_role_for_another_notebook(sample: Sample) -> None:
    sample.chapter.append(text("As {ref}`told there <far-away>`."))


@broken("folds_no_formula_among_paragraphs", r"$2 \times 3$ stands in a fold")
def a_formula_in_a_fold(sample: Sample) -> None:
    step = "<details>\n<summary>The missing step</summary>\n\n$2 \\times 3$ hours.\n\n</details>"
    sample.chapter.append(text(f"<details>\n<summary>Try</summary>\n\n1. $1 + 1$\n\n{step}\n</details>"))


@broken("stores_no_widget", "cell 12 stores a widget")
def a_widget_view(sample: Sample) -> None:
    output(sample, "application/vnd.jupyter.widget-view+json", {"model_id": "1"})


@broken("stores_no_memory_address", "cell 12 stores at 0x7f3e0c")
def a_memory_address(sample: Sample) -> None:
    output(sample, "text/plain", ["<Styler\n", " at 0x7f3e0c>"])


@broken("stores_no_memory_address", "cell 12 stores at 0x7f3e0c")
def a_memory_address_in_a_stream(sample: Sample) -> None:
    printed = {"output_type": "stream", "name": "stdout", "text": "<object object at 0x7f3e0c>"}
    sample.chapter.append(code("print(object())", outputs=[printed]))


@broken("pastes_no_image", "image/png")
def a_pasted_image(sample: Sample) -> None:
    output(sample, "image/png", "iVBOR")


@broken("pastes_no_image", "text/html")
def an_image_inside_html(sample: Sample) -> None:
    output(sample, "text/html", "<img src='data:image/png;base64,iVBOR'>")


@broken("pastes_no_image", "cell 1 has an image pasted")
def an_attached_image(sample: Sample) -> None:
    sample.chapter[1]["attachments"] = {"a.png": {"image/png": "iVBOR"}}


for _mime in (ANIMATION, CHART, EXPLORER):

    @broken("describes_every_chart", "has no title")
    def a_chart_without_title(sample: Sample, mime: str = _mime) -> None:
        del spec_of(sample, mime)["title"]

    @broken("describes_every_chart", "has no description")
    def a_chart_without_description(sample: Sample, mime: str = _mime) -> None:
        spec_of(sample, mime)["description"] = " "

    @broken("describes_every_chart", "repeats its title")
    def a_chart_that_repeats_itself(sample: Sample, mime: str = _mime) -> None:
        spec_of(sample, mime)["description"] = "waiting is most of the visit."

    @broken("fetches_no_data_for_charts", "https://example.org/visits.csv")
    def a_chart_that_fetches_data(sample: Sample, mime: str = _mime) -> None:
        spec_of(sample, mime)["layer"] = [{"data": {"url": "https://example.org/visits.csv"}}]


@broken("fetches_no_data_for_charts", "//example.org/map.png")
def a_chart_that_fetches_a_picture(sample: Sample) -> None:
    spec_of(sample)["encoding"] = {"url": {"value": "//example.org/map.png"}}


REMOTE = [
    ("text/html", "<script src=https://example.org/a.js></script>"),
    ("text/html", '<img alt="" src="//example.org/a.png">'),
    ("text/html", '<link rel="stylesheet" href="http://example.org/a.css">'),
    ("text/html", "<style>@font-face { src: url('https://example.org/a.woff2') }</style>"),
    ("text/html", '<style>@import "https://example.org/a.css";</style>'),
    ("text/html", '<script type="module">import x from "https://example.org/a.js"</script>'),
    ("text/markdown", "![a picture](https://example.org/a.png)"),
    ("application/javascript", "fetch('https://example.org/a.json')"),
]


@pytest.mark.parametrize(("mime", "content"), REMOTE)
def test_whatever_asks_another_host_is_noticed(tmp_path: Path, mime: str, content: str) -> None:
    sample = Sample()
    output(sample, mime, content)
    assert "example.org" in found(sample.write(tmp_path))["asks_no_other_host"][0]


@broken("asks_no_other_host", "cell 12 makes the page fetch 'https://example.org/a.png'")
def a_remote_picture_in_the_text(sample: Sample) -> None:
    sample.chapter.append(text("![a picture](https://example.org/a.png)"))


def test_a_link_to_another_host_is_no_request(tmp_path: Path) -> None:
    sample = Sample()
    sample.chapter.append(text("See [the survey](https://example.org/survey) and https://example.org."))
    output(sample, "text/html", '<p><a href="https://example.org">the survey</a></p>')
    assert found(sample.write(tmp_path)) == {}


@broken("tags_deeper_sections", "cell 7 stands in a deeper section and needs the tag")
def a_deeper_cell_without_tag(sample: Sample) -> None:
    sample.chapter[7]["metadata"] = {}


@broken("tags_deeper_sections", "cell 8 stands in a deeper section and needs the tag")
def a_deeper_part_without_tag(sample: Sample) -> None:
    sample.chapter[8]["metadata"] = {}


@broken("tags_deeper_sections", "cell 9 carries the tag `deeper` outside")
def a_core_cell_with_the_tag(sample: Sample) -> None:
    sample.chapter[9]["metadata"]["tags"] = ["deeper"]


@broken("tags_deeper_sections", "must begin its own cell; cell 6")
def a_deeper_section_that_begins_inside_a_cell(sample: Sample) -> None:
    replace(sample, "## Deeper", "Core words.\n\n## Deeper")


@broken("tags_deeper_sections", "must begin its own cell, not cell 8")
def a_deeper_section_that_ends_inside_a_cell(sample: Sample) -> None:
    replace(sample, "Still deeper.", "Still deeper.\n\n## Core again")


def test_a_deeper_section_may_be_the_last(tmp_path: Path) -> None:
    sample = Sample()
    sample.chapter += [text("(more)=\n## Deeper: more", "deeper"), code("2", "deeper")]
    assert found(sample.write(tmp_path)) == {}


@broken("asks_questions_of_the_bank", "'sample/lost', which is in no bank")
def a_question_in_no_bank(sample: Sample) -> None:
    sample.chapter.append(question("lost"))


@broken("asks_questions_of_the_bank", "pool does not allow it here")
def an_exam_question_in_the_chapter(sample: Sample) -> None:
    sample.chapter.append(question("exam"))


@broken("asks_questions_of_the_bank", "is asked 2 times")
def a_question_asked_twice(sample: Sample) -> None:
    sample.chapter.append(question("which"))


@broken("has_eight_to_fifteen_items", "7: 5 questions and 2 graded cells")
def too_few_items(sample: Sample) -> None:
    del sample.exercises[1]


@broken("has_eight_to_fifteen_items", "16: 6 questions and 10 graded cells")
def too_many_items(sample: Sample) -> None:
    sample.exercises += [text("Why?", **grade(f"more-{n}", grade=True, solution=True, points=1)) for n in range(8)]


def test_a_code_question_and_its_check_are_one_item(tmp_path: Path) -> None:
    sample = Sample()
    sample.exercises += [text("Why?", **grade(f"more-{n}", grade=True, solution=True, points=1)) for n in range(7)]
    assert found(sample.write(tmp_path)) == {}


@broken("serves_every_objective", "objective sample/3 is served by no item")
def an_objective_without_item(sample: Sample) -> None:
    sample.bank[1]["objective"] = "sample/2"


@broken("serves_every_objective", "cell 7 names the objective 'sample/9'")
def an_item_without_objective(sample: Sample) -> None:
    sample.exercises[7]["metadata"]["opsbook"]["objective"] = "sample/9"


def test_a_task_can_serve_an_objective(tmp_path: Path) -> None:
    sample = Sample()
    sample.bank[1]["objective"] = "sample/2"
    sample.exercises[9]["metadata"]["opsbook"] = {"objective": "sample/3"}
    assert found(sample.write(tmp_path)) == {}


@broken("checks_every_code_question", 'must call `check_code("sample/half", globals())`')
def a_code_question_without_check(sample: Sample) -> None:
    sample.exercises[8]["source"] = "exercises.check(half, 2)"


@broken("checks_every_code_question", "cell 7 asks 'sample/half', so a cell below")
def a_check_above_its_question(sample: Sample) -> None:
    sample.exercises.insert(6, sample.exercises.pop(8))


@broken("checks_every_code_question", "cell 8 checks 'sample/share', which the notebook does not ask")
def a_check_of_another_question(sample: Sample) -> None:
    sample.exercises[8]["source"] = sample.exercises[8]["source"].replace("/half", "/share")
    del sample.exercises[1]
    sample.exercises.insert(1, text("Skipped."))


@broken("checks_every_code_question", "cell 8 gives 3 points for 'sample/half', which is worth 2 in the bank")
def a_check_worth_more_than_its_question(sample: Sample) -> None:
    sample.exercises[8]["metadata"]["nbgrader"]["points"] = 3


@broken("has_sound_grading_metadata", "stands 2 times")
def a_grade_id_twice(sample: Sample) -> None:
    sample.exercises[8]["metadata"]["nbgrader"]["grade_id"] = "half"


@broken("has_sound_grading_metadata", "`grade_id` must be one word")
def a_grade_id_with_spaces(sample: Sample) -> None:
    sample.exercises[7]["metadata"]["nbgrader"]["grade_id"] = "the half"


@broken("has_sound_grading_metadata", "`solution` to be true or false, got 'yes'")
def a_flag_in_words(sample: Sample) -> None:
    sample.exercises[7]["metadata"]["nbgrader"]["solution"] = "yes"


@broken("has_sound_grading_metadata", "`schema_version` must be 3")
def an_old_schema(sample: Sample) -> None:
    sample.exercises[7]["metadata"]["nbgrader"]["schema_version"] = 1


@broken("has_sound_grading_metadata", "both graded and a solution")
def a_text_that_is_only_graded(sample: Sample) -> None:
    sample.exercises[9]["metadata"]["nbgrader"]["solution"] = False


@broken("gives_points_to_what_is_graded", "needs `points`")
def a_graded_cell_without_points(sample: Sample) -> None:
    del sample.exercises[8]["metadata"]["nbgrader"]["points"]


@broken("gives_points_to_what_is_graded", "only a graded cell")
def points_for_nothing(sample: Sample) -> None:
    sample.exercises[7]["metadata"]["nbgrader"]["points"] = 2


@broken("closes_every_solution", "begun and never ended")
def a_solution_without_end(sample: Sample) -> None:
    sample.exercises[7]["source"] = sample.exercises[7]["source"].replace("### END SOLUTION", "")


@broken("closes_every_solution", "stands in the wrong place")
def a_solution_without_beginning(sample: Sample) -> None:
    sample.exercises[7]["source"] = sample.exercises[7]["source"].replace("### BEGIN SOLUTION", "")


@broken("closes_every_solution", "stands in the wrong place")
def a_solution_that_ends_as_a_test(sample: Sample) -> None:
    sample.exercises[7]["source"] = sample.exercises[7]["source"].replace("END SOLUTION", "END HIDDEN TESTS")


@broken("closes_every_solution", "is not a marker. Write `### BEGIN SOLUTION`")
def a_marker_misspelt(sample: Sample) -> None:
    sample.exercises[7]["source"] = sample.exercises[7]["source"].replace("### BEGIN", "## Begin")


@broken("closes_every_solution", "is not a marker. Write `### BEGIN HIDDEN TESTS`")
def a_test_marker_misspelt(sample: Sample) -> None:
    sample.exercises[8]["source"] = sample.exercises[8]["source"].replace("BEGIN HIDDEN TESTS", "BEGIN HIDDEN TEST")


@broken("closes_every_solution", "work in code cells only")
def a_marker_in_the_text(sample: Sample) -> None:
    sample.exercises[9]["source"] = "### BEGIN SOLUTION\nThis one.\n### END SOLUTION"


@broken("closes_every_solution", "must say `solution: true`")
def a_solution_that_the_grader_does_not_know(sample: Sample) -> None:
    sample.exercises[7]["metadata"] = {}


@broken("closes_every_solution", "must say `grade: true`")
def hidden_tests_that_the_grader_does_not_know(sample: Sample) -> None:
    sample.exercises[8]["metadata"] = {}


@broken("closes_every_solution", "learners would get it whole")
def a_solution_without_markers(sample: Sample) -> None:
    sample.exercises[7]["source"] = "half = 2"


@broken("asks_for_objectives_that_exist", "sample/first: no chapter or page has the objective 'sample/7'")
def a_question_for_no_objective(sample: Sample) -> None:
    sample.bank[2]["objective"] = "sample/7"


@broken("banks_repeat_the_objectives", "exercises/bank/sample.yml: `objectives` must be the chapter's")
def an_objective_in_other_words_in_the_bank(sample: Sample) -> None:
    sample.bank_objectives[1]["text"] = "Tell waiting from work."


@broken("banks_repeat_the_objectives", "word for word; they are not")
def a_bank_without_objectives(sample: Sample) -> None:
    sample.bank_objectives.clear()


@broken("points_to_sections_that_exist", "sample/first: the chapter has no label `(sample-end)=`")
def a_question_for_no_section(sample: Sample) -> None:
    sample.bank[2]["section"] = "sample-end"


@broken("banks_repeat_the_objectives", "exercises/bank/primer.yml: `objectives` must be the chapter's")
def an_objective_in_other_words_on_a_page(sample: Sample) -> None:
    sample.page = sample.page.replace("Read a ratio", "Write a ratio")


@broken("points_to_sections_that_exist", "primer/ratio: the chapter has no label `(primer-ratio)=`")
def a_question_for_no_section_of_a_page(sample: Sample) -> None:
    sample.page = sample.page.replace("(primer-ratio)=", "(primer-rate)=")


@broken("lists_every_idea", "must list C10a once, and lists it 0 times")
def an_idea_that_is_not_listed(sample: Sample) -> None:
    sample.coverage = [each for each in sample.coverage if each["id"] != "C10a"]


@broken("lists_every_idea", "must list B2 once, and lists it 2 times")
def an_idea_listed_twice(sample: Sample) -> None:
    sample.coverage.append({"id": "B2", "idea": "Again"})


@broken("lists_every_idea", "lists 'C10', which is no idea of the course")
def an_unknown_idea_in_the_list(sample: Sample) -> None:
    sample.coverage.append({"id": "C10", "idea": "All four challenges"})


@broken("lists_every_idea", "does not say what the idea A1 is")
def an_idea_without_words(sample: Sample) -> None:
    sample.coverage[0]["idea"] = " "


@broken("gives_every_idea_a_home", "the idea D6 is taught nowhere")
def an_idea_that_nobody_teaches(sample: Sample) -> None:
    sample.chapter_metadata["opsbook"]["covers"].remove("D6")
    sample.exercises_metadata["opsbook"]["covers"].append("D6")


@broken("gives_every_idea_a_home", "the idea D7 is taught nowhere")
def an_idea_that_its_page_forgets(sample: Sample) -> None:
    sample.page = sample.page.replace("  covers: [D7]\n", "")


@broken("gives_every_idea_a_home", "the idea D7 is taught nowhere")
def an_idea_on_a_page_outside_the_contents(sample: Sample) -> None:
    sample.contents.remove("book/primer")


@broken("gives_every_idea_a_home", "the idea A2 has one home, and chapters/sample.ipynb and book/primer.md name it")
def an_idea_with_two_homes(sample: Sample) -> None:
    sample.page = sample.page.replace("[D7]", "[D7, A2]")


@broken("gives_every_idea_a_home", "book/primer.md: `covers` names 'D8'")
def an_unknown_idea_on_a_page(sample: Sample) -> None:
    sample.page = sample.page.replace("[D7]", "[D7, D8]")


def test_an_idea_may_be_shown_in_several_places_where_the_list_says_so(tmp_path: Path) -> None:
    sample = Sample()
    sample.page = sample.page.replace("[D7]", "[D7, C14]")
    next(each for each in sample.coverage if each["id"] == "C14")["several"] = True
    assert found(sample.write(tmp_path)) == {}


@broken("practises_what_its_chapter_covers", "`covers` names 'D7', which its chapter does not")
def an_idea_that_only_exercises_have(sample: Sample) -> None:
    sample.exercises_metadata["opsbook"]["covers"].append("D7")


def chapter(sample: Sample, name: str, *requires: str) -> None:
    """Add a chapter that requires others and has little else."""
    sample.further_chapters[name] = {"covers": [], "requires": list(requires), "objectives": [], "minutes": 5}


@broken("puts_every_chapter_into_the_contents", "must list chapters/sample once, and lists it 0 times")
def a_chapter_outside_the_contents(sample: Sample) -> None:
    sample.contents.remove("chapters/sample")


@broken("puts_every_chapter_into_the_contents", "must list chapters/sample once, and lists it 2 times")
def a_chapter_twice_in_the_contents(sample: Sample) -> None:
    sample.contents.append("chapters/sample")


@broken("puts_every_chapter_into_the_contents", "lists chapters/gone, and there is no such notebook")
def a_chapter_in_the_contents_alone(sample: Sample) -> None:
    sample.contents.append("chapters/gone")


@broken("requires_nothing_that_comes_later", "chapters/sample.ipynb requires 'second', which comes later")
def a_chapter_that_requires_the_next(sample: Sample) -> None:
    chapter(sample, "second")
    sample.contents.append("chapters/second")
    sample.chapter_metadata["opsbook"]["requires"] = ["second"]


@broken("requires_nothing_that_comes_later", "exercises/sample.ipynb requires 'second', which comes later")
def exercises_that_require_the_next_chapter(sample: Sample) -> None:
    chapter(sample, "second")
    sample.contents.append("chapters/second")
    sample.exercises_metadata["opsbook"]["requires"] = ["sample", "second"]


@broken("requires_in_no_circle", "chapters/sample.ipynb requires itself by way of others (sample, second, third)")
def chapters_that_require_each_other(sample: Sample) -> None:
    chapter(sample, "second", "third")
    chapter(sample, "third", "sample")
    sample.chapter_metadata["opsbook"]["requires"] = ["second"]


def test_a_chapter_may_require_those_before_it(tmp_path: Path) -> None:
    sample = Sample()
    chapter(sample, "second", "sample")
    chapter(sample, "third", "second", "sample")
    sample.contents += ["chapters/second", "chapters/third"]
    rules = {"requires_nothing_that_comes_later", "requires_in_no_circle", "puts_every_chapter_into_the_contents"}
    assert rules.isdisjoint(found(sample.write(tmp_path)))


@pytest.mark.parametrize("key", ["0.25", "1 / 4", "min(1, 2) / 8", "contact_extent(1, 4)", "charts.titled(1)", "1 +"])
def test_a_typed_key_is_noticed(tmp_path: Path, key: str) -> None:
    sample = Sample()
    sample.bank[-1]["answer"] = key
    said = found(sample.write(tmp_path))
    assert said == {
        "computes_every_numeric_key": [f"sample/exam: the key {key!r} uses no `given` and no opsbook call; compute it."]
    }


@broken("computes_every_numeric_key", "sample/share: the key '2 / 10'")
def a_given_that_the_key_leaves_out(sample: Sample) -> None:
    sample.bank[0]["answer"] = "2 / 10"


@broken("computes_every_numeric_key", "sample/share: the key 'tenth / 10'")
def a_key_of_further_names_that_leave_the_given_out(sample: Sample) -> None:
    sample.bank[0] |= {"let": {"one": "2 / 2", "tenth": "one"}, "answer": "tenth / 10"}


def test_a_key_may_take_what_is_given_by_way_of_further_names(tmp_path: Path) -> None:
    sample = Sample()
    sample.bank[0] |= {"let": {"twice": "2 * wait", "tenth": "twice / 20"}, "answer": "tenth / 1"}
    assert found(sample.write(tmp_path)) == {}


@broken("answers_every_wrong_option", "sample/first: the wrong answer 'no' has no feedback")
def a_wrong_option_without_feedback(sample: Sample) -> None:
    del sample.bank[2]["options"][0]["feedback"]


@broken("answers_every_wrong_option", "sample/share: the wrong answer 'upside-down'")
def a_mistake_without_feedback(sample: Sample) -> None:
    sample.bank[0]["mistakes"][0]["feedback"] = " "


@broken("cites_only_known_works", "chapters/sample.ipynb cites 'nobody1999'")
def a_citation_of_nothing(sample: Sample) -> None:
    replace(sample, "larson1987", "larson1987,nobody1999")


@broken("cites_only_known_works", "exercises/sample.ipynb cites 'nobody1999'")
def a_citation_of_nothing_in_an_output(sample: Sample) -> None:
    sample.exercises.append(code("Markdown(words)", outputs=[shown("text/markdown", "As {cite}`nobody1999` says.")]))


@broken("cites_only_known_works", "book/evidence.yml cites 'nobody1999'")
def a_citation_of_nothing_in_the_ledger(sample: Sample) -> None:
    sample.evidence = sample.evidence.replace("buell2017", "buell2017, nobody1999")


@broken("lists_each_work_once_and_cites_it", "'maister1985', which nothing cites")
def a_work_that_nothing_cites(sample: Sample) -> None:
    replace(sample, "; see {cite:t}`maister1985`", "\n\n```\n{cite:t}`maister1985`\n```\n")


@broken("lists_each_work_once_and_cites_it", "'larson1987' 2 times")
def a_work_twice(sample: Sample) -> None:
    sample.bibliography += "@book{larson1987, title = {Again}}\n"


@broken("defines_every_term", "chapters/sample.ipynb uses the term 'queue'")
def a_term_without_definition(sample: Sample) -> None:
    replace(sample, "{term}`visit`", "{term}`visit` and {term}`the queues <queue>`")


@broken("uses_every_term", "'queue', which no chapter uses")
def a_term_that_only_exercises_use(sample: Sample) -> None:
    sample.glossary = sample.glossary.replace("visit\n", "queue\n    Who waits.\n\nvisit\n", 1)
    sample.exercises.append(text("{term}`queue`"))


@broken("leads_every_term_to_its_section", "from 'visit' to a section of a chapter that uses the {term}")
def a_term_without_a_section(sample: Sample) -> None:
    sample.glossary = sample.glossary.replace(" See {ref}`sample-wait`.", "")


@broken("leads_every_term_to_its_section", "got elsewhere")
def a_term_that_leads_to_no_chapter(sample: Sample) -> None:
    sample.glossary = sample.glossary.replace("sample-wait", "elsewhere")


@pytest.mark.parametrize(
    ("rule", "says", "spoil"),
    [pytest.param(rule, says, spoil, id=f"{rule}-{name}") for rule, says, name, spoil in BROKEN],
)
def test_the_rule_notices(tmp_path: Path, rule: str, says: str, spoil: Spoil) -> None:
    sample = Sample()
    spoil(sample)
    problems = found(sample.write(tmp_path)).get(rule, [])
    assert [problem for problem in problems if says in problem], listed(problems)


def test_an_exercise_notebook_needs_its_chapter_and_the_other_way_round(tmp_path: Path) -> None:
    Sample().write(tmp_path)
    (tmp_path / "chapters" / "sample.ipynb").rename(tmp_path / "chapters" / "other.ipynb")
    said = found(read(tmp_path))
    assert any("there is no chapters/sample.ipynb" in problem for problem in said["belongs_to_a_chapter"])
    assert any("exercise notebook of its name" in problem for problem in said["links_to_its_exercises"])


def test_every_rule_is_shown_to_fail() -> None:
    shown_above = {rule for rule, *_ in BROKEN}
    assert shown_above == {*FOR_CHAPTERS, *FOR_EXERCISES, *FOR_NOTEBOOKS, *FOR_THE_COURSE}
