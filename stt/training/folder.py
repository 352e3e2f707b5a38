"""The model's folder as it is shipped: the five files of faster-whisper, and what SkillRally must know of them."""

import hashlib
import json
from pathlib import Path

from stt.training.corpus import LANGUAGES
from stt.training.evaluate import MARGIN_S
from stt.training.model import Checkpoint, export

FILES = ("config.json", "model.bin", "preprocessor_config.json", "tokenizer.json", "vocabulary.json")


def write_folder(checkpoint: Path, folder: Path) -> None:
    """Export *checkpoint*, and describe the files in `skillrally.json`."""
    export(Checkpoint.load(checkpoint), folder)
    about = {
        "name": "SkillRally rehearsal",
        "window": "dynamic",
        "margin_s": MARGIN_S,
        # It never saw any in training, and hears worse with them.
        "prompts": False,
        "languages": LANGUAGES,
        "sha256": {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES},
    }
    (folder / "skillrally.json").write_text(json.dumps(about, indent=2) + "\n")
