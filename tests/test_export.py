"""The page in one file, and how its modules find each other."""

import base64
import json
import re
from pathlib import Path

import numpy as np
import pytest

import byhand
from byhand.data.datasets import Dataset
from byhand.model import SHIPPED


def test_the_exported_page_needs_nothing_else(tmp_path: Path, data: Dataset) -> None:
    from byhand.web.page.export import HIDDEN, carried, export_page

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
    data_blocks = re.findall(r'<script type="application/json" id="exported">(.*?)</script>', text, re.S)
    assert len(data_blocks) == 1
    facts = json.loads(data_blocks[0])
    assert facts == json.loads(json.dumps(carried(model, data.test)))
    assert base64.b64decode(facts["model"]) == SHIPPED.read_bytes()
    records = np.frombuffer(base64.b64decode(facts["images"]), np.uint8).reshape(len(facts["indices"]), 785)
    assert (records[:, 1:].reshape(-1, 28, 28) == data.test.images[facts["indices"]]).all()
    assert (records[:, 0] == data.test.labels[facts["indices"]]).all()
    assert set(records[:, 0].tolist()) == set(range(10))
    assert set(facts["hidden"]) == set(HIDDEN)
    links = json.loads(re.findall(r'<script type="importmap">(.*?)</script>', text, re.S)[0])["imports"]
    assert "byhand/main.js" in links
    for link in links.values():
        module = base64.b64decode(link.partition(",")[2]).decode()
        for called in re.findall(r"""^import\b[^;]*?["']([^"']+)["'];""", module, re.M):
            assert called in links


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
