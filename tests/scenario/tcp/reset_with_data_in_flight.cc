// SPDX-License-Identifier: Apache-2.0
//
// A reset gives every chunk back (the end of each story counts them) and says the next number.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, ResetByGuestWithDataInFlight) {
  guest_connected();
  host.gives(3000);
  relay.sends(data(3000));
  guest.sends(rst());
  flow.is(State::kClosed);
}

TEST_P(Scenario, ResetByHostWithDataInFlight) {
  guest_connected();
  host.gives(3000);
  relay.sends(data(3000));
  host.resets();
  relay.sends(rst_ack().seq(3001));
  flow.is(State::kClosed);
}

}  // namespace nsrun::tcp
