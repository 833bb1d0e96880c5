"""python_requests: Python's requests with one session: python_requests.py WORK BASE_URL COUNT."""

import json
import os
import resource
import sys
import time

import requests

TOKEN = {"token": {"client_id": 223443, "scopes": ["tickets:read"]}}
work, base_url, count = sys.argv[1], sys.argv[2], int(sys.argv[3])

session = requests.Session()
session.headers.update({"Authorization": "Bearer test-token", "Accept": "application/json"})
session.verify = os.environ.get("BENCH_CA", True)


def checked(reply):
    reply.raise_for_status()
    return reply.json()


def get():
    return checked(session.get(base_url + "/api/v2/users/me"))


def post():
    return checked(session.post(base_url + "/api/v2/oauth/tokens", json=TOKEN))


def page(address=base_url + "/api/v2/tickets"):
    return checked(session.get(address))


def now():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return time.monotonic(), usage.ru_utime + usage.ru_stime


def report(start):
    wall, cpu = now()
    with open("/proc/self/status") as status:
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    print(json.dumps({
        "work": work, "count": count, "wall": wall - start[0], "cpu": cpu - start[1],
        "rss_kb": peak,
    }))


def walk():
    start = now()
    address = base_url + "/api/v2/tickets"
    for _ in range(count):
        body = page(address)
        assert len(body["tickets"]) == 100
        address = body["links"]["next"]
    report(start)


def repeated(once):
    once()
    start = now()
    for _ in range(count):
        once()
    report(start)


if work == "walk":
    walk()
elif work == "cold":
    get()
    print("done", flush=True)
else:
    repeated({"get": get, "post": post, "page": page}[work])
