"""What the house is made of, as a CycloneDX document, from the lock alone: no network, the same every time.

    python -m bench.sbom requirements.lock > sbom.json

https://cyclonedx.org/docs/1.6/json/
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

_ENTRY: Final = re.compile(
    r"^(?P<name>[\w.-]+)==(?P<version>[^\s;\\]+)[^\n]*(?P<hashes>(?:\n +--hash=\S+.*)*)", re.M
)
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def components(lock: str) -> Iterator[dict[str, Any]]:
    """One for each pinned package, with the hashes that its installation is checked against."""
    for entry in _ENTRY.finditer(lock):
        purl = f"pkg:pypi/{entry['name'].lower().replace('_', '-')}@{entry['version']}"
        yield {
            "type": "library",
            "bom-ref": purl,
            "name": entry["name"],
            "version": entry["version"],
            "purl": purl,
            "hashes": [{"alg": "SHA-256", "content": each} for each in _HASH.findall(entry["hashes"])],
        }


def sbom(lock: str, project: dict[str, Any]) -> dict[str, Any]:
    found = list(components(lock))
    serial = uuid.uuid5(uuid.NAMESPACE_URL, lock)  # the same lock is the same document
    own = {"type": "application", "name": project["name"], "version": project["version"]}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {"component": own},
        "components": found,
    }


if __name__ == "__main__":
    described = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    print(json.dumps(sbom(Path(sys.argv[1]).read_text(), described), indent=2))
