// SPDX-License-Identifier: Apache-2.0
#include "base/log.hh"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <memory>
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
  auto logger = std::make_shared<spdlog::logger>(std::string(program),
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
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
