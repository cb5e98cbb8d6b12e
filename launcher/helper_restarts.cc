// SPDX-License-Identifier: Apache-2.0
#include "launcher/helper_restarts.hh"

namespace nsrun::launcher {
namespace {

constexpr base::Duration kQuick = std::chrono::milliseconds(250);
// After the second quick death; the first may be chance.
constexpr base::Duration kFirstPause = std::chrono::milliseconds(100);

}  // namespace

std::optional<base::Duration> HelperRestarts::after_death(
    base::Time now, std::optional<base::Time> ready_at) noexcept {
  if (ready_at && now - *ready_at > kQuick) {
    quick_deaths_ = 0;
    return base::Duration::zero();
  }
  if (++quick_deaths_ == kMaxQuickDeaths) return std::nullopt;
  return quick_deaths_ == 1 ? base::Duration::zero() : kFirstPause * (1 << (quick_deaths_ - 2));
}

}  // namespace nsrun::launcher
