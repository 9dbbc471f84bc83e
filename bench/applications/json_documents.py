# SPDX-License-Identifier: MIT
"""json_documents.py TIMES: small objects, written as JSON and read again."""
import json
import random
import sys

rng = random.Random(1)
people = [{"name": f"name {i}", "age": rng.randrange(90), "tags": [
    f"tag {rng.randrange(99)}" for _ in range(5)], "score": rng.randrange(999)}
          for i in range(20000)]
total = 0
for _ in range(int(sys.argv[1])):
    text = json.dumps(people)
    total += len(text) + len(json.loads(text))
print(total)
