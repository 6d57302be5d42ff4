"""Run by the Python of .venv-intelmq, never imported: IntelMQ's own Shadowserver parser, in library mode, reads report files.

intelmq_reads.py SCHEMA FOLDER OUT: a line of JSON in OUT for each file of the folder. IntelMQ logs to both outputs.
"""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path


def main(schema, folder, out):
    with tempfile.TemporaryDirectory() as root:
        os.environ["INTELMQ_ROOT_DIR"] = root
        state = Path(root, "var/lib/bots")
        state.mkdir(parents=True)
        shutil.copy(schema, state / "shadowserver-schema.json")

        from intelmq.bots.parsers.shadowserver.parser import ShadowserverParserBot
        from intelmq.lib.bot import BotLibSettings
        from intelmq.lib.message import Report

        bot = ShadowserverParserBot("reader", settings=BotLibSettings)
        lines = []
        for path in sorted(Path(folder).glob("*.csv")):
            report = Report()
            report.add("raw", path.read_bytes())
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
            lines.append(json.dumps(read) + "\n")
        Path(out).write_text("".join(lines))


if __name__ == "__main__":
    main(*sys.argv[1:])
