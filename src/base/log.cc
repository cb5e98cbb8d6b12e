// SPDX-License-Identifier: Apache-2.0
#include "base/log.hh"

#include <poll.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <memory>
#include <mutex>
#include <string>

namespace nsrun::base::log {
namespace {

spdlog::level::level_enum to_spdlog(Level level) noexcept {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarning:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

// Standard error, without ever waiting for it: whoever reads it may have stopped, and a message
// that the guest provoked must not stop the traffic. O_NONBLOCK would be set for the caller, too;
// but a pipe that polls writable takes PIPE_BUF bytes at once (pipe(7)). An error may be the last
// word of the program and is worth a moment.
class ErrorSink final : public spdlog::sinks::base_sink<std::mutex> {
 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t text;
    formatter_->format(message, text);
    const bool is_error = message.level >= spdlog::level::err;
    std::string_view rest(text.data(), text.size());
    while (!rest.empty()) {
      pollfd entry{STDERR_FILENO, POLLOUT, 0};
      const int ready = ::poll(&entry, 1, is_error ? 1000 : 0);
      // Where not even that can be asked (no memory) an error is tried all the same.
      if (ready == 0 || (ready < 0 && !is_error)) return;
      const ssize_t count =
          ::write(STDERR_FILENO, rest.data(), std::min<size_t>(rest.size(), PIPE_BUF));
      if (count <= 0) return;
      rest.remove_prefix(static_cast<size_t>(count));
    }
  }
  void flush_() override {}
};

// An error is the message itself; the milder levels name themselves.
std::string_view prefix(Level level) noexcept {
  switch (level) {
    case Level::kDebug:
      return "debug: ";
    case Level::kWarning:
      return "warning: ";
    case Level::kInfo:
    case Level::kError:
      break;
  }
  return "";
}

std::shared_ptr<spdlog::logger> make_logger(std::string_view program, Level lowest) {
  auto logger =
      std::make_shared<spdlog::logger>(std::string(program), std::make_shared<ErrorSink>());
  logger->set_pattern("%n: %v");
  logger->set_level(to_spdlog(lowest));
  return logger;
}

spdlog::logger& logger(std::shared_ptr<spdlog::logger> replacement = nullptr) {
  static std::shared_ptr<spdlog::logger> current = make_logger("netns-run", Level::kInfo);
  if (replacement) current = std::move(replacement);
  return *current;
}

}  // namespace

void open(std::string_view program, Level lowest) { logger(make_logger(program, lowest)); }

bool is_shown(Level level) noexcept { return logger().should_log(to_spdlog(level)); }

void write(Level level, std::string_view text) noexcept {
  logger().log(to_spdlog(level), "{}{}", prefix(level), text);
}

bool RateLimit::allows(Time now, uint64_t& suppressed) noexcept {
  if (now < next_) {
    ++held_back_;
    return false;
  }
  suppressed = std::exchange(held_back_, 0);
  next_ = now + interval_;
  return true;
}

}  // namespace nsrun::base::log
