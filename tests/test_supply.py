"""The bill of materials names everything that the lock installs, with its hashes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from bench.sbom import sbom

ROOT: Final = Path(__file__).parent.parent
PROJECT: Final = {"name": "frontdesk", "version": "0.1.0"}


def test_the_bill_of_materials_is_complete_and_the_same_every_time() -> None:
    """Every pinned package once, each with at least one hash, in a document that names its format."""
    lock = (ROOT / "requirements.lock").read_text()
    bill = sbom(lock, PROJECT)
    pinned = re.findall(r"^([\w.-]+)==", lock, re.MULTILINE)
    assert [component["name"] for component in bill["components"]] == pinned
    assert all(component["hashes"] for component in bill["components"])
    assert len(re.findall("--hash=", lock)) == sum(len(each["hashes"]) for each in bill["components"])
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill == sbom(lock, PROJECT)


def test_a_marker_or_an_old_name_spoils_no_entry() -> None:
    """Names are spelt as package URLs want them; what stands after the version is no part of it."""
    lock = "Zope_Thing==1.0 ; python_version < '3.12' \\\n    --hash=sha256:" + "a" * 64 + "\n"
    (component,) = sbom(lock, PROJECT)["components"]
    assert component["purl"] == "pkg:pypi/zope-thing@1.0"
    assert component["hashes"] == [{"alg": "SHA-256", "content": "a" * 64}]
