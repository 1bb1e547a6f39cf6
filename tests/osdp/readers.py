"""OSDP readers on one bus, played by libosdp: python3 readers.py SETTINGS

SETTINGS is JSON: a list of {"address": 5, "key": "32 hex digits" or null, "strict": false}.
Tells the port of the bus, a pseudo-terminal. Orders come as JSON on standard input, one a line; what
the readers were told goes out the same way. The bus is like a real one: all readers hear the panel, and each other.
"""

import json
import os
import select
import sys
import tty

from osdp import Channel, PDCapabilities, PDInfo, PeripheralDevice
from osdp.constants import Capability, CardFormat, Command, Event, LibFlag, LogLevel, StatusReportType


def tell(**what):
    print(json.dumps(what), flush=True)


class Line(Channel):
    """What one reader has heard and not read yet."""

    def __init__(self, port):
        super().__init__()
        self.port = port
        self.heard = b""

    def read(self, max_bytes):
        taken, self.heard = self.heard[:max_bytes], self.heard[max_bytes:]
        return taken

    def write(self, data):
        os.write(self.port, data)
        for line in LINES.values():
            if line is not self:
                line.heard += bytes(data)
        return len(data)

    def flush(self):
        self.heard = b""


def switch_on(settings):
    address = settings["address"]
    line = LINES.setdefault(address, Line(PORT))
    line.heard = b""
    key = KEYS.get(address) or settings["key"]

    def handle(command):
        if command["command"] == Command.LED:
            tell(address=address, light=command["on_color"], control=command["control_code"])
        elif command["command"] == Command.Buzzer:
            tell(address=address, beeps=command["rep_count"])
        elif command["command"] == Command.Keyset:
            KEYS[address] = command["data"].hex()
            tell(address=address, key=KEYS[address])
        return 0, None

    info = PDInfo(
        address,
        line,
        scbk=bytes.fromhex(key) if key else None,
        flags=[LibFlag.EnforceSecure] if settings["strict"] and key else [],
    )
    abilities = [(Capability.LEDControl, 1, 1), (Capability.AudibleControl, 1, 1)]
    READERS[address] = PeripheralDevice(
        info, PDCapabilities(abilities), log_level=LogLevel.Emergency, command_handler=handle
    )


def packets(data):
    """Whole packets of the panel, each with its mark, and what is left of the last."""
    while len(data) >= 5 and len(data) > data[3] + 256 * data[4]:
        length = 1 + data[3] + 256 * data[4]
        yield data[:length], data[length:]
        data = data[length:]


def hear(packet):
    """A packet on the bus. A reader that gets two at once, as never on a wire, forgets the second."""
    for line in LINES.values():
        line.heard += packet
    for _ in range(2):
        for reader in READERS.values():
            reader.ctx.refresh()


def obey(order):
    address = order.get("address")
    context = READERS[address].ctx if address in READERS else None
    if "card" in order:
        card = {
            "event": Event.CardRead,
            "reader_no": 0,
            "direction": 0,
            "format": CardFormat.Wiegand,
            "length": order["bits"],
            "data": bytes.fromhex(order["card"]),
        }
        context.submit_event(card)
    elif "keys" in order:
        context.submit_event({"event": Event.KeyPress, "reader_no": 0, "data": order["keys"].encode()})
    elif "tamper" in order:
        report = bytes([order["tamper"], order["power"]])
        context.submit_event({"event": Event.Status, "type": StatusReportType.Local, "report": report})
    elif order.get("off"):
        READERS.pop(address)
    elif order.get("on"):
        switch_on(next(settings for settings in SETTINGS if settings["address"] == address))


PORT, far_end = os.openpty()
tty.setraw(far_end)
SETTINGS = json.loads(sys.argv[1])
LINES, READERS, KEYS = {}, {}, {}
for one in SETTINGS:
    switch_on(one)
tell(port=os.ttyname(far_end))
orders, coming = b"", b""
while True:
    ready, _, _ = select.select([PORT, 0], [], [], 0.005)
    if PORT in ready:
        data = os.read(PORT, 4096)
        if not data:
            break
        coming += data
        for packet, rest in packets(coming):
            hear(packet)
            coming = rest
    if 0 in ready:
        data = os.read(0, 4096)
        if not data:
            break
        *lines, orders = (orders + data).split(b"\n")
        for order in lines:
            obey(json.loads(order))
    hear(b"")
