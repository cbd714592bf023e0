"""Tokens made from one that is accepted, each wrong in one thing, are refused."""

import base64
import hashlib
import hmac
import json
import time

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from client import code_of
from process import wait_until


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
ORDER = 2**252 + 27742317777372353535851937790883648493  # of Ed25519's group


class Forge:
    """The parts of a good token, and what it takes to sign as Wayfold does."""

    def __init__(self, token: str, secrets: dict, jwks: dict):
        self.head, self.payload, self.signature = token.split(".")
        self.header, self.claims = (json.loads(unb64(p)) for p in (self.head, self.payload))
        self.public = unb64(jwks["keys"][0]["x"])
        self.key = next(key for key in map(as_key, texts(secrets))
                        if key and key.public_key().public_bytes_raw() == self.public)

    def parts(self, header=None, claims=None) -> str:
        head = b64(json.dumps(self.header | header).encode()) if header else self.head
        return f"{head}.{b64(json.dumps(self.claims | (claims or {})).encode())}"

    def signed(self, header=None, claims=None, key=None) -> str:
        parts = self.parts(header, claims)
        return f"{parts}.{b64((key or self.key).sign(parts.encode()))}"

    def hs256(self, secret: bytes) -> str:
        parts = self.parts({"alg": "HS256"})
        return f"{parts}.{b64(hmac.digest(secret, parts.encode(), hashlib.sha256))}"


def texts(value):
    """Every string in the secrets file."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from texts(one)
    if isinstance(value, str):
        yield value


def as_key(text: str):
    try:
        raw = bytes.fromhex(text) if len(text) in (64, 128) else unb64(text)
        return Ed25519PrivateKey.from_private_bytes(raw[:32])
    except ValueError:
        return None


@pytest.fixture(scope="module")
def forge(wayfold, renter):
    secrets = json.loads((wayfold.var / "secrets.json").read_text())
    return Forge(renter.token, secrets, renter.http.get("/.well-known/jwks.json").json())


def asks(renter, token: str):
    return says(renter, f"Bearer {token}")


def says(renter, *headers: str):
    """With these Authorization headers."""
    return renter.http.get("/bookings", headers=[("authorization", one) for one in headers])


def test_the_control_is_accepted_AU2(renter, forge):
    assert asks(renter, renter.token).status_code == 200
    assert asks(renter, forge.signed()).status_code == 200
    assert asks(renter, forge.signed(claims={"jti": "another"})).status_code == 200


def forgeries(forge: Forge) -> dict:
    now, other = int(time.time()), Ed25519PrivateKey.generate()
    flipped = bytes([unb64(forge.signature)[0] ^ 1]) + unb64(forge.signature)[1:]
    pem = b"-----BEGIN PUBLIC KEY-----\n" + base64.b64encode(
        bytes.fromhex("302a300506032b6570032100") + forge.public) + b"\n-----END PUBLIC KEY-----\n"
    control = f"{forge.head}.{forge.payload}"
    scalar = int.from_bytes(unb64(forge.signature)[32:], "little") + ORDER
    same = unb64(forge.signature)[:32] + scalar.to_bytes(32, "little")
    spelled = forge.signature[:-1] + ALPHABET[ALPHABET.index(forge.signature[-1]) + 1]
    return {
        "alg none": forge.parts({"alg": "none"}) + ".",
        "alg none, signed": forge.parts({"alg": "none"}) + f".{forge.signature}",
        "HS256 with the public key": forge.hs256(forge.public),
        "HS256 with the public key as PEM": forge.hs256(pem),
        "HS256 with the public key's text": forge.hs256(b64(forge.public).encode()),
        "another kid": forge.signed({"kid": "another"}),
        **{f"kid {kid!r}": forge.signed({"kid": kid}) for kid in (
            "../secrets.json", "/dev/null", "' OR '1'='1", "x\r\nx: y", "\0", "", None, 0, [],
            [forge.header["kid"]], "a" * 2000)},
        "kid /dev/null, empty key": forge.hs256(b""),
        "a place to find the key": forge.signed({"jku": "http://127.0.0.1:1/", "x5u": "file:///"}),
        "the same header, spelled otherwise": forge.signed({"typ": "JWT", "alg": "EdDSA"}),
        "another type": forge.signed({"typ": "JWE"}),
        "the signature, once around the curve": f"{control}.{b64(same)}",
        "the signature, spelled otherwise": f"{control}.{spelled}",
        "padded": f"{control}.{forge.signature}==",
        "four parts": f"{control}.{forge.signature}.{forge.signature}",
        "parts the other way around": f"{forge.payload}.{forge.head}.{forge.signature}",
        "another key": forge.signed(key=other),
        "another key, brought along": forge.signed(
            {"jwk": {"kty": "OKP", "crv": "Ed25519",
                     "x": b64(other.public_key().public_bytes_raw())}}, key=other),
        "a critical extension": forge.signed({"crit": ["b64"], "b64": False}),
        "changed payload": f"{forge.parts(claims={'roles': ['admin']})}.{forge.signature}",
        "a flipped bit": f"{control}.{b64(flipped)}",
        "no signature": f"{control}.",
        "cut short": f"{control}.{forge.signature[:-4]}",
        "two parts": control,
        "no token at all": "x",
        "expired by 1 s": forge.signed(claims={"exp": now - 1}),
        "no expiry": forge.signed(claims={"exp": None}),
        "not yet good": forge.signed(claims={"nbf": now + 600}),
        "another audience": forge.signed(claims={"aud": "others"}),
        "another issuer": forge.signed(claims={"iss": "others"}),
        "nobody": forge.signed(claims={"sub": "00000000-0000-0000-0000-000000000000"}),
        "huge": forge.signed(claims={"x": "a" * 8000}),
        "not base64": control + "!." + forge.signature,
    }


def test_forgeries_are_refused_AU2(renter, forge):
    for name, token in forgeries(forge).items():
        answer = asks(renter, token)
        assert answer.status_code == 401, f"{name}: {answer.status_code} {answer.text}"
        assert code_of(answer) in ("invalid_token", "unauthenticated"), name


def test_a_token_of_another_kind_or_place_is_refused_AU2(renter, deploy):
    foreign = deploy("another").guest().register("renter")
    for token in (renter.refresh_token, foreign.token, foreign.refresh_token):
        answer = asks(renter, token)
        assert answer.status_code == 401 and code_of(answer) == "invalid_token", answer.text
    for token in (renter.token, foreign.token, foreign.refresh_token):
        answer = renter.http.post("/auth/refresh", json={"refresh_token": token})
        assert answer.status_code in (401, 422), answer.text
    assert asks(renter, renter.token).status_code == 200


def test_a_suspended_account_is_out_AU3(wayfold):
    person, operator = wayfold.guest().register("renter"), wayfold.staff()
    assert operator.post(f"/accounts/{person.account}/suspend").status_code == 200
    wait_until(lambda: person.get("/bookings").status_code == 401, 30, "the session's row")
    answer = person.http.post("/auth/refresh", json={"refresh_token": person.refresh_token})
    assert answer.status_code in (401, 403), answer.text


def test_one_token_in_one_header_AU2(renter, forge):
    good, bad = f"Bearer {renter.token}", f"Bearer {forge.parts()}."
    assert says(renter, good.replace("Bearer", "bearer")).status_code == 200
    for headers in ((good, bad), (bad, good), (good, good), (good, "Basic eDp4")):
        assert says(renter, *headers).status_code == 400, headers
    for header in (f"{good}, {bad}", f"{good} x", renter.token, f"Basic {renter.token}",
                   f"Bearer\t{renter.token}", f"Bearer  {renter.token}", "Bearer"):
        assert says(renter, header).status_code == 401, header
    assert says(renter, f"Bearer {'a' * 20_000}").status_code == 431


def test_a_token_elsewhere_is_none_AU2(renter):
    for header in ("cookie", "x-authorization", "proxy-authorization", "x-access-token"):
        for value in (renter.token, f"Bearer {renter.token}", f"access_token={renter.token}"):
            assert renter.http.get("/bookings", headers={header: value}).status_code == 401, header
    answer = renter.http.get("/bookings", params={"access_token": renter.token})
    assert answer.status_code in (400, 401)
