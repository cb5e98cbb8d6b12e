// SPDX-License-Identifier: Apache-2.0
#include "os/text_file.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/error.hh"
#include "base/fd.hh"

namespace nsrun::os {

base::Result<std::string> read_text(const std::string& path, size_t most) {
  const auto failed = [&] {
    return base::Error{fmt::format("read {}: {}", path, base::error_text(errno))};
  };
  const base::Fd file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat status {};
  if (!file.is_open() || ::fstat(file.number(), &status) < 0) return failed();
  if (!S_ISREG(status.st_mode)) {
    return base::Error{fmt::format("read {}: it is not a regular file", path)};
  }
  std::string text;
  std::array<char, 4096> buffer;
  ssize_t count = 0;
  while ((count = ::read(file.number(), buffer.data(),
                         std::min(buffer.size(), most - text.size()))) > 0) {
    text.append(buffer.data(), static_cast<size_t>(count));
  }
  if (count < 0) return failed();
  return text;
}

std::string text_or_nothing(const std::string& path, size_t most) {
  auto text = read_text(path, most);
  return text ? std::move(*text) : std::string();
}

void write_text(const std::string& path, std::string_view text) {
  const std::string attempted = fmt::format("write {}", path);
  const base::Fd file(
      base::check(attempted, ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644)));
  while (!text.empty()) {
    const ssize_t count = base::check(attempted, ::write(file.number(), text.data(), text.size()));
    text.remove_prefix(static_cast<size_t>(count));
  }
}

}  // namespace nsrun::os
