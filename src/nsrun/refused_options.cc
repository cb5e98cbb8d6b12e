// SPDX-License-Identifier: Apache-2.0
#include "nsrun/refused_options.hh"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace nsrun {

std::string describe(const CLI::ParseError& error) {
  const std::string_view text = error.what();
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ArgumentMismatch)) {
    return fmt::format("{} needs a value", text.substr(0, text.find(':')));
  }
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError)) {
    return fmt::format("unknown option{}", text.substr(std::min(text.find(':'), text.size())));
  }
  return std::string(text);
}

}  // namespace nsrun
