"""The widget's modules become one file."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.widget.adapter import load


def write(folder: Path, **modules: str) -> Path:
    for name, source in modules.items():
        (folder / f"{name}.js").write_text(source, "utf-8")
    return folder


def test_each_module_comes_once_and_after_what_it_imports(tmp_path: Path) -> None:
    write(
        tmp_path,
        v1='/** Why. */\nimport {\n  a,\n  b,\n} from "./a.js";\n'
        'import { c } from "./c.js";\na(c);\n',
        a='import { c } from "./c.js";\nexport function a() {}\nexport const b = c;\n',
        c="export class c {}\n",
    )
    whole = load(tmp_path)
    assert whole.content == b"class c {}\nfunction a() {}\nconst b = c;\na(c);\n"


def test_a_change_of_any_module_is_another_version(tmp_path: Path) -> None:
    write(tmp_path, v1='import { a } from "./a.js";\na();\n', a="export function a() {}\n")
    before = load(tmp_path).version
    write(tmp_path, a="export function a() { return 1; }\n")
    assert load(tmp_path).version != before


def test_a_name_that_two_modules_declare_is_refused(tmp_path: Path) -> None:
    write(tmp_path, v1='import { a } from "./a.js";\nconst LIMIT = a;\n', a="const LIMIT = 1;\n")
    with pytest.raises(ValueError, match="LIMIT"):
        load(tmp_path)
