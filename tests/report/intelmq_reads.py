"""Run by the Python of .venv-intelmq, never imported: IntelMQ's own Shadowserver parser, in library mode, reads report files.

intelmq_reads.py SCHEMA FOLDER: a line of JSON on standard output for each file of the folder.
"""

import base64
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path


def main(schema, folder):
    with tempfile.TemporaryDirectory() as root:
        os.environ["INTELMQ_ROOT_DIR"] = root
        state = Path(root, "var/lib/bots")
        state.mkdir(parents=True)
        shutil.copy(schema, state / "shadowserver-schema.json")

        from intelmq.bots.parsers.shadowserver.parser import ShadowserverParserBot
        from intelmq.lib.bot import BotLibSettings
        from intelmq.lib.message import Report

        bot = ShadowserverParserBot("reader", settings=BotLibSettings)
        for path in sorted(Path(folder).glob("*.csv")):
            report = Report()
            report.add("raw", base64.b64encode(path.read_bytes()).decode())
            report.add("extra.file_name", path.name)
            state = bot.process_message(report)
            read = {
                "file": path.name,
                "events": [
                    event.to_dict(jsondict_as_string=False, hierarchical=False)
                    for event in state.get("output", ())
                ],
                "errors": [error.to_dict() for error in state.get("error", ())],
            }
            print(json.dumps(read))


if __name__ == "__main__":
    main(*sys.argv[1:])
