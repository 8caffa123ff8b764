"""The Python library against the auth API: every case with its synchronous and its asynchronous client."""
import asyncio
import base64
import email
import email.policy
import hmac
import inspect
import json
import os
import pathlib
import re
import struct
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request
import uuid

from supabase_auth import AsyncGoTrueClient, SyncGoTrueClient
from supabase_auth.errors import AuthApiError, AuthWeakPasswordError

APP, URL, MAILBOX = os.environ["AUTH_APP"], os.environ["AUTH_URL"], pathlib.Path(os.environ["AUTH_MAILBOX"])
ANON_KEY, SERVICE_KEY = os.environ["AUTH_ANON_KEY"], os.environ["AUTH_SERVICE_KEY"]
PASSWORD = "a long password"
WAITS_FOR_APPROVAL, BY_INVITATION = APP == "parakeet", APP == "mnfst"


def new_address(name):
    return f"{name}-{uuid.uuid4().hex[:8]}@example.com"


class Mail:
    """The newest mail to an address that was not read yet."""
    read = set()

    def __init__(self, address):
        until = time.monotonic() + 10
        while not (found := self.unread(address)):
            if time.monotonic() > until:
                raise AssertionError(f"no mail to {address}")
            time.sleep(0.02)
        name, message = found[0]
        Mail.read.add(name)
        text = message.get_body(("plain",)).get_content()
        self.link = next(iter(re.findall(r"https?://\S+/verify\?\S+", text)), None)
        self.code = next(iter(re.findall(r"(?<=: )\d{6}\b", text)), None)

    @staticmethod
    def unread(address):
        files = sorted(file for file in MAILBOX.glob("*.eml") if file.name not in Mail.read)
        parsed = [(file.name, email.message_from_bytes(file.read_bytes(), policy=email.policy.default)) for file in files]
        return [(name, message) for name, message in parsed if message["to"].addresses[0].addr_spec == address]


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def follow(link):
    """Where a link leads: the query and the fragment of the next address."""
    try:
        urllib.request.build_opener(NoRedirect).open(link)
    except urllib.error.HTTPError as answer:
        answer.close()
        parts = urllib.parse.urlsplit(answer.headers["location"])
        return dict(urllib.parse.parse_qsl(parts.query)), dict(urllib.parse.parse_qsl(parts.fragment))
    raise AssertionError(f"{link} leads nowhere")


def totp(secret, steps=0):
    """The code of RFC 6238 that an authenticator app shows, so many steps from now."""
    counter = struct.pack(">Q", int(time.time()) // 30 + steps)
    digest = hmac.digest(base64.b32decode(secret + "=" * (-len(secret) % 8)), counter, "sha1")
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start:start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def write(method, path, body):
    """Writes to the application's own tables with the service key; answers with the rows."""
    sent = {**headers(SERVICE_KEY), "Content-Type": "application/json", "Prefer": "return=representation"}
    request = urllib.request.Request(f"{URL}/rest/v1/{path}", json.dumps(body).encode(), sent, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def admit(address):
    """Lets somebody in, where an administrator has to."""
    if WAITS_FOR_APPROVAL:
        write("PATCH", f"users?email=eq.{address}", {"approved": True})


def place():
    """What only the server says about a new person: where people come by invitation, their tenant."""
    if not BY_INVITATION:
        return {}
    slug = uuid.uuid4().hex
    [tenant] = write("POST", "tenants", {"name": slug, "slug": slug})
    return {"tenant_id": tenant["id"], "role": "user"}


class Finished:
    """A client whose calls are finished when they return, whether it is asynchronous or not."""

    def __init__(self, target, finish):
        self._target, self._finish = target, finish

    def __getattr__(self, name):
        value = getattr(self._target, name)
        if not callable(value):
            return Finished(value, self._finish)
        return lambda *args, **options: self._finish(value(*args, **options))


class Cases:
    """What both clients must do. `client` makes one."""

    def refusal(self, call):
        with self.assertRaises(AuthApiError) as caught:
            call()
        return caught.exception.code

    def member(self, name):
        """Somebody confirmed, signed in."""
        address = new_address(name)
        service = self.client(key=SERVICE_KEY)
        service.admin.create_user({"email": address, "password": PASSWORD, "email_confirm": True, "app_metadata": place()})
        admit(address)
        client = self.client()
        client.sign_in_with_password({"email": address, "password": PASSWORD})
        return client, address

    @unittest.skipIf(BY_INVITATION, "people come by invitation")
    def test_sign_up_and_confirm_by_code(self):
        client, address = self.client(), new_address("ann")
        answer = client.sign_up({"email": address, "password": PASSWORD, "options": {"data": {"name": "Ann"}}})
        self.assertIsNone(answer.session)
        self.assertEqual(len(answer.user.identities), 1)
        sign_in = lambda: client.sign_in_with_password({"email": address, "password": PASSWORD})
        self.assertEqual(self.refusal(sign_in), "email_not_confirmed")
        admit(address)
        confirmed = client.verify_otp({"email": address, "token": Mail(address).code, "type": "signup"})
        self.assertEqual(confirmed.user.id, answer.user.id)
        self.assertEqual(client.get_user().user.user_metadata["name"], "Ann")
        self.assertEqual(sign_in().user.id, answer.user.id)
        again = self.client().sign_up({"email": address, "password": PASSWORD})
        self.assertEqual((again.session, again.user.identities), (None, []))

    @unittest.skipIf(BY_INVITATION, "people come by invitation")
    def test_sign_up_in_a_pkce_flow(self):
        client, address = self.client(flow_type="pkce"), new_address("pkce")
        user = client.sign_up({"email": address, "password": PASSWORD}).user
        admit(address)
        query, _ = follow(Mail(address).link)
        self.assertEqual(client.exchange_code_for_session({"auth_code": query["code"]}).user.id, user.id)

    def test_refresh_and_claims(self):
        client, address = self.member("refresh")
        first = client.get_session()
        second = client.refresh_session().session
        self.assertNotEqual(first.refresh_token, second.refresh_token)
        claims = client.get_claims()
        self.assertEqual((claims["claims"]["email"], claims["headers"]["alg"]), (address, "ES256"))

    @unittest.skipIf(BY_INVITATION, "people come by invitation")
    def test_magic_link(self):
        client, address = self.client(), new_address("magic")
        request = {"email": address, "options": {"should_create_user": False}}
        self.assertEqual(self.refusal(lambda: client.sign_in_with_otp(request)), "otp_disabled")
        client.sign_in_with_otp({"email": address})
        admit(address)
        _, fragment = follow(Mail(address).link)
        self.assertEqual(client.set_session(fragment["access_token"], fragment["refresh_token"]).user.email, address)

    def test_recover(self):
        _, address = self.member("recover")
        client = self.client(flow_type="pkce")
        client.reset_password_for_email(address)
        query, _ = follow(Mail(address).link)
        client.exchange_code_for_session({"auth_code": query["code"]})
        self.assertEqual(self.refusal(lambda: client.update_user({"password": PASSWORD})), "same_password")
        with self.assertRaises(AuthWeakPasswordError) as caught:
            client.update_user({"password": "short"})
        self.assertEqual(caught.exception.reasons, ["length"])
        client.update_user({"password": "a new password"})
        old = {"email": address, "password": PASSWORD}
        self.assertEqual(self.refusal(lambda: self.client().sign_in_with_password(old)), "invalid_credentials")

    def test_change_of_address(self):
        client, address = self.member("old")
        following = new_address("new")
        self.assertEqual(client.update_user({"email": following}).user.new_email, following)
        old, new = Mail(address), Mail(following)
        _, fragment = follow(new.link)
        self.assertIn("other email", fragment["message"])
        confirmed = client.verify_otp({"email": address, "token": old.code, "type": "email_change"})
        self.assertEqual(confirmed.user.email, following)

    def test_reauthenticate(self):
        client, address = self.member("nonce")
        client.reauthenticate()
        change = lambda nonce: client.update_user({"password": "a new password", "nonce": nonce})
        self.assertEqual(self.refusal(lambda: change("000000")), "reauthentication_not_valid")
        change(Mail(address).code)

    @unittest.skipIf(BY_INVITATION, "people come by invitation")
    def test_resend(self):
        client, address = self.client(), new_address("again")
        client.sign_up({"email": address, "password": PASSWORD})
        first = Mail(address)
        client.resend({"type": "signup", "email": address})
        self.assertNotEqual(first.code, Mail(address).code)

    def test_second_factor(self):
        client, address = self.member("totp")
        factor = client.mfa.enroll({"factor_type": "totp", "friendly_name": "phone"})
        answer = lambda code: client.mfa.challenge_and_verify({"factor_id": factor.id, "code": code})
        self.assertEqual(self.refusal(lambda: answer("000000")), "mfa_verification_failed")
        answer(totp(factor.totp.secret))
        levels = client.mfa.get_authenticator_assurance_level()
        self.assertEqual((levels.current_level, levels.next_level), ("aal2", "aal2"))
        self.assertEqual([one.friendly_name for one in client.mfa.list_factors().totp], ["phone"])
        client.mfa.unenroll({"factor_id": factor.id})
        self.assertEqual(client.mfa.list_factors().all, [])

    def test_sign_out(self):
        first, address = self.member("out")
        second, third = self.client(), self.client()
        for client in (second, third):
            client.sign_in_with_password({"email": address, "password": PASSWORD})
        first.sign_out({"scope": "others"})
        self.assertEqual(self.refusal(second.get_user), "session_not_found")
        self.assertEqual(first.get_user().user.email, address)
        kept = first.get_session()
        first.sign_out()
        self.assertEqual(self.refusal(lambda: first.get_user(kept.access_token)), "session_not_found")
        self.assertEqual(self.refusal(lambda: first.refresh_session(kept.refresh_token)), "refresh_token_not_found")

    def test_identities(self):
        client, address = self.member("identities")
        identities = client.get_user_identities().identities
        self.assertEqual([(one.provider, one.identity_data["email"]) for one in identities], [("email", address)])
        self.assertEqual(self.refusal(lambda: client.unlink_identity(identities[0])), "single_identity_not_deletable")

    def test_anonymous(self):
        self.assertEqual(self.refusal(self.client().sign_in_anonymously), "anonymous_provider_disabled")

    def test_administration(self):
        admin, address = self.client(key=SERVICE_KEY).admin, new_address("made")
        user = admin.create_user({"email": address, "password": PASSWORD, "app_metadata": {"plan": "gold", **place()}}).user
        self.assertEqual(user.app_metadata["plan"], "gold")
        self.assertEqual(self.refusal(lambda: admin.create_user({"email": address})), "email_exists")
        self.assertEqual(admin.get_user_by_id(user.id).user.email, address)
        changed = admin.update_user_by_id(user.id, {"user_metadata": {"colour": "red"}, "ban_duration": "1h"}).user
        self.assertEqual(changed.user_metadata["colour"], "red")
        self.assertEqual(len(admin.list_users(page=1, per_page=1)), 1)
        self.assertIn(user.id, [one.id for one in admin.list_users()])
        self.assertEqual(admin.mfa.list_factors({"user_id": user.id}), [])
        link = admin.generate_link({"type": "recovery", "email": address})
        self.assertEqual((link.user.id, link.properties.verification_type), (user.id, "recovery"))
        if not BY_INVITATION:  # of a tenant's own administrators
            invited = admin.invite_user_by_email(new_address("guest"), {"data": {"name": "Gus"}}).user
            self.assertIsNotNone(invited.invited_at)
        admin.delete_user(user.id)
        self.assertEqual(self.refusal(lambda: admin.get_user_by_id(user.id)), "user_not_found")
        self.assertEqual(self.refusal(lambda: self.member("plain")[0].admin.list_users()), "not_admin")


class Synchronous(Cases, unittest.TestCase):
    def client(self, key=ANON_KEY, **options):
        client = SyncGoTrueClient(url=f"{URL}/auth/v1", headers=headers(key), auto_refresh_token=False, **options)
        self.addCleanup(client.close)
        return Finished(client, lambda answer: answer)


class Asynchronous(Cases, unittest.TestCase):
    def setUp(self):
        self.runner = asyncio.Runner()
        self.addCleanup(self.runner.close)

    def client(self, key=ANON_KEY, **options):
        client = AsyncGoTrueClient(url=f"{URL}/auth/v1", headers=headers(key), auto_refresh_token=False, **options)
        self.addCleanup(lambda: self.runner.run(client.close()))
        return Finished(client, self.finish)

    def finish(self, answer):
        return self.runner.run(answer) if inspect.iscoroutine(answer) else answer


def headers(key):
    """As the whole client of Supabase sends them."""
    return {"apikey": key, "Authorization": f"Bearer {key}"}


if __name__ == "__main__":
    unittest.main()
