"""`python -m stt.training corpus | train | export | evaluate | speak`: see README.md."""

# ruff: noqa: PLC0415 - see below.

import argparse
import logging
import sys
from pathlib import Path

_SHARDS, _RECORDINGS = 6, 2500
_STEPS = 4700


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m stt.training", description="Make the rehearsal's model.")
    commands = parser.add_subparsers(dest="command", required=True)

    corpus = commands.add_parser("corpus", help="synthesise the training recordings, as features")
    corpus.add_argument("folder", type=Path)
    corpus.add_argument("--shards", type=int, default=_SHARDS)
    corpus.add_argument("--recordings", type=int, default=_RECORDINGS, help="per shard")
    corpus.add_argument("--processes", type=int, default=2, help="does not change the result")

    train = commands.add_parser("train", help="train, from the checkpoint if it exists")
    train.add_argument("folder", type=Path, help="what `corpus` wrote")
    train.add_argument("checkpoint", type=Path)
    train.add_argument("--steps", type=int, default=_STEPS)

    export = commands.add_parser("export", help="write the folder that faster-whisper loads")
    export.add_argument("checkpoint", type=Path)
    export.add_argument("model", type=Path)

    evaluate = commands.add_parser("evaluate", help="measure a model folder; Markdown on stdout")
    evaluate.add_argument("model", type=Path)

    speak = commands.add_parser("speak", help="record the rehearsal's lines and the tests' clips")
    speak.add_argument("model", type=Path)
    speak.add_argument("voices", type=Path, help="bot/rehearsal/voices")
    speak.add_argument("clips", type=Path, help="tests/data/speech")
    return parser.parse_args()


def _main() -> None:
    arguments = _arguments()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    logging.getLogger("faster_whisper").setLevel(logging.WARNING)
    # Each command imports its own needs: measuring a model takes no PyTorch.
    if arguments.command == "corpus":
        from stt.training.features import write_corpus

        write_corpus(
            arguments.folder,
            shards=arguments.shards,
            recordings=arguments.recordings,
            processes=arguments.processes,
        )
    elif arguments.command == "train":
        from stt.training.train import train

        train(arguments.folder, arguments.checkpoint, steps=arguments.steps)
    elif arguments.command == "export":
        from stt.training.folder import write_folder

        write_folder(arguments.checkpoint, arguments.model)
    elif arguments.command == "evaluate":
        from stt.training.evaluate import tables

        for line in tables(arguments.model):
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
    else:
        from stt.training.speak import speak

        speak(arguments.model, arguments.voices, arguments.clips)


if __name__ == "__main__":
    _main()
