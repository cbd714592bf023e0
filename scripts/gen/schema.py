"""Reads one schema file and every type in it. Errors name file and JSON Pointer."""

import json
import re
from dataclasses import dataclass, field


class SchemaError(Exception):
    """What is wrong, and where: "booking.json#/$defs/Cancel: …"."""


CPP_WORDS = set(
    """alignas alignof and asm auto bool break case catch char class concept const continue co_await
co_return co_yield default delete do double else enum explicit export extern false float for
friend goto if inline int long mutable namespace new not nullptr operator or private protected
public register requires return short signed sizeof static struct switch template this throw
true try typedef typeid typename union unsigned using virtual void volatile while xor""".split()
)

IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*\Z")
TYPE_NAME = re.compile(r"[A-Z][A-Za-z0-9]*\Z")

# Keywords every type may have, then those of each kind.
OF_PROPERTIES = {"default", "x-wf-nullable", "x-wf-personal", "x-wf-secret"}
ANYWHERE = OF_PROPERTIES | {"description", "examples"}
KEYWORDS = {
    "text": {"type", "maxLength", "minLength", "pattern"},
    "integer": {"type", "minimum", "maximum"},
    "boolean": {"type"},
    "enumeration": {"type", "enum"},
    "array": {"type", "items", "maxItems", "minItems"},
    "map": {"type", "additionalProperties", "x-wf-key"},
    "object": {"type", "properties", "required", "additionalProperties", "x-wf-kind"},
    "id": {"type", "format", "x-wf-type", "x-wf-tag", "x-wf-kind"},
    "instant": {"type", "format", "x-wf-type"},
    "money": {"type", "x-wf-type"},
    "point": {"type", "x-wf-type"},
    "ref": {"$ref"},
}


def pascal(name):
    return "".join(part.capitalize() for part in name.split("_"))


def identifier(name):
    return name + "_" if name in CPP_WORDS else name


@dataclass
class Node:
    """A place in a schema file."""

    file: str
    pointer: str
    data: object

    def fail(self, text):
        raise SchemaError(f"{self.file}#{self.pointer}: {text}")

    def __getitem__(self, key):
        if not isinstance(self.data, dict) or key not in self.data:
            self.fail(f'"{key}" is missing')
        token = str(key).replace("~", "~0").replace("/", "~1")
        return Node(self.file, f"{self.pointer}/{token}", self.data[key])

    def get(self, key, default=None):
        return self.data.get(key, default) if isinstance(self.data, dict) else default

    def items(self, key):
        """The members of the object at `key`, if there is one."""
        if key not in self.data:
            return []
        inner = self[key]
        if not isinstance(inner.data, dict):
            inner.fail("must be an object")
        return [(name, inner[name]) for name in inner.data]

    def only(self, allowed):
        for key in self.data:
            if key not in allowed:
                self[key].fail(f'"{key}" is not part of the dialect here (schemas/README.md)')

    def is_a(self, kind, what):
        if not isinstance(self.data, kind) or isinstance(self.data, bool) != (kind is bool):
            self.fail(f"must be {what}")
        return self.data


@dataclass
class Type:
    kind: str  # a key of KEYWORDS but "ref"
    name: str = ""  # enumeration, object: C++ name without namespace
    module: object = None  # enumeration, object: where it is declared
    tag: str = ""  # id
    item: object = None  # array, map
    key: object = None  # map: the id type
    values: tuple = ()  # enumeration
    fields: list = field(default_factory=list)  # object
    closed: bool = False  # object: unknown fields are refused
    low: object = None  # minimum, minLength, minItems
    high: object = None
    pattern: str = ""
    description: str = ""
    examples: list = field(default_factory=list)


@dataclass
class Field:
    name: str
    type: Type
    required: bool
    default: object = None  # None: no default
    personal: str = ""  # the field with the subject's id
    secret: str = ""
    description: str = ""
    node: Node = None
    plain: bool = False  # of a configuration: absent means the type's own defaults
    nullable: bool = False  # absent, null and a value are three things

    @property
    def optional(self):
        """std::optional in C++."""
        return (
            not (self.required or self.plain) and self.default is None and self.type.kind != "map"
        )


class Module:
    """One schema file: its types, inner ones first."""

    def __init__(self, schemas, path, namespace, header):
        self.schemas, self.path, self.namespace, self.header = schemas, path, namespace, header
        self.text = path.read_text(encoding="utf-8")
        self.file = str(path.relative_to(schemas.root))
        try:
            data = json.loads(self.text, object_pairs_hook=lambda pairs: self._unique(pairs))
        except json.JSONDecodeError as error:
            raise SchemaError(f"{self.file}: line {error.lineno}: {error.msg}") from None
        self.node = Node(self.file, "", data)
        self.node.is_a(dict, "an object")
        self.types = {}  # $defs name → Type
        self.order = []  # enumerations and objects, dependencies first
        self.uses = []  # other modules whose types appear in fields
        self._open = set()

    def _unique(self, pairs):
        seen = {}
        for key, value in pairs:
            if key in seen:
                raise SchemaError(f'{self.file}: "{key}" is there twice in one object')
            seen[key] = value
        return seen

    def define(self, name):
        """The type of `$defs/name`, read once."""
        if name in self.types:
            return self.types[name]
        node = self.node["$defs"][name]
        if not TYPE_NAME.match(name):
            node.fail("a definition's name is PascalCase")
        if name in self._open:
            node.fail("a type may not contain itself")
        self._open.add(name)
        found = self.type_of(node, name)
        self._open.discard(name)
        found.description = found.description or node.get("description", "")
        self.types[name] = found
        return found

    def reference(self, node):
        target = node["$ref"].is_a(str, "a text")
        file, _, pointer = target.partition("#")
        if not pointer.startswith("/$defs/"):
            node["$ref"].fail('a reference is "FILE#/$defs/NAME"')
        name = pointer[len("/$defs/") :]
        module = (
            self
            if not file
            else self.schemas.module_at((self.path.parent / file).resolve(), node["$ref"])
        )
        if name not in module.node.get("$defs", {}):
            node["$ref"].fail(f"{module.file} has no definition {name}")
        found = module.define(name)
        self.use(found)
        return found

    def use(self, kind):
        if kind.module and kind.module is not self and kind.module not in self.uses:
            self.uses.append(kind.module)
        for inner in (kind.item, kind.key):
            if inner:
                self.use(inner)

    def kind_of(self, node):
        node.is_a(dict, "an object")
        if "$ref" in node.data:
            return "ref"
        if "x-wf-type" in node.data:
            if node.data["x-wf-type"] not in ("id", "instant", "money", "point"):
                node["x-wf-type"].fail("one of id, instant, money, point")
            return node.data["x-wf-type"]
        if "enum" in node.data:
            return "enumeration"
        given = node.get(
            "type", "object" if "properties" in node.data or "x-wf-kind" in node.data else None
        )
        if given == "object":
            return "map" if isinstance(node.get("additionalProperties"), dict) else "object"
        kinds = {"string": "text", "integer": "integer", "boolean": "boolean", "array": "array"}
        if given not in kinds:
            node.fail(f"type {given!r} is not part of the dialect (schemas/README.md)")
        return kinds[given]

    def type_of(self, node, name):
        """The type at `node`; `name` is what it is called if it needs a C++ name."""
        kind = self.kind_of(node)
        extra = (
            {k for k in node.data if k.startswith("x-wf-")}
            if node.get("x-wf-kind") in ("command", "event")
            else set()
        )
        node.only(ANYWHERE | KEYWORDS[kind] | extra | ({"title"} if kind == "object" else set()))
        if kind == "ref":
            return self.reference(node)
        found = Type(
            kind, description=node.get("description", ""), examples=node.get("examples", [])
        )
        getattr(self, "_read_" + kind)(node, name, found)
        return found

    def _limits(self, node, found, low, high):
        for attribute, key in (("low", low), ("high", high)):
            if key in node.data:
                setattr(found, attribute, node[key].is_a(int, "an integer"))
        if found.low is not None and found.high is not None and found.low > found.high:
            node.fail(f"{low} is above {high}")

    def _read_text(self, node, _name, found):
        self._limits(node, found, "minLength", "maxLength")
        if "pattern" in node.data:
            found.pattern = node["pattern"].is_a(str, "a text")
            try:
                re.compile(found.pattern)
            except re.error as error:
                node["pattern"].fail(str(error))

    def _read_integer(self, node, _name, found):
        self._limits(node, found, "minimum", "maximum")

    def _read_boolean(self, node, name, found):
        pass

    def _read_instant(self, node, name, found):
        pass

    def _read_money(self, node, name, found):
        pass

    def _read_point(self, node, name, found):
        pass

    def _read_id(self, node, _name, found):
        found.tag = node["x-wf-tag"].is_a(str, "a text")
        if not TYPE_NAME.match(found.tag):
            node["x-wf-tag"].fail("a tag is PascalCase")
        self.schemas.tags.setdefault(found.tag, None)

    def _read_enumeration(self, node, name, found):
        values = node["enum"].is_a(list, "an array")
        for value in values:
            if not isinstance(value, str) or not IDENTIFIER.match(value):
                node["enum"].fail(f"{value!r} is not snake_case")
        if len(set(values)) != len(values) or not values:
            node["enum"].fail("values must differ, and there must be one")
        found.values, found.name, found.module = tuple(values), name, self
        self._declare(node, found)

    def _read_array(self, node, name, found):
        found.item = self.item_of(node["items"], name[:-1] if name.endswith("s") else name)
        self._limits(node, found, "minItems", "maxItems")

    def _read_map(self, node, name, found):
        found.item = self.item_of(node["additionalProperties"], name)
        key = node["x-wf-key"].is_a(str, "a text")
        if not key.endswith("Id"):
            node["x-wf-key"].fail("names an id type, as BookingId")
        found.key = Type("id", tag=key[:-2])
        self.schemas.tags.setdefault(found.key.tag, None)

    def item_of(self, node, name):
        for key in node.data:
            if key in OF_PROPERTIES:
                node[key].fail("only of a property")
        return self.type_of(node, name)

    def _read_object(self, node, name, found):
        found.name, found.module = name, self
        found.closed = node.get("additionalProperties") is False
        required = node.get("required", [])
        for wanted in required:
            if wanted not in node.get("properties", {}):
                node["required"].fail(f'"{wanted}" is not a property')
        for key, inner in node.items("properties"):
            found.fields.append(self.field_of(key, inner, key in required))
            if found.fields[-1].nullable and node.get("x-wf-kind") not in ("command", "event"):
                inner["x-wf-nullable"].fail("only of a command or an event: elsewhere it is absent")
        if len(found.fields) > 64:
            node.fail("at most 64 properties")
        self._declare(node, found)

    def field_of(self, key, node, required):
        if not IDENTIFIER.match(key):
            node.fail("a property's name is snake_case")
        kind = self.kind_of(node)
        if kind == "object" and not self.schemas.nested(self):
            node.fail("an object inside another is a $defs entry of its own")
        if kind == "ref":  # what stands beside a $ref is the field's
            node.only(ANYWHERE | {"$ref"})
        found = Field(
            key,
            self.type_of(node, pascal(key)),
            required,
            node.get("default"),
            node.get("x-wf-personal", ""),
            node.get("x-wf-secret", ""),
            node.get("description", ""),
            node,
        )
        found.plain = self.schemas.nested(self) and found.type.kind in ("object", "array")
        found.nullable = node.get("x-wf-nullable", False)
        if found.nullable and (not found.optional or found.personal or found.secret):
            node["x-wf-nullable"].fail("only an optional, plain property can be null")
        self.use(found.type)
        if found.secret and found.secret != "argon2id":
            node["x-wf-secret"].fail("argon2id")
        if (found.personal or found.secret) and found.type.kind != "text":
            node.fail("only a text can be personal or secret")
        if found.default is not None and found.type.kind not in (
            "text",
            "integer",
            "boolean",
            "enumeration",
        ):
            node["default"].fail("only texts, integers, booleans and enumerations have defaults")
        return found

    def _declare(self, node, found):
        for other in self.order:
            if other.name == found.name:
                if other.kind == "enumeration" and other.values == found.values:
                    return
                node.fail(
                    f"{found.name} is declared twice; give one of them a $defs entry with "
                    "another name"
                )
        self.order.append(found)
