// SPDX-License-Identifier: Apache-2.0
//
// Whether a helper that died is followed by another one, and when. A helper that served a while is
// followed at once. Quick deaths, before ready or soon after, are followed after pauses that
// double, and a row of them means that the next one would die as well. Pure: time is an argument.
#pragma once

#include <optional>

#include "base/time.hh"

namespace nsrun::launcher {

class HelperRestarts {
 public:
  static constexpr unsigned kMaxQuickDeaths = 6;

  // How long to wait before the next start; nullopt: start no more. `ready_at` is absent when the
  // helper died before it was ready.
  std::optional<base::Duration> after_death(base::Time now,
                                            std::optional<base::Time> ready_at) noexcept;

 private:
  unsigned quick_deaths_ = 0;  // in a row
};

}  // namespace nsrun::launcher
