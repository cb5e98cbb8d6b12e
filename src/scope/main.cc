// SPDX-License-Identifier: Apache-2.0
//
// netns-scope: asks systemd for netns-run, in a process of its own. GDBus loads ten libraries,
// which would cost every start of netns-run as much as a third of its time, and starts a thread.
//
//   netns-scope                              does systemd answer?
//   netns-scope UNIT PID PROPERTY=NUMBER...  put the process into a new scope
//
// Whatever fails is one line on standard error, for netns-run to quote, and status 1.
#include <charconv>
#include <cstdio>
#include <exception>
#include <span>
#include <string_view>

#include "base/error.hh"
#include "scope/scope.hh"

namespace {

using namespace nsrun;

template <typename Number>
Number parse_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw base::Failure("netns-scope is for netns-run alone: expected UNIT PID PROPERTY=NUMBER...");
  }
  return number;
}

scope::Property parse_property(std::string_view text) {
  const size_t sign = text.find('=');
  return {std::string(text.substr(0, sign)),
          parse_number<uint64_t>(sign == std::string_view::npos ? "" : text.substr(sign + 1))};
}

void run(std::span<char*> arguments) {
  if (arguments.empty()) return scope::greet_systemd();
  std::vector<scope::Property> limits;
  for (char* text : arguments.subspan(std::min<size_t>(2, arguments.size()))) {
    limits.push_back(parse_property(text));
  }
  scope::start(arguments[0], parse_number<pid_t>(arguments.size() < 2 ? "" : arguments[1]), limits);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(std::span(argv, static_cast<size_t>(argc)).subspan(1));
    return 0;
  } catch (const std::exception& error) {
    std::fputs(error.what(), stderr);
    return 1;
  }
}
