// SPDX-License-Identifier: Apache-2.0
#include "base/time.hh"

namespace nsrun::base {

Time now() noexcept { return std::chrono::steady_clock::now(); }

}  // namespace nsrun::base
