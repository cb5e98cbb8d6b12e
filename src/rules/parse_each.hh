// SPDX-License-Identifier: Apache-2.0
//
// An option that may be given repeatedly: all its values, or the first error.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hh"

namespace nsrun::rules {

template <typename Rule>
base::Result<std::vector<Rule>> parse_each(const std::vector<std::string>& texts,
                                           base::Result<Rule> (*parse)(std::string_view)) {
  std::vector<Rule> rules;
  for (const std::string& text : texts) {
    auto rule = parse(text);
    if (!rule) return base::Error{rule.error()};
    rules.push_back(std::move(*rule));
  }
  return rules;
}

// Puts a value to others of its kind, or says what is wrong with it.
template <typename Rule>
std::optional<base::Error> append_rule(std::vector<Rule>& rules, const base::Result<Rule>& rule) {
  if (!rule) return base::Error{rule.error()};
  rules.push_back(*rule);
  return std::nullopt;
}

}  // namespace nsrun::rules
