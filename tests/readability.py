"""Prints the tables of docs/figures.md about readability: python -m tests.readability."""

import sys

from tests import prose, sources, test_rooms, test_tidy


def rules() -> list[str]:
    """The rows about sizes, names and floors: the highest of each figure, its bound, and the test that holds it."""
    floors = sources.kit_floors()
    figures = [
        ("lines of the longest module", longest(test_tidy.module_lines()), test_tidy.MODULE_LINES_MAX, "test_tidy"),
        (
            "lines of the longest function",
            longest(test_tidy.function_lines()),
            test_tidy.FUNCTION_LINES_MAX,
            "test_tidy",
        ),
        ("retired names in use", len({name for _, _, name in test_tidy.retired()}), 0, "test_tidy"),
        (f"floors of the kit's {len(floors)} wings", max(floors.values()), test_rooms.FLOORS_MAX, "test_rooms"),
        ("imports from a wing of the kit to a later one", len(test_rooms.arrows_back_up()), 0, "test_rooms"),
    ]
    rows = [
        f"| {figure} | {today} | {bound} | [tests/{test}.py](../tests/{test}.py) |"
        for figure, today, bound, test in figures
    ]
    return ["| figure | today | bound | held by |", "|---|---|---|---|", *rows]


def longest(sizes: list[tuple[str, int]]) -> int:
    """The highest number of lines."""
    return max(lines for _, lines in sizes)


def folders() -> list[str]:
    """The rows about prose: for each folder its words, its constructions in 1,000 words, and its short docstrings."""
    kinds = list(prose.TWICE_READ)
    rows = [f"| folder | words | {' | '.join(kinds)} | sum | docstrings | of three words or fewer |"]
    rows.append("|---" * (len(kinds) + 5) + "|")
    for folder, files in prose.by_folder().items():
        counted = prose.counted(files)
        short, total = prose.short_docstrings(files)
        rates = [f"{counted.per_thousand(*some):.1f}" for some in (*((kind,) for kind in kinds), kinds)]
        share = f"{len(short) / total:.1%}" if total else "-"
        name = "documents at the top" if folder == "." else f"`{folder}`"
        rows.append(f"| {name} | {counted.words:,} | {' | '.join(rates)} | {total:,} | {share} |")
    return rows


if __name__ == "__main__":
    sys.stdout.write("\n".join([*rules(), "", *folders(), ""]))
