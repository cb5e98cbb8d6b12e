// SPDX-License-Identifier: Apache-2.0
//
// RFC 6298 section 5: sent again after the time-out, then after twice as long.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, RetransmissionTimeout) {
  guest_connected();
  host.gives(1000);
  relay.loses(data(1000));
  flow.has_deadline_in(200ms);
  for (const auto pause : {200ms, 400ms, 800ms, 1600ms}) {
    after(pause - 1ms);
    relay.is_silent();
    after(1ms);
    relay.loses(data(1000).seq(1));
  }
  guest.sends(ack(1001));
  flow.has_in_flight(0);
  host.gives(1000);
  flow.has_deadline_in(200ms);
  relay.sends(data(1000));
}

}  // namespace nsrun::tcp
