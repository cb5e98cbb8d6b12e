// SPDX-License-Identifier: Apache-2.0
//
// One line of what netns-run --check says.
#pragma once

#include <string>

namespace nsrun::launcher {

enum class Verdict {
  kOk,
  kMissing,  // netns-run works without it; the detail says what does not
  kNotOk,    // netns-run does not work
};

struct Finding {
  Verdict verdict = Verdict::kOk;
  std::string what;
  std::string detail;  // what was found, or what is wrong and what mends it; may be empty
};

}  // namespace nsrun::launcher
