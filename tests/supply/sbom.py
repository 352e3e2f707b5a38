"""`python -m tests.supply.sbom [FILE]`: what a running bot is made of, as CycloneDX 1.6, on stdout or to a file.

    requirements.lock -> name, version, hashes        installed packages -> licence

The same lock gives the same list, with the same serial number; there is no time in it. A package that this machine does
not install (another system's) is on it without a licence.
"""

# What builds the library's classes hides their types.
# pyright: basic, reportAttributeAccessIssue=false, reportArgumentType=false, reportReturnType=false, reportCallIssue=false

from __future__ import annotations

import json
import sys
from importlib import metadata
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from tests.supply.lock import Pin, pins

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements.lock"
NAME, VERSION = "skillrally-discord", "0.1.0"


def licence_of(name: str) -> str:
    """What an installed package says of its licence: an SPDX expression or a name; empty if it says nothing short."""
    try:
        said = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return ""
    expression = said.get("License-Expression")
    if expression:
        return expression
    classes = [each.rpartition(" :: ")[2] for each in said.get_all("Classifier") or () if each.startswith("License ::")]
    short = (said.get("License") or "").strip()
    return ", ".join(classes) or (short if 0 < len(short) < 60 and "\n" not in short else "")


def component(pin: Pin) -> Component:
    """A package as the list has it."""
    purl = PackageURL("pypi", None, pin.name.lower().replace("_", "-"), pin.version)
    licence = licence_of(pin.name)
    return Component(
        type=ComponentType.LIBRARY,
        name=pin.name,
        version=pin.version,
        purl=purl,
        bom_ref=str(purl),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in sorted(pin.sha256)[:1]],
        properties=[Property(name="skillrally:only-if", value=pin.only_if)] if pin.only_if else [],
        licenses=[LicenseFactory().make_from_string(licence)] if licence else [],
    )


def sbom(lock: Path = LOCK) -> str:
    """The list, as JSON."""
    listed = pins(lock)
    bom = Bom(serial_number=uuid5(NAMESPACE_URL, f"{NAME}@{VERSION}?{lock.read_text(encoding='utf-8')}"))
    root = Component(type=ComponentType.APPLICATION, name=NAME, version=VERSION, bom_ref=NAME)
    bom.metadata.component = root
    parts = [component(pin) for pin in listed]
    for part in parts:
        bom.components.add(part)
    bom.register_dependency(root, parts)
    listing = json.loads(JsonV1Dot6(bom).output_as_string())
    del listing["metadata"]["timestamp"]
    return json.dumps(listing, indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(sbom(), encoding="utf-8")
    else:
        sys.stdout.write(sbom())
