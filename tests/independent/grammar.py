"""The grammar of policies as the language's page (docs/language.md) has it: from the text to its parts.

Like the evaluator in `language.py`, it was written without the compiler and without its results.
"""

import re

import facts

TOKEN = re.compile(
    r"""\s+ | //[^\n]* | /\*.*?\*/
    | (?P<string>"[^"]*") | (?P<integer>[0-9][0-9a-zA-Z_]*) | (?P<word>(?:r\#)?[A-Za-z_][A-Za-z0-9_]*)
    | (?P<sign>\.\.= | \.\. | == | != | <= | >= | && | \|\| | :: | .)""",
    re.VERBOSE | re.DOTALL,
)

# Linux 6.12, include/uapi/linux/seccomp.h: SECCOMP_RET_*.
RETURNS = {
    "kill": 0x8000_0000, "kill_process": 0x8000_0000, "kill_thread": 0, "trap": 0x0003_0000,
    "errno": 0x0005_0000, "notify": 0x7FC0_0000, "trace": 0x7FF0_0000, "log": 0x7FFC_0000, "allow": 0x7FFF_0000,
}


class Wrong(Exception):
    """The text does not follow the page's grammar, or has an unknown name."""


def tokens(text):
    found = []
    for match in TOKEN.finditer(text):
        kind = match.lastgroup
        if kind:
            word = match.group(kind)
            found.append((kind, word.removeprefix("r#") if kind == "word" else word))
    return found


def integer(text):
    digits = text.replace("_", "")
    for prefix, base in ("0x", 16), ("0o", 8), ("0b", 2):
        if digits.startswith(prefix):
            return int(digits[2:], base)
    return int(digits, 10)


class Parser:
    """The grammar of the page, a function for each of its lines."""

    def __init__(self, text, fragments):
        self.tokens, self.at, self.fragments = tokens(text), 0, fragments

    def next(self, ahead=0):
        at = self.at + ahead
        return self.tokens[at] if at < len(self.tokens) else ("end", "")

    def take(self, text):
        taken = self.next()[0] in ("sign", "word") and self.next()[1] == text
        self.at += taken
        return taken

    def need(self, text):
        if not self.take(text):
            raise Wrong(f"expected {text}, not {self.next()[1]}")

    def word(self):
        kind, text = self.next()
        if kind != "word":
            raise Wrong(f"expected a word, not {text}")
        self.at += 1
        return text

    def integer(self):
        kind, text = self.next()
        if kind != "integer":
            raise Wrong(f"expected an integer, not {text}")
        self.at += 1
        return integer(text)

    def number_of_call(self):
        negative = self.take("-")
        number = self.integer()
        if negative and number != 1:
            raise Wrong(f"no call has the number -{number}")
        return facts.SKIPPED if negative else number

    def list(self, one, end):
        found = [one()]
        while self.take(",") and not (self.next()[1] in end or self.next()[0] == "end"):
            found.append(one())
        return found

    def policy(self):
        items = []
        while self.next()[0] != "end":
            stays = True
            self.abis = None
            while self.take("#"):
                stays &= self.attribute()
            found = self.item(self.abis)
            if stays:
                items.extend(found)
            if self.next()[0] != "end":
                self.need(";")
        return items

    def attribute(self):
        """Whether the item counts."""
        self.need("[")
        name = self.word()
        stays = True
        if name == "cfg":
            self.need("(")
            stays = self.predicate()
            self.need(")")
        elif name == "arch":
            self.need("(")
            self.abis = self.list(self.word, ")")
            self.need(")")
        elif name == "allow":
            while not self.take(")"):
                self.at += 1
        self.need("]")
        return stays

    def predicate(self):
        name = self.word()
        self.need("(")
        parts = []
        while not self.take(")"):
            parts.append(self.predicate())
            self.take(",")
        return {"all": all, "any": any, "not": lambda parts: not parts[0]}[name](parts)

    def item(self, abis):
        kind = self.next()[1]
        if self.take("report"):
            if self.next()[0] == "word":
                self.at += 1
            return [("report",)]
        if kind in ("default", "unknown", "bad_arch"):
            self.at += 1
            return [(kind, self.action())]
        if self.take("arch"):
            return [("arch", self.list(self.word, ";"))]
        if self.take("include"):
            name = ""
            while self.next()[0] != "end" and self.next()[1] != ";":
                name += self.next()[1]
                self.at += 1
            return Parser(self.fragments[name.strip(chr(34))], self.fragments).policy()
        action = self.action()
        return [("rule", action, self.list(self.target, ";"), abis)]

    def action(self):
        name = self.word()
        if name not in RETURNS:
            raise Wrong(f"no action {name}")
        value = ("integer", 0)
        if self.take("("):
            value = self.value()
            self.need(")")
        return name, value

    def target(self):
        if self.take("@"):
            name = "@" + self.word()
            while self.take("-"):
                name += "-" + self.word()
            return ("group", name, None)
        name = self.word()
        call = ("name", name)
        if name == "syscall" and self.take("("):
            call = ("number", self.number_of_call())
            self.need(")")
        else:
            # A call that the ABI lacks is skipped. (Without a `?` the compiler refuses the policy if all of its ABIs lack
            # the call.)
            self.take("?")
        condition = None
        if self.take("("):
            condition = ("all", self.list(self.either, ")"))
            self.need(")")
        return (*call, condition)

    def either(self):
        parts = [self.both()]
        while self.take("||"):
            parts.append(self.both())
        return ("any", parts)

    def both(self):
        parts = [self.simple()]
        while self.take("&&"):
            parts.append(self.simple())
        return ("all", parts)

    def simple(self):
        if self.take("!"):
            self.need("(")
            inner = self.either()
            self.need(")")
            return ("not", inner)
        # A parenthesis opens a subject or a condition; the token after its end shows which.
        if self.next() == ("sign", "("):
            start = self.at
            try:
                return self.comparison()
            except Wrong:
                self.at = start
            self.need("(")
            inner = self.either()
            self.need(")")
            return inner
        return self.comparison()

    def comparison(self):
        argument, cast, mask = self.subject()
        if self.take("in"):
            elements = self.set()
            if elements is None:
                elements = [self.element()]
                if elements[0][0] != "range":
                    raise Wrong("`in` takes a range or a set")
            return ("in", argument, cast, mask, elements)
        kind, operator = self.next()
        if operator not in ("==", "!=", "<", "<=", ">", ">="):
            raise Wrong(f"no comparison: {operator}")
        self.at += 1
        return ("compare", argument, cast, mask, operator, self.value())

    def set(self):
        """The elements in braces, or None if the braces are an expression with which a range begins."""
        start = self.at
        if not self.take("{"):
            return None
        elements = self.list(self.element, "}")
        self.need("}")
        if self.next()[1] in ("..", "..=", "|"):
            self.at = start
            return None
        return elements

    def subject(self):
        if self.take("("):
            argument, cast, mask = self.subject()
            self.need(")")
            if mask is None and self.take("&"):
                mask = self.bits()
            return argument, cast, mask
        argument = self.word()
        cast = mask = None
        if self.take("as"):
            cast = self.word()
            if cast not in ("u32", "i32", "u64", "i64"):
                raise Wrong(f"no cast {cast}")
        if self.take("&"):
            mask = self.bits()
        return argument, cast, mask

    def element(self):
        first = None if self.next()[1] in ("..", "..=") else self.value()
        for sign in "..=", "..":
            if self.take(sign):
                ends = self.next()[0] == "end" or self.next()[1] in (",", "}", ")", "&&", "||")
                last = None if ends else self.value()
                return ("range", first, last, sign == "..=")
        if first is None:
            raise Wrong("no element")
        return ("value", first)

    def value(self):
        parts = [self.bits()]
        while self.take("|"):
            parts.append(self.bits())
        return parts[0] if len(parts) == 1 else ("or", parts)

    def bits(self):
        if self.take("!"):
            return ("not", self.bits())
        if self.take("-"):
            return ("integer", -self.integer())
        if self.take("("):
            inner = self.value()
            self.need(")")
            return inner
        if self.take("{"):
            # Of the values of rustc, only numbers are known here.
            sign = -1 if self.take("-") else 1
            number = self.integer()
            self.need("}")
            return ("rust", sign * number)
        if self.next() == ("sign", "$") or self.next()[1] == "run_time" and self.next(1)[1] == "(":
            # The same is true of the values of the running program.
            self.at += 1
            self.need("(")
            sign = -1 if self.take("-") else 1
            number = self.integer()
            self.need(")")
            return ("rust", sign * number)
        if self.next()[0] == "integer":
            return ("integer", self.integer())
        return ("constant", self.word())
