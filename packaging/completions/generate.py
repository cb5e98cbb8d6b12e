#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Completions of a program for a shell, from what its --help says, so that they cannot differ:

    generate.py bash|zsh|fish PROGRAM HELP-SOURCE

HELP-SOURCE is the C++ file with the help text: nothing that was built has to run."""

import pathlib
import re
import sys
from dataclasses import dataclass

# Where a value is one of few words.
WORDS = {"--listen-fds": "command helper", "--notify": "netns-run command",
         "--tcp-engine": "accelerated libslirp", "--netns-type": "path pid tapfd",
         "--target-type": "netns bess"}
CONTROL_COMMANDS = "ps port connections capture stats top exec shell stop"
# What --help does not explain.
PLAIN = {"--help": "show help", "--version": "show the version"}


@dataclass(frozen=True)
class Option:
    short: str  # "" or one letter
    long: str  # with its dashes
    value: str  # what --help calls it; "": a flag
    about: str

    @property
    def names(self) -> list[str]:
        return [*(["-" + self.short] if self.short else []), self.long]

    @property
    def is_path(self) -> bool:
        return self.value == "PATH"


def options_in(help_text: str) -> list[Option]:
    """A line of --help with options opens with them; two blanks, or the next line, and what they do."""
    lines = help_text.splitlines()
    found = []
    for number, line in enumerate(lines):
        if not re.match(r" *--?[a-zL6]", line):
            continue
        head, _, about = re.sub(r"(\S) {2,}", r"\1\0", line.strip()).partition("\0")
        following = lines[number + 1].strip() if number + 1 < len(lines) else ""
        about = about or ("" if following.startswith("-") else following)
        letters = re.findall(r"(?:^|, )-([a-zA-Z0-9])\b", head)
        longs = re.findall(r"--[a-z][a-z0-9-]+", head)
        value = re.search(r"(?:^|[^\[])[= ]([A-Z][^\s]*)$", head)
        found += [Option(letters[0] if letters and len(longs) == 1 else "", long,
                         value[1] if value else "", about or PLAIN.get(long, "")) for long in longs]
    return found


def bash(program: str, options: list[Option]) -> str:
    function = "_" + program.replace("-", "_")
    names = " ".join(name for option in options for name in option.names)
    with_value = "|".join(name for option in options if option.value for name in option.names)
    of_values = "".join(
        f"    {'|'.join(option.names)})\n        mapfile -t COMPREPLY < <({generator})\n"
        "        return ;;\n"
        for option in options
        for generator in [f'compgen -W "{WORDS[option.long]}" -- "$word"' if option.long in WORDS
                          else 'compgen -f -- "$word"' if option.is_path else ""] if generator)
    return f"""# bash completion for {program}
{function}() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD - 1]}}
    local at=1 words=() is_over=
    # Bash cuts words at = and :.
    [[ $word == = ]] && word=
    [[ $previous == = ]] && previous=${{COMP_WORDS[COMP_CWORD - 2]}}
    while ((at < COMP_CWORD)); do
        case ${{COMP_WORDS[at]}} in
        --)
            is_over=1
            break ;;
        {with_value})
            [[ ${{COMP_WORDS[at + 1]}} == = ]] && ((at++))
            ((at += 2))
            while ((at < COMP_CWORD)) && [[ ${{COMP_WORDS[at]}} == : ]]; do ((at += 2)); done ;;
        -*) ((at++)) ;;
        *)
            words+=("${{COMP_WORDS[at]}}")
{BASH_WORD[program]} ;;
        esac
    done
    case $is_over$previous in
{of_values}    esac
    ((at > COMP_CWORD)) && return
    if [[ -z $is_over && $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "{names}" -- "$word")
        return
    fi
{BASH_REST[program]}
}}
complete -F {function} {program}
"""


BASH_WORD = {"netns-run": "            is_over=1\n            break",
             "netns-slirp": "            ((at++))",
             "netns-ctl": """            ((at++))
            [[ ${words[0]} == exec && ${#words[@]} == 2 ]] && is_over=1 && break"""}
BASH_COMMAND = """    [[ ${COMP_WORDS[at]} == -- ]] && ((at++))
    if declare -F _command_offset >/dev/null; then
        _command_offset "$at"
    elif ((at >= COMP_CWORD)); then
        mapfile -t COMPREPLY < <(compgen -c -- "$word")
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
    fi"""
BASH_CONTROL = f"""    if [[ -n $is_over ]]; then
{BASH_COMMAND}
        return
    fi
""" + """    local choice
    case "${#words[@]} ${words[0]}" in
    "0 ") choice="CONTROL_COMMANDS" ;;
    "1 port") choice="add list rm" ;;
    "1 connections" | "1 capture" | "1 stats" | "1 top" | "1 exec" | "1 shell" | "1 stop" | "2 port")
        choice=$(netns-ctl ps 2>/dev/null | awk 'NR > 1 { print $1 }') ;;
    *) choice= ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$choice" -- "$word")""".replace(
    "CONTROL_COMMANDS", CONTROL_COMMANDS)
BASH_REST = {"netns-run": BASH_COMMAND, "netns-ctl": BASH_CONTROL,
             "netns-slirp": '    mapfile -t COMPREPLY < <(compgen -f -- "$word")'}


def zsh(program: str, options: list[Option]) -> str:
    specs = []
    for option in options:
        about = re.sub(r"([\[\]:\\])", r"\\\1", option.about).replace("'", "'\\''")
        value = option.value.replace(":", "\\:").replace("[", "\\[").replace("]", "\\]")
        action = f"({WORDS[option.long]})" if option.long in WORDS else \
            "_files" if option.is_path else " "
        tail = f":{value}:{action}" if option.value else ""
        specs += [f"'*{name}{('=' if name == option.long else '+') if option.value else ''}"
                  f"[{about}]{tail}'" for name in option.names]
    return f"#compdef {program}\n{ZSH_BEFORE.get(program, '')}_arguments -s -S \\\n    " + \
        " \\\n    ".join([*specs, *ZSH_REST[program]]) + "\n"


ZSH_BEFORE = {"netns-ctl": """local -a names
names=(${(f)"$(netns-ctl ps 2>/dev/null | awk 'NR > 1 { print $1 }')"})
"""}
ZSH_REST = {"netns-run": ["'(-):command:_command_names -e'", "'*::arguments:_normal'"],
            "netns-slirp": ["'*:PID, path or interface:_files'"],
            "netns-ctl": [f"'1:command:({CONTROL_COMMANDS})'", '"2:name or verb:(add list rm $names)"',
                          '"3:name:($names)"']}


def fish(program: str, options: list[Option]) -> str:
    lines = []
    for option in options:
        about = option.about.replace("\\", "\\\\").replace("'", "\\'")
        short = f" -s {option.short}" if option.short else ""
        value = f" -xa '{WORDS[option.long]}'" if option.long in WORDS else \
            " -rF" if option.is_path else " -x" if option.value else ""
        lines.append(f"complete -c {program}{short} -l {option.long[2:]}{value} -d '{about}'")
    return f"# fish completion for {program}\n" + "\n".join([*lines, *FISH_REST[program]]) + "\n"


FISH_NAMES = '(netns-ctl ps 2>/dev/null | awk "NR > 1 { print \\$1 }")'
FISH_REST = {
    "netns-run": ["complete -c netns-run -xa '(__fish_complete_subcommand)'"],
    "netns-slirp": [],
    "netns-ctl": [
        "complete -c netns-ctl -f",
        f"complete -c netns-ctl -n __fish_use_subcommand -a '{CONTROL_COMMANDS}'",
        "complete -c netns-ctl -n '__fish_seen_subcommand_from port' -a 'add list rm'",
        "complete -c netns-ctl -n '__fish_seen_subcommand_from port connections capture stats top exec "
        "shell stop' "
        f"-a '{FISH_NAMES}'"]}


def main() -> None:
    shell, program, source = sys.argv[1:]
    text = pathlib.Path(source).read_text()
    options = options_in(text[text.index('R"(') + 3:text.rindex(')"')])
    print({"bash": bash, "zsh": zsh, "fish": fish}[shell](program, options), end="")


if __name__ == "__main__":
    main()
