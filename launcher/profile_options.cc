// SPDX-License-Identifier: Apache-2.0
#include "launcher/profile_options.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdlib>
#include <sstream>

#include "base/error.hh"
#include "base/fd.hh"

namespace nsrun::launcher {
namespace {

constexpr size_t kMaxProfile = 1 << 20;

std::string_view variable(const char* name) noexcept {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string config_folder() {
  // The specification of base directories ignores a relative path.
  if (const auto folder = variable("XDG_CONFIG_HOME"); folder.starts_with('/')) {
    return fmt::format("{}/netns-run", folder);
  }
  const auto home = variable("HOME");
  if (home.empty()) throw base::Failure("--profile: neither XDG_CONFIG_HOME nor HOME is set");
  return fmt::format("{}/.config/netns-run", home);
}

std::string quoted(const std::string& value) {
  if (value == "true" || value == "false") return value;
  const char quote = value.find('"') == std::string::npos ? '"' : '\'';
  return fmt::format("{0}{1}{0}", quote, value);
}

}  // namespace

std::string profile_path(std::string_view name) {
  if (name.find('/') != std::string_view::npos) return std::string(name);
  return fmt::format("{}/{}.toml", config_folder(), name);
}

std::string read_profile(const std::string& name) {
  const std::string path = profile_path(name);
  const std::string attempted = fmt::format("read the profile {}", path);
  const base::Fd file(base::check(attempted, ::open(path.c_str(), O_RDONLY | O_CLOEXEC)));
  std::string text;
  std::array<char, 4096> buffer;
  while (const ssize_t count =
             base::check(attempted, ::read(file.number(), buffer.data(), buffer.size()))) {
    text.append(buffer.data(), static_cast<size_t>(count));
    if (text.size() > kMaxProfile) throw base::Failure(fmt::format("{} is too large", path));
  }
  return text;
}

base::Result<std::vector<std::string>> profile_words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (const CLI::ConfigItem& item : CLI::ConfigTOML().from_config(stream)) {
    if (!item.parents.empty()) {
      return base::Error{fmt::format("[{}]: a profile has no sections", item.parents.front())};
    }
    for (const std::string& value : item.inputs) {
      words.push_back(fmt::format("--{}={}", item.name, value));
    }
  }
  return words;
}

std::string profile_line(std::string_view option, const std::vector<std::string>& values) {
  if (values.size() == 1) return fmt::format("{} = {}\n", option, quoted(values.front()));
  std::string list;
  for (const std::string& value : values) {
    list += fmt::format("{}{}", list.empty() ? "" : ", ", quoted(value));
  }
  return fmt::format("{} = [{}]\n", option, list);
}

}  // namespace nsrun::launcher
