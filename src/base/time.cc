// SPDX-License-Identifier: Apache-2.0
#include "base/time.hh"

namespace nsrun::base {

Time now() noexcept { return std::chrono::steady_clock::now(); }

Duration wall_clock() noexcept { return std::chrono::system_clock::now().time_since_epoch(); }

}  // namespace nsrun::base
