// SPDX-License-Identifier: Apache-2.0
#include "ctl/terminal_screen.hh"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/error.hh"
#include "rules/text.hh"

namespace nsrun::ctl {
namespace {

// Another screen without a cursor, and back.
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l";
constexpr std::string_view kLeave = "\x1b[?25h\x1b[?1049l";
constexpr std::string_view kHome = "\x1b[H";
constexpr std::string_view kClearLine = "\x1b[K";
constexpr std::string_view kClearBelow = "\x1b[J";

void write_all(base::FdView output, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(output.number(), text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    text.remove_prefix(static_cast<size_t>(base::check("write to the terminal", count)));
  }
}

}  // namespace

TerminalScreen::TerminalScreen(base::FdView input, base::FdView output)
    : input_(input), output_(output) {
  if (termios mode{}; tcgetattr(input.number(), &mode) == 0) {
    mode_before_ = mode;
    mode.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    base::check("set the terminal's mode", tcsetattr(input.number(), TCSADRAIN, &mode));
  }
  write_all(output_, kEnter);
}

TerminalScreen::~TerminalScreen() {
  // Where the terminal is gone there is nothing to restore.
  if (write(output_.number(), kLeave.data(), kLeave.size()) < 0) return;
  if (mode_before_) tcsetattr(input_.number(), TCSADRAIN, &*mode_before_);
}

ScreenSize TerminalScreen::size() const noexcept {
  winsize size{};
  if (ioctl(output_.number(), TIOCGWINSZ, &size) < 0 || size.ws_row == 0 || size.ws_col == 0) {
    return {};
  }
  return {size.ws_row, size.ws_col};
}

void TerminalScreen::show(std::string_view text) {
  std::string drawn(kHome);
  bool is_first = true;
  rules::for_each_line(text, [&](std::string_view line) {
    if (!is_first) drawn += "\r\n";  // not behind the last: the screen would move up
    is_first = false;
    drawn += line;
    drawn += kClearLine;
  });
  drawn += kClearBelow;
  write_all(output_, drawn);
}

}  // namespace nsrun::ctl
