"""The people of the benchmark's tables, and their signed tokens."""
import base64, hashlib, hmac, json, time

COUNT = 50  # this many of the thousand ask for something


def user_id(number):
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def token(secret, number):
    encode = lambda value: base64.urlsafe_b64encode(value).rstrip(b"=")
    claims = {"sub": user_id(number), "role": "authenticated", "aud": "authenticated", "exp": int(time.time()) + 86400}
    signed = encode(b'{"alg":"HS256","typ":"JWT"}') + b"." + encode(json.dumps(claims).encode())
    return (signed + b"." + encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest())).decode()


def own_items(requests=2000):
    """Pairs of a person and the id of one of that person's items, spread over the table."""
    for index in range(requests):
        person = index % COUNT + 1
        yield person, 1000 * (index * 7919 % 999) + person
