"""Run by the Python of .venv-intelmq, never imported: IntelMQ's Shadowserver collector, as it is, collects from a server, and its
parser reads what was collected.

collect_with_intelmq.py SCHEMA KEY SECRET OUT: JSON in OUT. Where it connects to is not for this to say: the collector has the
Foundation's addresses in it. What it remembers goes to a Redis, of which the few words that it uses are spoken here.
"""

import json
import os
import shutil
import socketserver
import sys
import tempfile
import threading
from pathlib import Path

KEPT = {}


class Remembering(socketserver.StreamRequestHandler):
    def handle(self):
        while line := self.rfile.readline():
            words = []
            for _ in range(int(line[1:])):
                length = int(self.rfile.readline()[1:])
                words.append(self.rfile.read(length + 2)[:-2])
            self.wfile.write(self.answer(words[0].upper(), words[1:]))

    def answer(self, verb, words):
        if verb == b"HELLO":
            return b"%1\r\n$5\r\nproto\r\n:3\r\n"
        if verb == b"SET":
            KEPT[words[0]] = words[1]
        if verb == b"GET":
            value = KEPT.get(words[0])
            return b"_\r\n" if value is None else b"$%d\r\n%s\r\n" % (len(value), value)
        return b":1\r\n" if verb == b"EXPIRE" else b"+OK\r\n"


def main(schema, key, secret, out):
    redis = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Remembering)
    redis.daemon_threads = True
    threading.Thread(target=redis.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as root:
        os.environ["INTELMQ_ROOT_DIR"] = root
        state = Path(root, "var/lib/bots")
        state.mkdir(parents=True)
        shutil.copy(schema, state / "shadowserver-schema.json")

        from intelmq.bots.collectors.shadowserver.collector_reports_api import ShadowServerAPICollectorBot
        from intelmq.bots.parsers.shadowserver.parser import ShadowserverParserBot
        from intelmq.lib.bot import BotLibSettings

        settings = {
            **BotLibSettings,
            "api_key": key,
            "secret": secret,
            "redis_cache_host": "127.0.0.1",
            "redis_cache_port": redis.server_address[1],
            "rate_limit": 0,
        }
        collector = ShadowServerAPICollectorBot("collector", settings=settings)
        # In library mode a bot works off its queue, and a collector has none: it is asked to work, and its own queue stands in.
        collected, again = [], []
        for gathered in (collected, again):
            collector.send_message = lambda *messages, into=gathered, **_: into.extend(messages)
            collector.process()
        parser = ShadowserverParserBot("parser", settings=BotLibSettings)
        events, errors = [], []
        for report in collected:
            found = parser.process_message(report)
            events += [
                one.to_dict(jsondict_as_string=False, hierarchical=False) for one in found.get("output", ())
            ]
            errors += [one.to_dict() for one in found.get("error", ())]
        told = {
            "files": [one["extra.file_name"] for one in collected],
            "again": len(again),
            "events": events,
            "errors": errors,
        }
        Path(out).write_text(json.dumps(told))
    redis.shutdown()


if __name__ == "__main__":
    main(*sys.argv[1:])
