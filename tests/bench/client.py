"""A small HTTP client on asyncio: keep-alive, one request at a time per connection."""
import asyncio
import json
from dataclasses import dataclass


@dataclass
class Answer:
    status: int
    position: str
    body: bytes


class Connection:
    def __init__(self, reader, writer):
        self.reader = reader
        self.writer = writer

    @classmethod
    async def open(cls, port):
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    def close(self):
        self.writer.close()

    async def post(self, path, key, token, body, position=""):
        text = json.dumps(body).encode()
        head = (f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(text)}\r\nIdempotency-Key: {key}\r\n")
        if position:
            head += f"Wayfold-Position: {position}\r\n"
        return await self.exchange(head, token, text)

    async def get(self, path, token, position):
        head = f"GET {path} HTTP/1.1\r\nHost: bench\r\n"
        if position:
            head += f"Wayfold-Position: {position}\r\n"
        return await self.exchange(head, token, b"")

    async def exchange(self, head, token, body):
        if token:
            head += f"Authorization: Bearer {token}\r\n"
        self.writer.write(head.encode() + b"\r\n" + body)
        answer = await self.reader.readuntil(b"\r\n\r\n")
        status = int(answer[9:12])
        lower = answer.lower()
        length = int(self.header(answer, lower, b"content-length") or 0)
        position = self.header(answer, lower, b"wayfold-position")
        return Answer(status, position, await self.reader.readexactly(length))

    @staticmethod
    def header(answer, lower, name):
        at = lower.find(b"\r\n" + name + b":")
        if at < 0:
            return ""
        start = at + len(name) + 3
        return answer[start:answer.index(b"\r\n", start)].decode().strip()
