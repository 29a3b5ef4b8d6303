"""The page in one file, and how its modules find each other."""

import base64
import gzip
import json
import re
from pathlib import Path

import numpy as np
import pytest

import byhand
from byhand.data.datasets import Dataset
from byhand.model import SHIPPED
from byhand.web.page.assets import FOLDER


def test_the_exported_page_needs_nothing_else(tmp_path: Path, data: Dataset) -> None:
    from byhand.web.page.export import WORKER, Carried, export_page
    from byhand.web.page.facts import FACTS

    model = byhand.Model.load()
    path = tmp_path / "page.html"
    export_page(model, data, path)
    text = path.read_text()
    assert (
        re.search(r"""(src|href)=["']?(?!/["'])(/|http|\.)""", re.sub(r"<script.*?</script>", "", text, flags=re.S))
        is None
    )
    assert "default-src &#x27;none&#x27;" in text
    assert "<link" not in text
    given, facts = (
        json.loads(re.findall(rf'<script type="application/json" id="{name}">(.*?)</script>', text, re.S)[0])
        for name in ("facts", "exported")
    )
    assert given == {**json.loads(json.dumps(FACTS)), "shared": False, "start": {"epochs": 10, "validation": 42}}
    worker = facts["worker"]
    assert not re.search(r"^\s*(import|export)\b", worker, re.M)
    assert facts == Carried.of(model, data).as_json(worker)
    assert base64.b64decode(facts["model"]) == SHIPPED.read_bytes()
    for name, split, places in (("images", data.test, facts["indices"]), ("train", data.train, list(range(300)))):
        packed = gzip.decompress(base64.b64decode(facts[name]))
        records = np.frombuffer(packed, np.uint8).reshape(len(places), 785)
        assert (records[:, 1:].reshape(-1, 28, 28) == split.images[places]).all()
        assert (records[:, 0] == split.labels[places]).all()
    assert facts["indices"] == list(range(500))
    assert facts["judged"] == 500
    links = json.loads(re.findall(r'<script type="importmap">(.*?)</script>', text, re.S)[0])["imports"]
    assert {"byhand/main.js", "byhand/learn/view.js", "byhand/file/answers.js"} <= set(links)
    assert f"byhand/{WORKER}" not in links
    for link in links.values():
        module = base64.b64decode(link.partition(",")[2]).decode()
        for called in re.findall(r"""^import\b[^;]*?["']([^"']+)["'];""", module, re.M):
            assert called in links
    for sheet in ("learn/learn.css", "judge/judge.css", "charts/figures.css"):
        assert text.count((FOLDER / sheet).read_text()) == 1


@pytest.mark.slow
def test_the_exported_page_is_small_and_carries_the_most_telling_images(tmp_path: Path, mnist: Dataset) -> None:
    from byhand.web.page.export import Carried, export_page

    model, path = byhand.Model.load(), tmp_path / "page.html"
    export_page(model, mnist, path)
    assert path.stat().st_size < 3_000_000
    carried = Carried.of(model, mnist)
    assert carried.indices[: carried.judged].tolist() == list(range(carried.judged))
    assert carried.judged >= 900
    assert len(carried.train) >= 1800
    worst = byhand.evaluate(model, mnist.test).mistakes[:12]
    assert set(worst.tolist()) <= set(carried.indices.tolist())


def test_a_page_without_a_head_is_refused(tmp_path: Path, data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    from byhand.web.page import export
    from byhand.web.page.assets import INDEX, page_files

    files = page_files()
    monkeypatch.setattr(export, "page_files", lambda: {**files, INDEX: files[INDEX].replace(b"</head>", b"")})
    with pytest.raises(byhand.ByhandError, match=rf"{INDEX}: has no head; byhand is not installed soundly"):
        export.export_page(byhand.Model.load(), data, tmp_path / "page.html")
    assert not list(tmp_path.iterdir())


def test_modules_call_each_other_by_name() -> None:
    from byhand.web.page.modules import needed, renamed

    texts = {
        "main.js": 'import { a } from "./a.js";\nimport("./views/draw.js");\nimport("./views/learn.js");\n',
        "a.js": '/** @typedef {import("./types.js").T} T */\nexport { b } from "./words/b.js";\n',
        "words/b.js": "import '../c.js';\n// import './never.js'\n",
        "c.js": "",
        "types.js": "",
        "unused.js": "",
        "views/draw.js": 'import { b }\n  from "../words/b.js";\n',
        "views/learn.js": "",
    }
    assert needed(texts, ["main.js"], later=False) == ["a.js", "c.js", "main.js", "words/b.js"]
    names = needed(texts, ["main.js"], later=True, without=["views/learn.js"])
    assert names == ["a.js", "c.js", "main.js", "views/draw.js", "words/b.js"]
    modules = {name: renamed(name, texts[name], "byhand/{}".format) for name in names}
    assert 'from "byhand/a.js"' in modules["main.js"]
    assert 'import("byhand/views/draw.js")' in modules["main.js"]
    assert "import 'byhand/c.js'" in modules["words/b.js"]
    assert 'from "byhand/words/b.js"' in modules["views/draw.js"]
    with pytest.raises(byhand.ByhandError, match=r"c\.js"):
        needed({name: text for name, text in texts.items() if name != "c.js"}, ["main.js"], later=False)


def test_a_module_and_all_that_it_calls_become_one() -> None:
    from byhand.web.page.modules import in_one

    texts = {
        "a/main.js": '// It begins.\nimport { b, c as d } from "../b.js";\nimport * as all from "./c.js";\n'
        "/** @param {number} x */\nexport default { run: (x) => [b(x), d, all.twice(all.A)] };\n",
        "b.js": 'import { A } from "./a/c.js";\nconst twice = 1;\n'
        "export function b(x) {\n  return x + A + twice; // a remark\n}\nexport const c = 'c';\n",
        "a/c.js": "/**\n * Not import { this } from './that.js';\n */\nexport const A = 10;\n"
        "export async function later() {}\nconst twice = (x) => 2 * x;\nexport { twice };\n",
        "unused.js": "export const never = 0;\n",
    }
    one = in_one(texts, "a/main.js")
    assert not re.search(r"^import|never|It begins|@param|Not import", one, re.MULTILINE)
    assert one.index("const A = 10") < one.index("function b(x)") < one.index("export default")
    assert one.count("export") == 1
    with pytest.raises(byhand.ByhandError, match=r"c\.js"):
        in_one({name: text for name, text in texts.items() if name != "a/c.js"}, "a/main.js")
