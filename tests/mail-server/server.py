"""A mail server (aiosmtpd) on loopback for the tests.

Its argument is a folder. `mails/` there gets a JSON file for each mail that it took, before it says
so; `answer` holds what it says to mails instead of taking them, `delay` how many seconds it takes
for its answer. With `certificate.pem` and `key.pem` there, it speaks TLS. It prints its port, and
ends when its standard input does.
"""

import asyncio
import json
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP

folder = pathlib.Path(sys.argv[1])


def told(name):
    path = folder / name
    return path.read_text().strip() if path.exists() else ""


class Keeper:
    taken = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return f"550 5.1.1 {address} is unknown here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 fine"

    async def handle_DATA(self, server, session, envelope):
        text = envelope.content.decode("utf-8", "replace")
        if "quoting@" in envelope.rcpt_tos[0]:
            # As filters do that tell what they did not like.
            said = "".join(f"554-5.7.1 {line}\r\n" for line in text.splitlines() if line.strip())
            return said + "554 5.7.1 refused"
        if answer := told("answer"):
            return answer
        Keeper.taken += 1
        mail = {"from": envelope.mail_from, "to": envelope.rcpt_tos, "text": text}
        beside = folder / f"{Keeper.taken}.new"
        beside.write_text(json.dumps(mail))
        beside.rename(folder / "mails" / f"{Keeper.taken:05}.json")
        if delay := told("delay"):
            await asyncio.sleep(float(delay))
        return "250 2.0.0 taken"


async def main():
    loop = asyncio.get_running_loop()
    (folder / "mails").mkdir(parents=True, exist_ok=True)
    tls = None
    if (folder / "certificate.pem").exists():
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    server = await loop.create_server(
        lambda: SMTP(Keeper(), hostname="mail.test", enable_SMTPUTF8=True), "127.0.0.1", 0, ssl=tls
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main())
