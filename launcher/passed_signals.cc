// SPDX-License-Identifier: Apache-2.0
#include "launcher/passed_signals.hh"

#include <algorithm>

namespace nsrun::launcher {
namespace {

constexpr base::Duration kMemory = std::chrono::milliseconds(200);
constexpr std::array kTerminalSignals{SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU, SIGWINCH};

}  // namespace

bool is_from_terminal(int signal, int32_t code) noexcept {
  return code == SI_KERNEL && std::ranges::find(kTerminalSignals, signal) != kTerminalSignals.end();
}

void GroupSignals::saw(int signal, base::Time now) noexcept {
  seen_at_[static_cast<size_t>(signal)] = now;
}

bool GroupSignals::take(int signal, base::Time now) noexcept {
  base::Time& seen_at = seen_at_[static_cast<size_t>(signal)];
  const bool is_recent = seen_at != base::Time{} && now - seen_at < kMemory;
  seen_at = base::Time{};
  return is_recent;
}

}  // namespace nsrun::launcher
