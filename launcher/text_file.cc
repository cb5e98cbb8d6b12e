// SPDX-License-Identifier: Apache-2.0
#include "launcher/text_file.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>

#include "base/error.hh"
#include "base/fd.hh"

namespace nsrun::launcher {

std::string read_text(const std::string& path) {
  const base::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  std::array<char, 4096> buffer;
  ssize_t count = 0;
  while ((count = ::read(file.number(), buffer.data(), buffer.size())) > 0) {
    text.append(buffer.data(), static_cast<size_t>(count));
  }
  return text;
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

}  // namespace nsrun::launcher
