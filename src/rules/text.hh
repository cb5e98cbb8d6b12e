// SPDX-License-Identifier: Apache-2.0
//
// Lines and words of the small configuration files in /etc. Views into the text they are given;
// knows nothing of comments or keywords.
#pragma once

#include <string_view>
#include <vector>

namespace nsrun::rules {

// A carriage return counts: files edited elsewhere end their lines with it.
constexpr bool is_blank(char character) noexcept {
  return character == ' ' || character == '\t' || character == '\r';
}

inline std::vector<std::string_view> split_words(std::string_view line) {
  std::vector<std::string_view> words;
  size_t position = 0;
  while (position < line.size()) {
    size_t end = position;
    while (end < line.size() && !is_blank(line[end])) ++end;
    if (end > position) words.push_back(line.substr(position, end - position));
    position = end + 1;
  }
  return words;
}

// Calls `visit` with each line, without its newline.
template <typename Visitor>
void for_each_line(std::string_view text, Visitor visit) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    visit(text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

}  // namespace nsrun::rules
