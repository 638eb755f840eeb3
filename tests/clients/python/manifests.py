"""Validates manifests against the schemas of Kubernetes, which know no other keys: all documents of all files.

Prints kind and name of each, a line each.
"""

import sys

import kubernetes_validate
import yaml


def main():
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as file:
            for document in yaml.safe_load_all(file):
                kubernetes_validate.validate(document, "1.30", strict=True)
                print(document["kind"], document["metadata"]["name"])


main()
