// SPDX-License-Identifier: Apache-2.0
#include "nsrun/instance.hh"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace nsrun {
namespace {

constexpr size_t kMaxNameBytes = 63;
constexpr size_t kMaxCommandBytes = 400;

bool is_letter_or_digit(char character) noexcept {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
         (character >= '0' && character <= '9');
}

}  // namespace

bool is_instance_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kMaxNameBytes && is_letter_or_digit(text.front()) &&
         std::ranges::all_of(text, [](char character) {
           return is_letter_or_digit(character) || character == '-' || character == '_' ||
                  character == '.';
         });
}

std::string to_text(const Instance& instance) {
  return fmt::format("{},{},{}", instance.name, instance.started,
                     instance.command.substr(0, kMaxCommandBytes));
}

std::optional<Instance> parse_instance(std::string_view text) {
  const size_t first = text.find(',');
  const size_t second = first == std::string_view::npos ? first : text.find(',', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  Instance instance{.name = std::string(text.substr(0, first)),
                    .command = std::string(text.substr(second + 1))};
  const char* end = text.data() + second;
  const auto [stop, error] = std::from_chars(text.data() + first + 1, end, instance.started);
  const bool has_name = instance.name.empty() || is_instance_name(instance.name);
  if (error != std::errc() || stop != end || !has_name) return std::nullopt;
  return instance;
}

std::string control_socket_name(uid_t uid, std::string_view instance_name) {
  return fmt::format("netns-run/{}/{}", uid, instance_name);
}

base::UnixAddress control_socket_address(uid_t uid, std::string_view instance_name) {
  return base::UnixAddress::of_abstract(control_socket_name(uid, instance_name)).value();
}

base::UnixAddress entrance_address(uid_t uid, pid_t launcher) {
  return base::UnixAddress::of_abstract(fmt::format("netns-run-entrance/{}/{}", uid, launcher))
      .value();
}

}  // namespace nsrun
