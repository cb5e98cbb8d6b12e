// SPDX-License-Identifier: Apache-2.0
//
// The retransmission time-out of RFC 6298, from round trips that were measured without a
// retransmission in between (Karn's algorithm; the caller sees to that).
#pragma once

#include <algorithm>

#include "base/time.hh"

namespace nsrun::tcp {

class RetransmissionTimeout {
 public:
  // RFC 6298 section 2.1 before the first measurement.
  static constexpr base::Duration kInitial = std::chrono::seconds(1);
  // Below RFC 6298's one second, as every kernel: 200 ms is what Linux delays an ACK at the most.
  static constexpr base::Duration kMinimum = std::chrono::milliseconds(200);
  static constexpr base::Duration kMaximum = std::chrono::seconds(60);  // section 2.5

  base::Duration current() const noexcept { return current_; }
  // Zero before the first measurement.
  base::Duration smoothed_round_trip() const noexcept { return smoothed_; }

  // Sections 2.2 and 2.3.
  void measured(base::Duration round_trip) noexcept {
    if (smoothed_ == base::Duration::zero()) {
      smoothed_ = std::max(round_trip, base::Duration(1));
      variation_ = round_trip / 2;
    } else {
      const base::Duration error =
          smoothed_ > round_trip ? smoothed_ - round_trip : round_trip - smoothed_;
      variation_ = (3 * variation_ + error) / 4;
      smoothed_ = std::max((7 * smoothed_ + round_trip) / 8, base::Duration(1));
    }
    reset_back_off();
  }

  // Section 5.5.
  void back_off() noexcept { current_ = std::min(2 * current_, kMaximum); }
  // The guest answers again: back to what the measurements say.
  void reset_back_off() noexcept {
    current_ = smoothed_ == base::Duration::zero()
                   ? kInitial
                   : std::clamp(smoothed_ + 4 * variation_, kMinimum, kMaximum);
  }

 private:
  base::Duration smoothed_ = base::Duration::zero();
  base::Duration variation_ = base::Duration::zero();
  base::Duration current_ = kInitial;
};

}  // namespace nsrun::tcp
