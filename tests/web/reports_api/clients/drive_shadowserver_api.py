"""Run by the Python of .venv-intelmq, never imported: the PyPI package shadowserver-api, as it is, asks a server.

drive_shadowserver_api.py BASE KEY SECRET: a line of JSON for each line on the input, [method, positional, named].
"""

import json
import sys

from shadowserver_api import ShadowServerAPI


def main(base, key, secret):
    client = ShadowServerAPI(base, key, secret)
    for line in sys.stdin:
        method, positional, named = json.loads(line)
        try:
            answer = getattr(client, method)(*positional, **named)
            told = {"answer": list(answer) if hasattr(answer, "__next__") else answer}
        except Exception as error:
            told = {"error": type(error).__name__, "said": str(error)}
        print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
