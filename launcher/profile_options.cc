// SPDX-License-Identifier: Apache-2.0
#include "launcher/profile_options.hh"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <sstream>

#include "os/text_file.hh"

namespace nsrun::launcher {
namespace {

std::string_view variable(const char* name) noexcept {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string quoted(const std::string& value) {
  if (value == "true" || value == "false") return value;
  const char quote = value.find('"') == std::string::npos ? '"' : '\'';
  return fmt::format("{0}{1}{0}", quote, value);
}

}  // namespace

base::Result<std::string> profile_path(std::string_view name) {
  if (name.find('/') != std::string_view::npos) return std::string(name);
  // The specification of base directories ignores a relative path.
  if (const auto folder = variable("XDG_CONFIG_HOME"); folder.starts_with('/')) {
    return fmt::format("{}/netns-run/{}.toml", folder, name);
  }
  const auto home = variable("HOME");
  if (home.empty()) return base::Error{"neither XDG_CONFIG_HOME nor HOME is set"};
  return fmt::format("{}/.config/netns-run/{}.toml", home, name);
}

base::Result<std::string> read_profile(const std::string& name) {
  const auto path = profile_path(name);
  return path ? os::read_text(*path) : path;
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
