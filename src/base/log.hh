// SPDX-License-Identifier: Apache-2.0
//
// Messages to people, on stderr, each line "<program>: <text>" ("<program>: warning: <text>").
// The only place that knows spdlog. Safe from every thread; never throws.
#pragma once

#include <fmt/core.h>

#include <string_view>
#include <utility>

#include "base/time.hh"

namespace nsrun::base::log {

enum class Level { kDebug, kInfo, kWarning, kError };

// Call once, before the first message. Without it messages go out with the name "netns-run".
void open(std::string_view program, Level lowest);

bool is_shown(Level level) noexcept;
void write(Level level, std::string_view text) noexcept;

template <typename... Args>
void message(Level level, fmt::format_string<Args...> format, Args&&... args) noexcept {
  if (!is_shown(level)) return;
  try {
    write(level, fmt::format(format, std::forward<Args>(args)...));
  } catch (...) {
    write(level, "(a message could not be formatted)");
  }
}

template <typename... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) noexcept {
  message(Level::kDebug, format, std::forward<Args>(args)...);
}
template <typename... Args>
void info(fmt::format_string<Args...> format, Args&&... args) noexcept {
  message(Level::kInfo, format, std::forward<Args>(args)...);
}
template <typename... Args>
void warning(fmt::format_string<Args...> format, Args&&... args) noexcept {
  message(Level::kWarning, format, std::forward<Args>(args)...);
}
template <typename... Args>
void error(fmt::format_string<Args...> format, Args&&... args) noexcept {
  message(Level::kError, format, std::forward<Args>(args)...);
}

// Lets one message through per interval and counts the others, so that a guest cannot fill a log.
class RateLimit {
 public:
  explicit RateLimit(Duration interval) noexcept : interval_(interval) {}

  // True when a message may go out now; `suppressed` is then how many were held back before it.
  bool allows(Time now, uint64_t& suppressed) noexcept;

 private:
  Duration interval_;
  Time next_{};
  uint64_t held_back_ = 0;
};

}  // namespace nsrun::base::log
