"""Programs whose text is none, or shows something else than it says."""

from __future__ import annotations

from reward_bodies import GOOD, body

TEXT = {
    "empty": ("lexical", ""),
    "blank": ("lexical", "   \n\n\t\n"),
    "only_a_comment": ("lexical", "# nothing yet\n"),
    "prose": ("syntax", "I would reward the distance to the goal."),
    "nul_byte": ("lexical", GOOD.replace("r = -d", "r = -d\x00")),
    "form_feed": ("lexical", GOOD.replace("    r", "\f    r")),
    "carriage_return": ("lexical", GOOD.replace("r = -d", "r = -d\rimport os")),
    "bidi_override": ("lexical", body("r = r \u202e+ d")),
    "zero_width_name": ("lexical", body("r\u200b = d")),
    "homoglyph": ("lexical", body("r = t\u043erch.save('a', 'b')")),
    "fullwidth_name": ("lexical", body("x = \uff4fpen('canary.txt', 'w')")),
    "non_breaking_space": ("lexical", body("r =\u00a0d")),
    "surrogate": ("syntax", body("r = '\ud800'")),
    "byte_order_mark": ("lexical", "\ufeff" + GOOD),
    "encoding_line": ("compile", "# coding: utf-7\n" + body("x = +AG8-pen")),
    "type_comment_on_return": (
        "compile",
        "def compute_reward(tcp_pos):\n    # type: (Tensor) -> Tensor\n    return tcp_pos[:, 0]\n",
    ),
    "type_comment_hides_loop": ("syntax", body("while True:  # type: ignore", "    r = d")),
    "mixed_tabs": ("syntax", "def compute_reward(tcp_pos):\n    r = tcp_pos[:, 0]\n\treturn r, {'r': r}\n"),
    "backslash_joins": ("syntax", body("x = torch.\\", "save('a', 'canary.txt')")),
    "semicolon_hides_call": ("syntax", body("r = -d; open('canary.txt', 'w')")),
    "string_hides_end": ("syntax", body("x = '''", "return r, {'r': r}", "'''; open('canary.txt', 'w')")),
    "comment_in_string_trick": ("syntax", body("x = '#'; open('canary.txt', 'w') #'")),
    "triple_quote_in_comment": ("syntax", body('# """', "open('canary.txt', 'w')", '# """')),
    "raw_string_trick": ("syntax", body("x = r'\\'; open('canary.txt', 'w') #'")),
    "prefixed_docstring": ("syntax", body('f"""{open(1)}"""')),
    "unclosed_bracket": ("syntax", body("r = torch.exp(-d")),
    "unclosed_string": ("syntax", body("x = 'abc")),
    "fence_left_in": ("syntax", f"```python\n{GOOD}```\n"),
    "two_helpers_of_a_name": ("syntax", f"def f(x):\n    return x\ndef f(x):\n    return -x\n{GOOD}"),
    "python_two": ("syntax", body("print r")),
    "javascript": ("syntax", "function compute_reward(tcp_pos) { return tcp_pos; }"),
    "repeated_parameter": (
        "syntax",
        "def compute_reward(tcp_pos, tcp_pos):\n    return tcp_pos[:, 0], {'r': tcp_pos[:, 0]}\n",
    ),
    "return_outside": ("syntax", f"{GOOD}\nreturn 1\n"),
    "dunder_helper": ("syntax", f"def __f(x):\n    return x\n{body('r = __f(r)')}"),
    "keyword_as_name": ("syntax", body("None = d")),
    "cut_in_the_middle": ("syntax", GOOD[:60]),
}
