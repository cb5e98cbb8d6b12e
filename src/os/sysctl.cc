// SPDX-License-Identifier: Apache-2.0
#include "os/sysctl.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>

#include "base/error.hh"
#include "base/fd.hh"
#include "base/log.hh"

namespace nsrun::os {
namespace {

std::string path_of(const std::string& name) { return "/proc/sys/" + name; }

}  // namespace

void write_sysctl(const std::string& name, std::string_view value) {
  const std::string attempted = fmt::format("set {} to {}", name, value);
  const base::Fd file(base::check(attempted, ::open(path_of(name).c_str(), O_WRONLY | O_CLOEXEC)));
  base::check(attempted, ::write(file.number(), value.data(), value.size()));
}

bool try_sysctl(const std::string& name, std::string_view value) {
  try {
    write_sysctl(name, value);
    return true;
  } catch (const base::SystemError& error) {
    base::log::debug("{}", error.what());
    return false;
  }
}

std::optional<std::string> read_sysctl(const std::string& name) {
  const base::Fd file(::open(path_of(name).c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return std::nullopt;
  std::array<char, 256> buffer;
  const ssize_t count = ::read(file.number(), buffer.data(), buffer.size());
  if (count < 0) return std::nullopt;
  std::string value(buffer.data(), static_cast<size_t>(count));
  while (!value.empty() && value.back() == '\n') value.pop_back();
  return value;
}

}  // namespace nsrun::os
