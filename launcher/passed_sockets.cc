// SPDX-License-Identifier: Apache-2.0
#include "launcher/passed_sockets.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hh"

namespace nsrun::launcher {
namespace {

constexpr int kFirstNumber = 3;  // SD_LISTEN_FDS_START

std::string_view variable(const char* name) noexcept {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

// How many descriptors from kFirstNumber on are meant for this process.
int count_of_service_manager() {
  if (variable("LISTEN_PID") != fmt::format("{}", ::getpid())) return 0;
  const std::string_view text = variable("LISTEN_FDS");
  int count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return std::max(count, 0);
}

std::vector<rules::ListenRule> wanted_sockets(const Options& options, int count) {
  std::vector<rules::ListenRule> wanted = options.listen;
  if (!options.takes_listen_fds) return wanted;
  if (count == 0) {
    throw base::Failure(
        "--listen-fds=helper: nobody has passed sockets to netns-run (LISTEN_PID, LISTEN_FDS)");
  }
  for (int number = kFirstNumber; number < kFirstNumber + count; ++number) {
    if (std::ranges::count(wanted, number, &rules::ListenRule::number) == 0) {
      wanted.push_back({number, 0});
    }
  }
  return wanted;
}

// Those that were not taken move up, with their names.
void pass_the_rest_on(int count, const std::vector<rules::ListenRule>& taken) {
  std::vector<std::string_view> names;
  std::string_view old_names = variable("LISTEN_FDNAMES");
  int next = kFirstNumber;
  for (int number = kFirstNumber; number < kFirstNumber + count; ++number) {
    const size_t length = std::min(old_names.find(':'), old_names.size());
    const std::string_view name = old_names.substr(0, length);
    old_names.remove_prefix(std::min(length + 1, old_names.size()));
    if (std::ranges::count(taken, number, &rules::ListenRule::number) != 0) continue;
    names.push_back(name);
    if (number != next) {
      base::check("pass a socket on", ::dup2(number, next));
      ::close(number);
    }
    ++next;
  }
  if (next == kFirstNumber) {
    for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(name);
    return;
  }
  const std::string new_names = fmt::format("{}", fmt::join(names, ":"));
  ::setenv("LISTEN_FDS", fmt::format("{}", next - kFirstNumber).c_str(), 1);
  if (!variable("LISTEN_FDNAMES").empty()) ::setenv("LISTEN_FDNAMES", new_names.c_str(), 1);
}

}  // namespace

os::PassedSockets take_passed_sockets(const Options& options) {
  const int count = count_of_service_manager();
  const std::vector<rules::ListenRule> wanted = wanted_sockets(options, count);
  // Beyond the callers' descriptors: none of ours may be taken for one of them.
  int first_copy = kFirstNumber + count;
  for (const rules::ListenRule& rule : wanted) first_copy = std::max(first_copy, rule.number + 1);
  os::PassedSockets sockets;
  for (const rules::ListenRule& rule : wanted) {
    base::Fd copy(::fcntl(rule.number, F_DUPFD_CLOEXEC, first_copy));
    auto error = copy.is_open() ? sockets.add(std::move(copy), rule.guest_port)
                                : base::Error{base::error_text(errno)};
    if (error) {
      throw base::Failure(
          fmt::format("cannot publish the descriptor {}: {}", rule.number, error->message));
    }
    ::close(rule.number);
  }
  if (count > 0) pass_the_rest_on(count, wanted);
  return sockets;
}

}  // namespace nsrun::launcher
