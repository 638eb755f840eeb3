"""Validates OpenAPI documents, one per argument: a file, or a port of a server on 127.0.0.1 that has one.

Prints the version and the operations of each, a line each.
"""

import json
import sys
import urllib.request

from openapi_spec_validator import validate

METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


def main():
    for place in sys.argv[1:]:
        document = json.loads(read(place))
        validate(document)
        print("openapi", document["openapi"])
        for path, item in document["paths"].items():
            for method in sorted(METHODS & item.keys()):
                print(method, path, item[method]["operationId"])


def read(place):
    if not place.isdigit():
        with open(place, "rb") as file:
            return file.read()
    with urllib.request.urlopen(f"http://127.0.0.1:{place}/openapi.json", timeout=30) as answer:
        return answer.read()


main()
