// SPDX-License-Identifier: Apache-2.0
//
// The terminal as a screen that is drawn anew (ECMA-48 sequences, as every terminal has them):
// while the object lives, keys come one by one without echo, and the lines from before are out of
// sight. Afterwards all is as it was.
#pragma once

#include <termios.h>

#include <optional>
#include <string_view>

#include "base/fd.hh"

namespace nsrun::ctl {

struct ScreenSize {
  size_t rows = 24;
  size_t columns = 80;
};

class TerminalScreen {
 public:
  // `input` need not be a terminal. Throws SystemError.
  TerminalScreen(base::FdView input, base::FdView output);
  TerminalScreen(const TerminalScreen&) = delete;
  TerminalScreen& operator=(const TerminalScreen&) = delete;
  ~TerminalScreen();

  // Now: it may change.
  ScreenSize size() const noexcept;
  // `text` has at most as many lines as there are rows, none longer than the width. Throws
  // SystemError.
  void show(std::string_view text);

 private:
  base::FdView input_;
  base::FdView output_;
  std::optional<termios> mode_before_;
};

}  // namespace nsrun::ctl
