"""A stock XMPP client, python3-slixmpp, for the end-to-end cases."""
import asyncio
import logging
import ssl

import slixmpp
from slixmpp.xmlstream import ET

logging.getLogger("slixmpp").setLevel(logging.CRITICAL)
DATA = "jabber:x:data"
COMMANDS = "http://jabber.org/protocol/commands"


class Stock(slixmpp.ClientXMPP):
    def __init__(self, broker, name, resource="stock"):
        super().__init__(f"{broker.jid(name)}/{resource}", broker.secret(name))
        self.broker = broker
        self.ca_certs = broker.ca
        self.heard = asyncio.Queue()
        self.seen = asyncio.Queue()
        for plugin in ("xep_0004", "xep_0030", "xep_0050", "xep_0092", "xep_0115", "xep_0199"):
            self.register_plugin(plugin)
        self.add_event_handler("message", self.heard.put_nowait)
        self.add_event_handler("message_error", self.heard.put_nowait)
        self.add_event_handler("presence", self.seen.put_nowait)

    async def __aenter__(self):
        started = asyncio.Event()
        self.add_event_handler("session_start", lambda _: started.set())
        self.connect(address=("127.0.0.1", self.broker.port))
        await asyncio.wait_for(started.wait(), 15)
        self.send_presence()
        while (await asyncio.wait_for(self.seen.get(), 15))["from"] != self.boundjid:
            continue  # until the broker has told it to us, words to our bare JID may find nobody
        return self

    async def __aexit__(self, *_):
        self.disconnect()
        await asyncio.wait_for(self.disconnected, 5)

    async def hear(self, sender, timeout=10):
        while True:
            message = await asyncio.wait_for(self.heard.get(), timeout)
            if message["from"].bare == sender:
                return message

    async def command(self, to, node, fields=None, action="execute", session=None):
        """One stage of XEP-0050, built by hand; the <command/> of the answer."""
        iq = self.make_iq_set(ito=to)
        command = ET.Element(f"{{{COMMANDS}}}command", node=node, action=action)
        if session:
            command.set("sessionid", session)
        if fields is not None:
            form = ET.SubElement(command, f"{{{DATA}}}x", type="submit")
            for name, value in fields.items():
                field = ET.SubElement(form, f"{{{DATA}}}field", var=name)
                ET.SubElement(field, f"{{{DATA}}}value").text = value
        iq.append(command)
        answer = await iq.send(timeout=10)
        return answer.xml.find(f"{{{COMMANDS}}}command")


def values(command):
    """Field name to value of an answer's form."""
    return {f.get("var"): f.findtext(f"{{{DATA}}}value") for f in command.iter(f"{{{DATA}}}field") if f.get("var")}


def note(command):
    return command.findtext(f"{{{COMMANDS}}}note")


def run(coroutine):
    return asyncio.get_event_loop().run_until_complete(coroutine)
