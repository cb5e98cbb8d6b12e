// SPDX-License-Identifier: Apache-2.0
//
// Profiles: options of netns-run in a file, so that a command line need not repeat them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hh"

namespace nsrun::launcher {

// Where the profile is: a name with a slash is a path itself, any other a file NAME.toml in
// $XDG_CONFIG_HOME/netns-run, by default ~/.config/netns-run.
base::Result<std::string> profile_path(std::string_view name);

base::Result<std::string> read_profile(const std::string& name);

// The text of a profile as words of a command line: `mtu = 1500` is "--mtu=1500". TOML as CLI11
// reads it: one option in a line, several values as ["a", "b"], no sections. Which options exist is
// not known here.
base::Result<std::vector<std::string>> profile_words(const std::string& text);

// One line of a profile, read back by the former. `values`: at least one.
std::string profile_line(std::string_view option, const std::vector<std::string>& values);

}  // namespace nsrun::launcher
