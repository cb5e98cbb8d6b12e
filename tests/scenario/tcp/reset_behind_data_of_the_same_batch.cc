// SPDX-License-Identifier: Apache-2.0
//
// The data before the reset still reaches the host.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, ResetBehindDataOfTheSameBatch) {
  guest_connected();
  guest.sends_together({data(100), rst().seq(101)});
  host.has_received(100);
  flow.is(State::kClosed);
  relay.is_silent();
}

}  // namespace nsrun::tcp
