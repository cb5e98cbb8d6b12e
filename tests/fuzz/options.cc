// SPDX-License-Identifier: Apache-2.0
//
// Any words, one a line, as the command lines of both programs: understood, or refused in words.
#include <algorithm>
#include <string>
#include <vector>

#include "bytes.hh"
#include "helper/options.hh"
#include "launcher/options.hh"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace nsrun;
  const std::string text(reinterpret_cast<const char*>(data), size);
  std::vector<std::string> words;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    words.emplace_back(text, start, end - start);
    start = end + 1;
  }
  // No word of a command line has a zero byte.
  for (std::string& word : words) std::erase(word, '\0');

  const auto helper = helper::parse_options(words);
  NSRUN_CHECK(helper.ok() || !helper.error().empty());

  std::vector<const char*> pointers{"netns-run"};
  for (const std::string& word : words) pointers.push_back(word.c_str());
  const auto launcher =
      launcher::parse_options(static_cast<int>(pointers.size()), pointers.data(),
                              [&text](const std::string&) { return base::Result(text); });
  NSRUN_CHECK(launcher.ok() || !launcher.error().empty());
  if (!launcher) return 0;
  if (const auto* options = std::get_if<launcher::Options>(&*launcher)) {
    NSRUN_CHECK(!options->command.empty());
    // The command is the end of what was given.
    NSRUN_CHECK(options->command.size() <= words.size());
    NSRUN_CHECK(std::equal(options->command.rbegin(), options->command.rend(), words.rbegin()));
  }
  return 0;
}
