#!/usr/bin/env python3
"""A day at the doors, at a factor: cards at several readers on pseudo-terminals, rush hours, cards held
to the reader, noise on the line, cables pulled and plugged in again, reloads, kill -9. Afterwards every
card that was shown to an open port must be in the store exactly once.

    benches/soak.py TIMBRA [FACTOR] [CARDS] [PORTS]      default: 144 (ten minutes), 20000, 6

Not part of continuous integration. Exit 1 when a card is missing or doubled."""
import os, pty, random, signal, sqlite3, subprocess, sys, tempfile, time, tty
from pairs import HOST

timbra = os.path.abspath(sys.argv[1])
factor, cards, ports = (int(given) if given else default for given, default in
                        zip((sys.argv[2:] + [""] * 3)[:3], (144, 20000, 6)))
chance = random.Random(2026)
place = tempfile.mkdtemp()


def configure(presence):
    with open(f"{place}/timbra.toml", "w") as file:
        file.write(HOST)
        for number in range(ports):
            file.write(f'[[serial]]\nid = "r{number}"\nport = "{place}/p{number}"\nprotocol = "rdm6300"\n'
                       f'direction = "toggle"\npresence_seconds = {presence}\n')


def run():
    journal = open(f"{place}/journal", "ab")
    return subprocess.Popen([timbra, "run", "--config", place], stderr=journal)


def told(text):
    return open(f"{place}/journal", errors="replace").read().count(text)


def until(what, holds):
    deadline = time.monotonic() + 60
    while not holds():
        if time.monotonic() > deadline:
            sys.exit(f"not in time: {what}; see {place}/journal")
        time.sleep(0.02)


def stored(sql="SELECT count(*) FROM punch"):
    database = sqlite3.connect(f"file:{place}/store/timbra.sqlite?mode=ro", uri=True, timeout=10)
    try:
        return database.execute(sql).fetchall()
    finally:
        database.close()


class Reader:
    def __init__(self, number):
        self.number, self.end, self.opened, self.shown = number, None, 0, 0
        self.plug_in()

    def plug_in(self):
        self.end, port = pty.openpty()
        tty.setraw(port)
        name = os.ttyname(port)
        os.close(port)
        os.symlink(name, f"{place}/new")
        os.rename(f"{place}/new", f"{place}/p{self.number}")

    def until_open(self):
        self.opened += 1
        sign = f"the port is open reader=r{self.number} "
        until(f"reader {self.number} open", lambda: told(sign) >= self.opened)

    def until_heard(self):
        sql = f"SELECT count(*) FROM punch JOIN reader ON reader.id = reader WHERE name = 'r{self.number}'"
        until(f"reader {self.number} heard", lambda: stored(sql)[0][0] >= self.shown)

    def unplug(self):
        self.until_heard()
        os.write(self.end, b"\x0201")
        os.close(self.end)
        self.plug_in()
        self.until_open()

    def show(self, card):
        check = 1
        for byte in card.to_bytes(4, "big"):
            check ^= byte
        frame = b"\x0201%08X%02X\x03" % (card, check)
        if chance.random() < 0.05:
            os.write(self.end, bytes(chance.choice(b"\x00\xff?\r\nz") for _ in range(chance.randrange(1, 60))))
        if chance.random() < 0.3:
            cut = chance.randrange(1, len(frame))
            os.write(self.end, frame[:cut])
            os.write(self.end, frame[cut:])
        else:
            os.write(self.end, frame)
        for _ in range(chance.randrange(3)):
            os.write(self.end, frame)
        self.shown += 1


def day(count):
    """The seconds of the day at which cards are shown: rush hours and the rest."""
    rush = [(27000, 900), (46800, 900), (48600, 900), (56700, 1800)]
    times = [chance.gauss(*chance.choice(rush)) if chance.random() < 0.8 else chance.uniform(0, 86400)
             for _ in range(count)]
    return sorted(min(max(at, 0.0), 86399.0) for at in times)


configure(5)
readers = [Reader(number) for number in range(ports)]
daemon = run()
for reader in readers:
    reader.until_open()
begun, events, latest = time.monotonic(), {"unplugged": 0, "reloads": 0, "kills": 0}, 0.0
for card, at in enumerate(day(cards), 1):
    wait = begun + at / factor - time.monotonic()
    latest = max(latest, -wait)
    if wait > 0:
        time.sleep(wait)
    chance.choice(readers).show(card)
    if card % 997 == 0:
        chance.choice(readers).unplug()
        events["unplugged"] += 1
    if card % 2503 == 0:
        configure(5 + card % 2)
        before = told("timbra runs")
        daemon.send_signal(signal.SIGHUP)
        events["reloads"] += 1
        until("reload", lambda: told("timbra runs") > before)
    if card % 4001 == 0:
        for reader in readers:
            reader.until_heard()
        daemon.kill()
        daemon.wait()
        daemon = run()
        for reader in readers:
            reader.until_open()
        events["kills"] += 1
for reader in readers:
    reader.until_heard()
peak = next(line.split()[1] for line in open(f"/proc/{daemon.pid}/status") if line.startswith("VmHWM"))
daemon.terminate()
ended = daemon.wait()
rows = stored("SELECT CAST(badge AS INTEGER), count(*) FROM punch GROUP BY badge")
once = sum(1 for card, count in rows if count == 1 and 1 <= card <= cards)
counts = stored("SELECT sum(reads), sum(repeats), sum(rejected), sum(lost) FROM port")[0]
batches = stored("SELECT count(*), sum(taken) FROM batch")[0]
whole = stored("PRAGMA integrity_check")[0][0]
print(f"cards {cards}, stored exactly once {once}, other rows {len(rows) - once}; factor {factor}, "
      f"{time.monotonic() - begun:.0f} s; {events}; reads, repeats, rejected, lost since notes {counts}; "
      f"batches {batches}; peak {peak} kB; ended {ended}; store {whole}")
sys.exit(0 if once == cards == len(rows) and ended == 0 and whole == "ok" else 1)
