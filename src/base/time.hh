// SPDX-License-Identifier: Apache-2.0
//
// Time as the rest of the program sees it: a monotonic instant that somebody hands down. Only the
// event loops call now(); everything else takes the instant as an argument, so that tests own it.
#pragma once

#include <chrono>

namespace nsrun::base {

using Duration = std::chrono::nanoseconds;
using Time = std::chrono::time_point<std::chrono::steady_clock, Duration>;

using namespace std::chrono_literals;

// An instant that never comes.
inline constexpr Time kNever = Time::max();

// CLOCK_MONOTONIC. With wall_clock() the only clock read of the program.
Time now() noexcept;

// Since 1970, for what people date; it may jump.
Duration wall_clock() noexcept;

}  // namespace nsrun::base
