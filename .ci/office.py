"""What stands around timbra in `.ci/install`: a reader on a pseudo-terminal of the machine under ROOT, and a
mail server on port 2525 of whatever network this runs in. Prints the path of the reader's port. Each line on
standard input is sent over the port as the number of a card; each message taken is appended to the file MAIL.
"""

import fcntl
import os
import socketserver
import struct
import sys
import threading

root, mail = sys.argv[1:3]
UNLOCK, NUMBER = 0x40045431, 0x80045430  # TIOCSPTLCK, TIOCGPTN


class Server(socketserver.StreamRequestHandler):
    def handle(self):
        say = lambda text: self.wfile.write(text.encode() + b"\r\n")
        say("220 relay.example ESMTP")
        for line in self.rfile:
            word = line.split(None, 1)[0].upper() if line.split() else b""
            if word == b"DATA":
                say("354 go on")
                text = b""
                for line in self.rfile:
                    if line == b".\r\n":
                        break
                    text += line
                with open(mail, "ab") as file:
                    file.write(text)
                say("250 2.0.0 taken")
            elif word == b"QUIT":
                say("221 2.0.0 bye")
                return
            else:
                say("250 2.0.0 well")


socketserver.ThreadingTCPServer.allow_reuse_address = True
server = socketserver.ThreadingTCPServer(("127.0.0.1", 2525), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()

# The pseudo-terminals are those of the other machine: reached through its own /dev.
port = os.open(f"{root}/dev/pts/ptmx", os.O_RDWR | os.O_NOCTTY)
fcntl.ioctl(port, UNLOCK, struct.pack("i", 0))
number = struct.unpack("I", fcntl.ioctl(port, NUMBER, struct.pack("I", 0)))[0]
print(f"/dev/pts/{number}", flush=True)
for card in sys.stdin:
    os.write(port, card.strip().encode() + b"\r\n")
